"""Posting of mail: a row in the outbox, written in the transaction that causes the mail."""

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, delete, or_, select, update
from sqlalchemy.orm import Session

from zone.core.db.statements import insertion_in
from zone.core.i18n import LANGUAGES
from zone.core.ids import new_public_id
from zone.core.mail.calendar import CalendarEvent, to_json
from zone.core.mail.kinds import KINDS, MailKind
from zone.core.mail.models import ERASED, OutboxMail
from zone.core.mail.questions import AskedMail
from zone.core.mail.quiet_hours import leaves_at
from zone.core.mail.templates import MailText, render, render_words
from zone.core.mail_words.queries import changed_words
from zone.core.service_profile.colours import for_dark
from zone.core.service_profile.queries import mail_profile
from zone.core.service_profile.rules import DEFAULT_ACCENT, DEFAULT_ACCENT_DARK


def post(
    session: Session,
    *,
    to: str,
    template: str,
    language: str,
    params: dict[str, Any],
    now: datetime,
    dedupe: str | None = None,
    not_after: datetime | None = None,
    asked: AskedMail | None = None,
    act_by: datetime | None = None,
    calendar: CalendarEvent | None = None,
    attachment: str = "",
) -> bool:
    """Write a mail into the outbox; False when one with the same `dedupe` exists already.

    `attachment` is what an `AttachmentKind` is about. The mail is not sent after `not_after`, nor
    when the answer to `asked` is no by then. In the quiet hours it waits as its declaration says,
    unless what it is about begins soon (`act_by`).

    Raises:
        KeyError: the mail is not declared, or a value that its words may name is not in `params`.
        jinja2.UndefinedError: the template names a value that is not in `params`.
    """
    kind = KINDS[template]
    if missing := kind.values.keys() - params.keys():
        raise KeyError(f"{template} is posted without {', '.join(sorted(missing))}")
    # The text is made here, not at delivery: it says what was true in this transaction.
    service, accent, hours = mail_profile(session)
    mark = {"service": service, "accent": accent, "accent_dark": _for_dark(accent)}
    text = _written(session, kind, language, params | mark)
    due_at = leaves_at(kind, hours, now, act_by=act_by, not_after=not_after)
    row = {
        "public_id": new_public_id(),
        "recipient": to,
        "template": template,
        "language": language if language in LANGUAGES else "en",
        "subject": text.subject,
        "body": text.text,
        "html": text.html,
        "calendar": to_json(calendar) if calendar else "",
        "attachment": attachment,
        "dedupe": dedupe,
        "created_at": now,
        "not_after": not_after,
        "due_at": due_at,
        "act_by": act_by,
        "quiet_until": None if due_at == now else due_at,
        "question": asked and asked.question,
        "about": asked and asked.about,
    }
    connection = session.connection()
    return connection.scalar(_insertion(connection.dialect.name), row) is not None


def _written(session: Session, kind: MailKind, language: str, params: dict[str, Any]) -> MailText:
    known = language if language in LANGUAGES else "en"
    words = changed_words(session, kind.template, known)
    if words is None:
        return render(kind.template, known, params)
    return render_words(kind.template, known, params, words)


@cache  # a mail is posted while others wait, and making the statement takes longer than the INSERT
def _insertion(dialect: str) -> Insert:
    insertion = insertion_in(dialect, OutboxMail).on_conflict_do_nothing(index_elements=["dedupe"])
    return insertion.returning(OutboxMail.id)


def posted_among(session: Session, dedupes: Collection[str]) -> set[str]:
    """Return which of these `dedupe` a mail has already."""
    found = select(OutboxMail.dedupe).where(OutboxMail.dedupe.in_(dedupes))
    return {dedupe for dedupe in session.scalars(found) if dedupe is not None}


@cache
def _for_dark(accent: str) -> str:
    return DEFAULT_ACCENT_DARK if accent == DEFAULT_ACCENT else for_dark(accent)


def withdraw(session: Session, dedupe: str) -> bool:
    """Delete the waiting mail with this `dedupe`, for another one in its place; False: none waits.

    A mail that is just being sent may still arrive.
    """
    waiting = (OutboxMail.dedupe == dedupe, OutboxMail.state == "waiting")
    return session.scalar(delete(OutboxMail).where(*waiting).returning(OutboxMail.id)) is not None


def readdress(session: Session, *, old: str, new: str, features: Collection[str]) -> int:
    """Send the waiting and refused mails of these features to a person's new address; return how
    many.
    """
    moved = session.scalars(
        update(OutboxMail)
        .where(
            OutboxMail.recipient == old,
            OutboxMail.state.in_(("waiting", "refused")),
            OutboxMail.body != "",
            or_(*(OutboxMail.template.startswith(f"{feature}/") for feature in features)),
        )
        .values(recipient=new)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return len(moved.all())


def send_again(session: Session, public_id: UUID, now: datetime) -> OutboxMail | None:
    """Make a waiting or refused mail due now; None when there is none or its text is erased."""
    return session.scalar(
        update(OutboxMail)
        .where(
            OutboxMail.public_id == public_id,
            OutboxMail.state.in_(("waiting", "refused")),
            OutboxMail.body != "",
        )
        .values(state="waiting", due_at=now, attempts=0, done_at=None)
        .returning(OutboxMail)
    )


def give_up(session: Session, before: datetime, now: datetime) -> int:
    """Give up the mails that have waited since before a time; return how many.

    Nobody expects them any more, and what they say of a person must not stay for ever.
    """
    given_up = session.scalars(
        update(OutboxMail)
        .where(OutboxMail.state == "waiting", OutboxMail.created_at < before)
        .values(state="late", done_at=now, **ERASED)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return len(given_up.all())


def delete_done(session: Session, before: datetime) -> int:
    """Delete mails that were finished before a time; return how many."""
    deleted = session.scalars(
        delete(OutboxMail)
        .where(OutboxMail.state != "waiting", OutboxMail.done_at < before)
        .returning(OutboxMail.id)
    )
    return len(deleted.all())
