"""Mail texts: one Jinja template `zone/<feature>/<leaf>/mail/<name>.jinja` gives both parts.

It extends `layout.jinja` and builds its body from the macros of `parts.jinja`. There are two of
each, in `layouts/text` and `layouts/html`. In HTML every value is escaped, in text none is; in both
a value stays in its line. A template is named `<feature>/<name>`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, FunctionLoader, StrictUndefined
from jinja2.loaders import ChoiceLoader
from markupsafe import Markup

from zone.core.i18n import LANGUAGES, translations
from zone.core.text import clean_text

PACKAGE: Final = Path(__file__).parents[2]
LAYOUTS: Final = Path(__file__).with_name("layouts")
# Stands for the address of the service, which the delivery knows. A character of private use: no
# value can bring it along, because `in_one_line` drops those.
BASE_URL: Final = "\ue000"
_SPACES: Final = re.compile(r"[ \t\r\n\f\v]+")
_GAPS: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail as its recipient reads it; `BASE_URL` stands where an address of the service is."""

    subject: str
    text: str
    html: str


@cache
def find_templates() -> Mapping[str, Path]:
    """Every template by its name `<feature>/<name>`."""
    files = sorted(PACKAGE.glob("*/*/mail/*.jinja"))
    return {f"{file.relative_to(PACKAGE).parts[0]}/{file.stem}": file for file in files}


def render(template: str, language: str, params: Mapping[str, Any]) -> MailText:
    """Return a mail in a language; English for an unknown one.

    Raises:
        FileNotFoundError: there is no such template.
        jinja2.UndefinedError: it names a value that is not in `params`.
    """
    if template not in find_templates():
        raise FileNotFoundError(f"no mail text {template}")
    known = language if language in LANGUAGES else "en"
    values = {**params, "language": known, "base_url": BASE_URL}
    text, html = (_environment(kind, known).get_template(template) for kind in ("text", "html"))
    subject = "".join(text.blocks["subject"](text.new_context(values)))
    return MailText(
        # A line break in a name would begin another header.
        clean_text(subject),
        _GAPS.sub("\n\n", text.render(values)).strip() + "\n",
        html.render({**values, "subject": clean_text(subject)}),
    )


@cache
def _environment(kind: str, language: str) -> Environment:
    loader = ChoiceLoader([FunctionLoader(_load), FileSystemLoader(LAYOUTS / kind)])
    # Only the HTML part is escaped: in plain text `&amp;` would be read as it stands.
    environment = Environment(
        loader=loader,
        autoescape=kind == "html",  # noqa: S701 -- the other part is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["in_one_line"] = in_one_line
    return environment


def _load(name: str) -> str | None:
    file = find_templates().get(name)
    return None if file is None else file.read_text("utf-8")


def in_one_line(value: object) -> str:
    """The text in one line, without control, format and private characters; no-break and thin
    spaces stay.

    A name with a line break could write a paragraph of its own, and one with a right-to-left
    override could turn round the words behind it.
    """
    text = str(value)
    if not text.isprintable():
        text = "".join(" " if _breaks(c) else c for c in text)
    line = _SPACES.sub(" ", text).strip()
    return Markup(line) if isinstance(value, Markup) else line  # noqa: S704 -- it was escaped before


def _breaks(character: str) -> bool:
    return unicodedata.category(character)[0] == "C" or character in "\u2028\u2029"
