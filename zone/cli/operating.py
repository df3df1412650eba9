"""`zone migrate`, `backup`, `restore`, `doctor`, `rotate`, `units` and `admin`: for operators."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app

from zone.app import MIGRATIONS, create_app
from zone.core.audit import service as audit
from zone.core.clock import utc_now
from zone.core.config import Settings, load_settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.errors import NOT_FOUND, DomainError, OperationError
from zone.core.i18n import LANGUAGES
from zone.core.text import visible_text
from zone.members.people.rules import LONGEST_NAME
from zone.members.roles import service as roles
from zone.members.roles.service import CreatedAdmin
from zone.operation.alerts import flows as alerts
from zone.operation.backups import archive
from zone.operation.backups import service as backups
from zone.operation.doctor import service as doctor
from zone.operation.doctor import surroundings
from zone.operation.doctor.findings import Finding
from zone.operation.migrations import flows as migrations_flows
from zone.operation.migrations import service as migrations
from zone.operation.secrets import service as secrets
from zone.operation.systemd import service as systemd
from zone.web.context import invariants_of, jobs_of


@contextmanager
def opened(settings: Settings) -> Iterator[None]:
    """Yield the application on the database of these settings; close the database afterwards."""
    with create_app(settings).app_context():
        try:
            yield
        finally:
            db.engine.dispose()


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    settings = load_settings(os.environ)
    role = migrations.application_role(settings)
    with create_app(migrations.as_owner(settings)).app_context():
        before, after = migrations_flows.migrate(str(MIGRATIONS), role)
    click.echo(
        f"The schema is up to date at {after}"
        + (f" (before: {before})." if before != after else ".")
    )


@click.command("backup")
@click.argument("named", metavar="PATH", type=click.Path())
@click.option(
    "--with-keys", is_flag=True, help="Also secrets and issuer keys; never the keys of surveys."
)
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    help="Afterwards delete all but the newest so many in the folder.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Write nothing: read the backup PATH through and compare its hashes.",
)
def make_backup(named: str, *, with_keys: bool, keep: int | None, verify: bool) -> None:
    """Write the whole database into one new file PATH (or into the folder PATH), while the service
    runs."""
    path = Path(named)
    # A path drops its last slash, and the backup would be a file where a folder was meant.
    if named.endswith(os.sep) and not path.is_dir():
        raise OperationError(f"{named} is no folder: make it first, or name a new file.")
    if verify:
        click.echo(_summary(path, archive.verify(path)))
        return
    if keep is not None and not path.is_dir():
        raise OperationError(
            f"{path} is no folder: --keep needs one, which holds the earlier backups."
        )
    settings = load_settings(os.environ)
    with opened(settings):
        written, manifest = backups.back_up(
            db.engine, settings, path, with_keys=with_keys, now=utc_now()
        )
    click.echo(_summary(written, manifest))
    for deleted in backups.delete_older_backups(path, keep, utc_now()) if keep is not None else ():
        click.echo(f"{deleted}: deleted, {keep} newer ones are there.")


def _summary(path: Path, manifest: archive.Manifest) -> str:
    size = sum(part.bytes for part in manifest.parts) / 1e6
    return (
        f"{path}: whole; {manifest.engine} at revision {manifest.revision} "
        f"as of {manifest.made_at}, {len(manifest.parts)} parts, {size:.1f} MB unpacked, "
        f"by Zone {manifest.version}."
    )


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
@click.option(
    "--quick",
    is_flag=True,
    help="Leave out `visits`, `chains` and `counts`, which read every entry.",
)
@click.option("--mail", is_flag=True, help="Mail the findings to ZONE_OPERATOR_MAIL if one fails.")
@click.option(
    "--send-mail", "address", help="Only send a mail to this address, and say whether it left."
)
def examine(*, as_json: bool, quick: bool, mail: bool, address: str | None) -> None:
    """Look at everything, say what is wrong and what to do; exit 0 when nothing fails. Changes
    nothing."""
    settings = load_settings(os.environ)
    if address is not None:
        tried = surroundings.try_mail(settings, address, utc_now())
        sys.exit(1 if print_findings([tried], as_json=as_json) else 0)
    with opened(settings):
        findings = doctor.examine(
            settings,
            str(MIGRATIONS),
            jobs=jobs_of(current_app),
            invariants=invariants_of(current_app),
            clock=utc_now,
            quick=quick,
        )
        seen = list(_printed(findings, as_json=as_json))
    failed = any(finding.level == "fail" for finding in seen)
    if mail and failed:
        alerts.mail_findings(settings, seen, utc_now())
    sys.exit(1 if failed else 0)


@click.command("alert")
@click.argument("unit")
def alert_operator(unit: str) -> None:
    """Mail ZONE_OPERATOR_MAIL that the systemd unit UNIT has failed."""
    alerts.mail_failure(load_settings(os.environ), unit, utc_now())


def print_findings(findings: Iterable[Finding], *, as_json: bool = False) -> bool:
    """Print each finding as it comes, and return whether one of them fails."""
    return [one for one in _printed(findings, as_json=as_json) if one.level == "fail"] != []


def _printed(findings: Iterable[Finding], *, as_json: bool) -> Iterator[Finding]:
    for finding in findings:
        click.echo(json.dumps(asdict(finding)) if as_json else finding.as_text())
        yield finding


# How each kind of key is made anew, and how the old ones are deleted.
_ROTATIONS = {
    "secrets": (secrets.rotate_secrets, secrets.drop_old_secrets),
    "issuer": (secrets.rotate_issuer, secrets.drop_old_issuers),
    "push": (secrets.rotate_push, secrets.drop_old_push),
}


@click.command("rotate")
@click.argument("what", type=click.Choice(list(_ROTATIONS)))
@click.option(
    "--drop-old",
    is_flag=True,
    help="Make nothing new: take away the old ones, once nothing needs them.",
)
@click.option("--at-once", is_flag=True, help="With --drop-old: do not wait, as after a theft.")
def rotate_keys(what: str, *, drop_old: bool, at_once: bool) -> None:
    """Make new secrets, a new issuer of the passes in phones, or a new key of notifications; the
    old ones still work until they are dropped."""
    settings, now = load_settings(os.environ), utc_now()
    rotate, drop = _ROTATIONS[what]
    if drop_old:
        gone = drop(settings.keys, now, at_once=at_once)
        _note_keys(settings, "keys.dropped", gone)
        if what == "push":
            with opened(settings), writing() as session:
                secrets.end_without_key(session, settings.keys)
        click.echo(f"Taken away: {', '.join(gone) or 'nothing was old'}.")
        return
    done = rotate(settings.keys, now)
    _note_keys(settings, "keys.rotated", done.made)
    click.echo(
        f"Made: {', '.join(done.made) or 'none was in use yet'}. "
        f"From {done.drop_from:%Y-%m-%d %H:%M} UTC on, run `zone rotate {what} --drop-old`."
    )


def _note_keys(settings: Settings, action: str, names: Iterable[str]) -> None:
    with opened(settings), writing() as session:
        for name in names:
            audit.record_action(
                session,
                actor_id=None,
                action=action,
                object_kind="key",
                object_id=name,
                now=utc_now(),
            )


@click.command("units")
@click.option(
    "--to", "folder", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False)
)
def write_units(folder: Path) -> None:
    """Write the systemd units of this installation into a folder, such as /etc/systemd/system."""
    for path in systemd.write_units(folder):
        click.echo(path)


def _read_password(_context: click.Context, _option: click.Parameter, password: str) -> str:
    # A terminal of another encoding: nobody could type the same in a browser.
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise click.BadParameter("it is not UTF-8; set the terminal to UTF-8.") from error
    return password


@click.group()
def admin() -> None:
    """Staff accounts."""


def _seen_name(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not 1 <= len(visible_text(name)) <= LONGEST_NAME:
        raise click.BadParameter(f"a name has 1 to {LONGEST_NAME} characters that can be seen")
    return name


@admin.command("create")
@click.argument("email")
@click.option("--name", required=True, callback=_seen_name)
@click.option(
    "--language",
    type=click.Choice(list(LANGUAGES)),
    default="fi",
    help="Of a new account's pages and mails.",
)
@click.password_option(callback=_read_password)
def create_admin(email: str, name: str, language: str, password: str) -> None:
    """Make an admin with a password; an account that exists gets the role and the password."""
    with create_app(load_settings(os.environ)).app_context(), writing() as session:
        done = roles.create_admin(
            session, email=email, name=name, password=password, language=language, now=utc_now()
        )
    click.echo(_told_of(done))


@admin.command("password")
@click.argument("email")
@click.password_option(callback=_read_password)
def reset_password(email: str, password: str) -> None:
    """Set a new password for somebody who works here; their sessions and API tokens end."""
    with create_app(load_settings(os.environ)).app_context(), writing() as session:
        try:
            ended = roles.reset_password(session, email=email, password=password, now=utc_now())
        except DomainError as refusal:
            if refusal.reasons[0] is not NOT_FOUND:
                raise
            # The sentence of that refusal is one of a page: it names the start page.
            raise OperationError(
                f"Nobody with the address {email} works here. `zone admin create {email} --name …` "
                "makes an admin."
            ) from refusal
    click.echo(
        f"{email} has a new password. Ended: {ended.sessions} sign-in sessions, {ended.tokens} API "
        "tokens. It is in the audit, and they are told by mail."
    )


def _told_of(done: CreatedAdmin) -> str:
    email, ended = done.member.email, done.ended
    if done.is_new:
        return f"{email} is an admin: a new account."
    before = "was an admin already" if done.was_admin else "had an account, and is an admin now"
    return (
        f"{email} {before}; the name stays {done.member.name or 'empty'}. The password is the new "
        f"one. Ended: {ended.sessions} sign-in sessions, {ended.tokens} API tokens. It is in the "
        "audit, and they are told by mail."
    )
