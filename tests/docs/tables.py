"""The pages in docs/ that are made from code. Write them anew: `python -m tests.docs.tables`."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Final

import click
from werkzeug.routing import Rule

from firmware_bridge.wire.reasons import ASKABLE, Reason
from firmware_bridge.wire.words import WORDS
from tests.docs import hardware
from zone import scheduler
from zone.app import FEATURES, create_app
from zone.cli import main
from zone.core.config import PREFIX, Settings
from zone.core.errors import CATALOGUE
from zone.core.i18n import LANGUAGES
from zone.core.identity import PERMISSIONS_OF, Role, permissions_of
from zone.web import auth, openapi

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"


def problems() -> Iterator[str]:
    yield "# Problems\n"
    yield (
        "Every refusal of the API is an RFC 9457 problem with one of these codes (`code`; all "
        "reasons found stand in"
    )
    yield "`reasons`). The sentence comes in the person's language and says what to do next.\n"
    for name, error in sorted(CATALOGUE.items()):
        yield f"## {name}\nStatus {error.status}.\n"
        texts = [f"- {language}: {error.text_as_written(language)}" for language in LANGUAGES]
        yield "\n".join(texts) + "\n"


def settings() -> Iterator[str]:
    yield "# Settings\n"
    yield "Read once at the start from environment variables; an unknown `ZONE_…` is an error.\n"
    yield "| variable | default | meaning |\n|---|---|---|"
    for item in fields(Settings):
        default = "" if item.default in (None, "") else f"`{item.default}`"
        yield f"| `{PREFIX}{item.name.upper()}` | {default} | {item.metadata['doc']} |"


def reasons() -> Iterator[str]:
    yield "# Reasons a door gives\n"
    yield (
        "The set is closed. *Asked once*: fresher data could turn the refusal, so the server is "
        "asked, if reachable,"
    )
    yield "within 300 ms.\n"
    yield "| reason | asked once | fi | sv | en |\n|---|---|---|---|---|"
    for reason in Reason:
        asked = "yes" if reason in ASKABLE else ""
        words = WORDS[reason]
        yield f"| `{reason}` | {asked} | {words.fi} | {words.sv} | {words.en} |"


def commands() -> Iterator[str]:
    yield "# Commands and jobs\n"
    yield "| command | what it does |\n|---|---|"
    yield from (f"| `{name}` | {line} |" for name, line in _commands(main.zone, "zone"))
    yield (
        "\nJobs of `zone scheduler`; any number of schedulers may run, and each slot of a job is "
        "done once.\n"
    )
    yield "| job | every |\n|---|---|"
    yield from (f"| `{job.name}` | {job.every} |" for job in scheduler.JOBS)


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, str]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command.get_short_help_str(200)


def personal_data() -> Iterator[str]:
    yield "# Personal data\n"
    yield "The tables that name a person, for how long, and what ends it. *The row*: there is no"
    yield "period of its own; the reason stands beside it.\n"
    yield "| table | columns | how long | reason, or the job that ends it |\n|---|---|---|---|"
    declared = [data for feature in FEATURES for data in feature.leaves.personal_data]
    for data in sorted(declared, key=lambda data: data.table):
        columns = ", ".join(f"`{column}`" for column in data.columns) or "by another row"
        kept = data.retention
        period = (kept.kept, f"`{kept.job}`") if kept else ("the row", data.reason)
        yield f"| `{data.table}` | {columns} | {period[0]} | {period[1]} |"


OWN_ARGUMENTS: Final = frozenset(
    {"booking", "entry", "ticket", "order_id", "number", "pass_id", "kid", "sign_in_session"}
)
"""The arguments of addresses by which a person's own objects are named."""

COLUMNS: Final = (
    Role.GUEST,
    Role.MEMBER,
    Role.INSTRUCTOR,
    Role.DESK,
    Role.MANAGER,
    Role.ADMIN,
    Role.BRIDGE,
)


def permissions() -> Iterator[str]:
    yield "# Permissions\n"
    yield "Who may call which address. A service role adds to what every signed-in person may"
    yield "(`member`). *own*: the object belongs to a person, and another's looks like one that"
    yield "does not exist (404). A test calls every"
    yield "address as each of them.\n"
    yield "| address | permission | " + " | ".join(COLUMNS) + " | object |"
    yield "|---|---|" + "---|" * (len(COLUMNS) + 1)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), payment_provider="development"))
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield _permission_row(method, rule, auth.access_of(app, rule.endpoint))


def _permission_row(method: str, rule: Rule, access: str | None) -> str:
    marks = [_may_call(role, access) for role in COLUMNS]
    is_own = access in PERMISSIONS_OF[Role.MEMBER] and OWN_ARGUMENTS & rule.arguments
    cells = ["yes" if mark else "–" for mark in marks] + ["own" if is_own else ""]
    return f"| `{method} {rule.rule}` | `{access}` | " + " | ".join(cells) + " |"


def _may_call(role: Role, access: str | None) -> bool:
    if access == auth.PUBLIC or access in PERMISSIONS_OF[Role.GUEST]:
        return True
    everybody = Role.BRIDGE if role is Role.BRIDGE else Role.MEMBER
    return role is not Role.GUEST and access in permissions_of(frozenset({role, everybody}))


def api_document() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield openapi.text_of(create_app(Settings(data_dir=Path(folder))))


PAGES: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "problems.md": problems,
    "settings.md": settings,
    "reasons.md": reasons,
    "commands.md": commands,
    "openapi.json": api_document,
    "permissions.md": permissions,
    "personal-data.md": personal_data,
    "hardware.md": hardware.hardware,
}


def text_of(page: str) -> str:
    """Return the page as the code has it."""
    return "\n".join(PAGES[page]()).rstrip("\n") + "\n"


if __name__ == "__main__":
    for page in PAGES:
        (DOCS / page).write_text(text_of(page), encoding="utf-8")
