"""Mail that leaves after the commit: a row written in the transaction that causes it, sent later by whoever claims it.

A mail is posted only if what it tells was stored, and nothing is lost while the mail server is down. Two deliverers
send it once. Only a crash between sending and noting it can send a mail again, under the same Message-ID.
Templates are plain text files `zone/<room>/mail/<name>.<language>.txt`: the subject, an empty line, the text. The HTML
part is made from the same words (`zone.letter`).
"""

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, case, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zone.config import Settings
from zone.core.ids import new_public_id
from zone.core.text import LANGUAGES, tidy
from zone.db import Base, Id, PublicId, insertion, reading, writing
from zone.faults import ToldError, headline
from zone.letter import html_of

ROOMS: Final = Path(__file__).parent
BATCH: Final = 100
FIRST_RETRY: Final = timedelta(minutes=2)
"""Also how long a claim lasts, so it is longer than one mail can take with every step at its timeout."""
LAST_RETRY: Final = timedelta(hours=2)
SMTP_SECONDS: Final = 10
STATES: Final = ("waiting", "sent", "refused", "late")
ERASED: Final = {"subject": "", "body": ""}
"""A mail may hold what the database keeps only as a hash, such as a code. A refused one keeps its text, so that it can
be sent again, until it is of no use any more."""


class MailUndeliveredError(ToldError):
    """The mail server could not be reached or failed; the mail waits and is tried again later."""


class OutboxMail(Base):
    """One mail. `due_at` is when it is next tried; its text is erased once nothing more is to be done with it."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})", name="state"),
        Index("ix_outbox_state_due_at", "state", "due_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    recipient: Mapped[str]
    template: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    dedupe: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="waiting")
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Text:
    """A template in one language."""

    subject: Template
    body: Template


@cache
def text_of(template: str, language: str) -> Text:
    """The text of `<room>/<name>` in a language of the service; anything else reads as English.

    Raises:
        FileNotFoundError: there is no such template.
    """
    room, name = template.split("/")
    chosen = language if language in LANGUAGES else "en"
    subject, _, body = (ROOMS / room / "mail" / f"{name}.{chosen}.txt").read_text("utf-8").partition("\n\n")
    return Text(Template(subject), Template(body))


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
) -> bool:
    """Write a mail into the outbox, in the transaction that causes it; False where its `dedupe` was there already.

    Its text is fixed here. A second mail with the same `dedupe` is not written. After `not_after` it is of no use
    any more and is not sent.

    Raises:
        KeyError: the template names a parameter that is not in `params`.
    """
    text = text_of(template, language)
    row = {
        "public_id": new_public_id(),
        "recipient": to,
        "template": template,
        "language": language if language in LANGUAGES else "en",
        "subject": tidy(text.subject.substitute(params)),
        "body": text.body.substitute(params),
        "dedupe": dedupe,
        "created_at": now,
        "not_after": not_after,
        "due_at": now,
    }
    made = insertion(session, OutboxMail).values(row).on_conflict_do_nothing(index_elements=["dedupe"])
    return session.scalar(made.returning(OutboxMail.id)) is not None


def deliver(now: datetime, settings: Settings) -> int:
    """Send what is due; answers how many were sent. Without a mail server everything waits.

    1. Drop what is of no use any more.
    2. Read which mails are due.
    3. Claim each by a conditional UPDATE, which pushes it into the future before anything can go wrong: whoever
       changed the row sends it.
    4. Send it, and note what became of it. A mail that cannot be written down, and one that the server refuses for
       good (its address, its content), are not tried again; one that it puts off has its turn later. Any other failure
       ends the run: the mails behind are tried in the next, and this one when its wait is over.

    Raises:
        MailUndeliveredError: the server failed; nothing is lost.
    """
    if not settings.smtp_url:
        return 0
    _drop_late(now)
    sent = 0
    with ExitStack() as stack:
        server: smtplib.SMTP | None = None
        for mail in _claimed(now):
            message = composed(mail, settings.mail_from, now)
            if message is None:
                continue
            try:
                server = server or stack.enter_context(connect(settings.smtp_url))
                server.send_message(message, sender_address(settings), [mail.recipient])
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
                _note_refusal(mail, error, now)
            except (smtplib.SMTPException, OSError) as error:
                _note(mail, last_error=_short(error))
                raise MailUndeliveredError(_short(error)) from error
            else:
                _note(mail, state="sent", done_at=now, last_error=None, **ERASED)
                sent += 1
    return sent


def retry_after(attempts: int) -> timedelta:
    """How long a mail waits after its n-th attempt: 2, 4, 8 … minutes, at most two hours."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 10)), LAST_RETRY)


def _drop_late(now: datetime) -> None:
    of_no_use = (OutboxMail.not_after < now, OutboxMail.state.in_(("waiting", "refused")))
    with writing() as session:
        late = case((OutboxMail.state == "waiting", "late"), else_=OutboxMail.state)
        done_at = func.coalesce(OutboxMail.done_at, now)
        session.execute(
            update(OutboxMail).where(*of_no_use, OutboxMail.body != "").values(state=late, done_at=done_at, **ERASED)
        )


def _claimed(now: datetime) -> Iterator[OutboxMail]:
    started = time.monotonic()  # a long run must not hand out claims that have already run out
    for mail_id, attempts in _due(now):
        at = now + timedelta(seconds=time.monotonic() - started)
        mail = claim(mail_id, attempts, at)
        if mail is not None:
            yield mail


def _due(now: datetime) -> list[tuple[int, int]]:
    with reading() as session:
        rows = session.execute(
            select(OutboxMail.id, OutboxMail.attempts)
            .where(OutboxMail.state == "waiting", OutboxMail.due_at <= now)
            .order_by(OutboxMail.due_at, OutboxMail.id)
            .limit(BATCH)
        )
        return [(row.id, row.attempts) for row in rows]


def claim(mail_id: int, attempts: int, now: datetime) -> OutboxMail | None:
    """Take a mail for sending, unless another deliverer took it since it was read with `attempts`."""
    with writing() as session:
        return session.scalar(
            update(OutboxMail)
            .where(OutboxMail.id == mail_id, OutboxMail.attempts == attempts, OutboxMail.state == "waiting")
            .values(attempts=attempts + 1, due_at=now + retry_after(attempts + 1))
            .returning(OutboxMail)
        )


def _note(mail: OutboxMail, **values: Any) -> None:
    with writing() as session:
        session.execute(update(OutboxMail).where(OutboxMail.id == mail.id).values(**values))


def _note_refusal(
    mail: OutboxMail, error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError, now: datetime
) -> None:
    outcome = {"state": "refused", "done_at": now} if all(code >= 500 for code in _codes(error)) else {}
    _note(mail, last_error=_short(error), **outcome)


def _codes(error: Exception) -> list[int]:
    """What the server answered, in numbers: its words often repeat the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return sorted({code for code, _ in error.recipients.values()})
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _short(error: Exception) -> str:
    """The error without anybody's address: its kind, the server's code, or the words of this module."""
    if codes := _codes(error):
        return f"{type(error).__name__} {', '.join(map(str, codes))}"
    if isinstance(error, ssl.SSLError):
        return f"{type(error).__name__}: {error.reason}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{type(error).__name__}: {error}"
    return headline(error)


def connect(smtp_url: str) -> smtplib.SMTP:
    """A connection to the mail server, encrypted from the start (smtps) or as soon as the server offers it.

    The certificate is always checked, against the system's authorities or those in SSL_CERT_FILE.

    Raises:
        OSError, smtplib.SMTPException: it could not be reached, is not who it says, or refused the password.
    """
    url = urlsplit(smtp_url)
    tls = ssl.create_default_context()
    host = url.hostname or "localhost"
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=SMTP_SECONDS, context=tls)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=SMTP_SECONDS)
    with ExitStack() as failing:
        failing.callback(server.close)
        _greet(server, tls, encrypted=url.scheme == "smtps")
        if url.username:
            _log_in(server, unquote(url.username), unquote(url.password or ""))
        failing.pop_all()
    return server


def _greet(server: smtplib.SMTP, tls: ssl.SSLContext, *, encrypted: bool) -> None:
    server.ehlo_or_helo_if_needed()
    if not encrypted and server.has_extn("starttls"):
        server.starttls(context=tls)
        server.ehlo()


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    if not isinstance(server.sock, ssl.SSLSocket):
        raise smtplib.SMTPNotSupportedError("a password is not sent unencrypted")
    server.login(user, password)


def sender_address(settings: Settings) -> str:
    """The bare address of the sender, for the envelope."""
    return parseaddr(settings.mail_from)[1]


def composed(mail: OutboxMail, sender: str, now: datetime) -> EmailMessage | None:
    """The mail as it is sent; None for one whose headers cannot be written, which is set aside as refused.

    Python's header parser raises these and more for addresses that no check foresaw; one must not hold up all others.
    """
    try:
        message = _message(mail, sender)
        message.as_bytes()
    except (MessageError, ValueError, LookupError, AttributeError, TypeError) as error:
        _note(mail, state="refused", done_at=now, last_error=_short(error))
        return None
    return message


def _message(mail: OutboxMail, sender: str) -> EmailMessage:
    if tidy(mail.recipient) != mail.recipient:
        raise ValueError("control characters in an address")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.public_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(mail.body)
    message.add_alternative(html_of(mail.body, title=mail.subject, language=mail.language), subtype="html")
    message["Content-Language"] = mail.language  # last: content that is set takes such headers for its own
    return message


def send_again(session: Session, public_id: UUID, now: datetime) -> OutboxMail | None:
    """Let a mail that waits or was refused go with the next delivery; None where there is none, or no text of it."""
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


def forget(session: Session, before: datetime) -> int:
    """Delete mails that were done with before an instant; answers how many."""
    gone = session.scalars(
        delete(OutboxMail).where(OutboxMail.state != "waiting", OutboxMail.done_at < before).returning(OutboxMail.id)
    )
    return len(gone.all())
