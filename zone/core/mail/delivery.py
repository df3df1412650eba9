"""Deliver the mails of the outbox through the mail server, after their commit.

A mail is sent only if what it tells was stored, and none is lost while the mail server is down. Two deliverers
send it once; only a crash between sending and recording it sends it again, under the same Message-ID.
"""

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any, Final

from sqlalchemy import case, func, select, update

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail.html import html_of
from zone.core.mail.models import ERASED, OutboxMail
from zone.core.mail.smtp import connect
from zone.core.safe_error import SafeError, headline
from zone.core.text import clean_text

BATCH: Final = 100
# Also how long a claim lasts, so it is longer than one mail can take with every step at its
# timeout.
FIRST_RETRY: Final = timedelta(minutes=2)
LAST_RETRY: Final = timedelta(hours=2)


class MailUndeliveredError(SafeError):
    """The mail server could not be reached or failed; the mail waits and is tried again later."""


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
            message = compose(mail, settings.mail_from, now)
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
            update(OutboxMail)
            .where(*of_no_use, OutboxMail.body != "")
            .values(state=late, done_at=done_at, **ERASED)
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
            .where(
                OutboxMail.id == mail_id,
                OutboxMail.attempts == attempts,
                OutboxMail.state == "waiting",
            )
            .values(attempts=attempts + 1, due_at=now + retry_after(attempts + 1))
            .returning(OutboxMail)
        )


def _note(mail: OutboxMail, **values: Any) -> None:
    with writing() as session:
        session.execute(update(OutboxMail).where(OutboxMail.id == mail.id).values(**values))


def _note_refusal(
    mail: OutboxMail, error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError, now: datetime
) -> None:
    outcome = (
        {"state": "refused", "done_at": now} if all(code >= 500 for code in _codes(error)) else {}
    )
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


def sender_address(settings: Settings) -> str:
    """The bare address of the sender, for the envelope."""
    return parseaddr(settings.mail_from)[1]


def compose(mail: OutboxMail, sender: str, now: datetime) -> EmailMessage | None:
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
    if clean_text(mail.recipient) != mail.recipient:
        raise ValueError("control characters in an address")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.public_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    message.set_content(mail.body)
    message.add_alternative(
        html_of(mail.body, title=mail.subject, language=mail.language), subtype="html"
    )
    message["Content-Language"] = (
        mail.language
    )  # last: content that is set takes such headers for its own
    return message
