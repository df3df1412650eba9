"""Delivery of the outbox through the mail server.

A mail is sent only after the transaction that wrote it was committed, and none is lost while the
mail server is down. Several deliverers send each mail once. Only a crash between sending a mail and
recording it sends it again, under the same Message-ID.
"""

import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, Final

from sqlalchemy import case, func, select, update

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail.addresses import header_text, parse_sender
from zone.core.mail.attachments import MailFile, make_file
from zone.core.mail.calendar import FILE_NAME, from_json, mail_file
from zone.core.mail.kinds import KINDS
from zone.core.mail.models import ERASED, OutboxMail
from zone.core.mail.questions import still_holds
from zone.core.mail.quiet_hours import QuietHours, leaves_at
from zone.core.mail.smtp import connect
from zone.core.mail.templates import BASE_URL
from zone.core.safe_error import SafeError, headline
from zone.core.service_profile.queries import quiet_hours, service_name
from zone.core.text import clean_text

BATCH: Final = 100
PRESSING: Final = timedelta(minutes=15)
"""What is of no use after this time goes before all other mails."""
# Also the lease of a mail, so it must be longer than sending one mail with every step at its
# timeout of 10 s.
FIRST_RETRY: Final = timedelta(minutes=2)
LAST_RETRY: Final = timedelta(hours=2)
NO_LONGER_TRUE: Final = "no longer true"
"""What is recorded of a mail that was dropped because what it says does not hold any more."""


class MailUndeliveredError(SafeError):
    """The mail server is unreachable or failed; the mail is tried again later."""


def deliver(now: datetime, settings: Settings) -> int:
    """Send the mails that are due; return how many were sent. Without a mail server all wait.

    1. Drop the mails whose `not_after` has passed.
    2. Read which mails are due. In the quiet hours those that can wait are put off until their end.
    3. Lease each by a conditional UPDATE that sets its `due_at` to the next retry, before anything
       can fail. The deliverer that changed the row sends the mail.
    4. Ask again whether it still holds, and drop it if not.
    5. Send it and record the result. A mail that cannot be written as a message, or that the server
       refuses permanently (5xx), is not tried again; after a temporary refusal (4xx) it is. Any
       other failure ends the run; the remaining mails are sent by the next run.

    Raises:
        MailUndeliveredError: the server failed; nothing is lost.
    """
    # Also without a mail server: a code that no longer works must not stay readable.
    _drop_outdated(now)
    if not settings.smtp_url:
        return 0
    sent = 0
    with ExitStack() as stack:
        server: smtplib.SMTP | None = None
        service = _service_name()
        for mail in _lease_due(now):
            if not _holds(mail, now):
                continue
            message = compose(mail, settings, service, now, _file_of(mail))
            if message is None:
                continue
            try:
                # One connection for the whole run, opened for the first mail. One that the server
                # has closed (reply 421) is not used again: smtplib forgets its socket then.
                if server is None or server.sock is None:
                    server = stack.enter_context(connect(settings.smtp_url))
                server.send_message(message, sender_address(settings), [mail.recipient])
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
                _record_refusal(mail, error, now)
            except (smtplib.SMTPException, OSError) as error:
                _record(mail, last_error=_describe(error))
                raise MailUndeliveredError(_describe(error)) from error
            else:
                _record(mail, state="sent", done_at=now, last_error=None, **ERASED)
                sent += 1
    return sent


def retry_after(attempts: int) -> timedelta:
    """The wait after the n-th attempt: 2, 4, 8 … minutes, at most two hours."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 10)), LAST_RETRY)


def _service_name() -> str:
    with reading() as session:
        return service_name(session)


def _drop_outdated(now: datetime) -> None:
    outdated = (OutboxMail.not_after < now, OutboxMail.state.in_(("waiting", "refused")))
    with writing() as session:
        # A refused mail keeps its state; only its text is erased.
        late = case((OutboxMail.state == "waiting", "late"), else_=OutboxMail.state)
        done_at = func.coalesce(OutboxMail.done_at, now)
        session.execute(
            update(OutboxMail)
            .where(*outdated, OutboxMail.body != "")
            .values(state=late, done_at=done_at, **ERASED)
        )


def _lease_due(now: datetime) -> Iterator[OutboxMail]:
    # A lease counts from its own time, not from the start of the run: a run of 100 slow mails takes
    # longer than a lease.
    started = time.monotonic()
    due, hours = _due(now)
    for row in due:
        at = now + timedelta(seconds=time.monotonic() - started)
        kind = KINDS.get(row.template)
        leaves = leaves_at(kind, hours, at, act_by=row.act_by, not_after=row.not_after)
        if leaves > at:
            _put_off(row.id, row.attempts, leaves)
            continue
        mail = lease_mail(row.id, row.attempts, at)
        if mail is not None:
            yield mail


def _put_off(mail_id: int, attempts: int, until: datetime) -> None:
    """Let a mail wait for the end of the quiet hours: it was posted before they began."""
    with writing() as session:
        session.execute(
            update(OutboxMail)
            .where(
                OutboxMail.id == mail_id,
                OutboxMail.attempts == attempts,
                OutboxMail.state == "waiting",
            )
            .values(due_at=until, quiet_until=until)
        )


def _holds(mail: OutboxMail, now: datetime) -> bool:
    """Return whether a leased mail still holds; one that does not is recorded as too late."""
    with reading() as session:
        holds = still_holds(session, mail.question, mail.about, now)
    if not holds:
        _record(mail, state="late", done_at=now, last_error=NO_LONGER_TRUE, **ERASED)
    return holds


def _due(now: datetime) -> tuple[Sequence[Any], QuietHours]:
    # A sign-in code lasts 10 minutes. Behind a mail to everybody, BATCH in each run, it would come
    # too late.
    pressing = case((OutboxMail.not_after <= now + PRESSING, 1), else_=0)
    with reading() as session:
        rows = session.execute(
            select(
                OutboxMail.id,
                OutboxMail.attempts,
                OutboxMail.template,
                OutboxMail.act_by,
                OutboxMail.not_after,
            )
            .where(OutboxMail.state == "waiting", OutboxMail.due_at <= now)
            .order_by(pressing.desc(), OutboxMail.due_at, OutboxMail.id)
            .limit(BATCH)
        )
        return rows.all(), quiet_hours(session)


def lease_mail(mail_id: int, attempts: int, now: datetime) -> OutboxMail | None:
    """Lease a mail; None when another deliverer has done so since `attempts` was read."""
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


def _record(mail: OutboxMail, **values: Any) -> None:
    with writing() as session:
        session.execute(update(OutboxMail).where(OutboxMail.id == mail.id).values(**values))


def _record_refusal(
    mail: OutboxMail, error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError, now: datetime
) -> None:
    outcome = (
        {"state": "refused", "done_at": now} if all(code >= 500 for code in _codes(error)) else {}
    )
    _record(mail, last_error=_describe(error), **outcome)


def _codes(error: Exception) -> list[int]:
    """The reply codes of the server. Its text is not used: it often repeats the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return sorted({code for code, _ in error.recipients.values()})
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _describe(error: Exception) -> str:
    """The error without personal data: its class, and the server's codes or a safe text."""
    if codes := _codes(error):
        return f"{type(error).__name__} {', '.join(map(str, codes))}"
    if isinstance(error, ssl.SSLError):
        return f"{type(error).__name__}: {error.reason}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{type(error).__name__}: {error}"
    return headline(error)


def sender_address(settings: Settings) -> str:
    """The sender's address without the name, for the SMTP envelope."""
    return parse_sender(settings.mail_from).addr_spec


def _file_of(mail: OutboxMail) -> MailFile | None:
    if not mail.attachment:
        return None
    with reading() as session:
        return make_file(session, mail.attachment, mail.language)


def compose(
    mail: OutboxMail,
    settings: Settings,
    service: str,
    now: datetime,
    file: MailFile | None = None,
) -> EmailMessage | None:
    """The mail as a message; None, and recorded as refused, when its headers cannot be written."""
    # Python's header parser raises any of these for unusual addresses; one such mail must not block
    # all others.
    try:
        message = _message(mail, settings, service, file)
        message.as_bytes()
    except (MessageError, ValueError, LookupError, AttributeError, TypeError) as error:
        _record(mail, state="refused", done_at=now, last_error=_describe(error))
        return None
    return message


def _message(
    mail: OutboxMail, settings: Settings, service: str, file: MailFile | None = None
) -> EmailMessage:
    # A line break in an address would begin another header.
    if clean_text(mail.recipient) != mail.recipient:
        raise ValueError("control characters in an address")
    sender = parse_sender(settings.mail_from)
    message = _headed(sender, mail.recipient)
    message["Subject"] = header_text(mail.subject)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.public_id}@{sender.domain}>"
    message.set_content(mail.body.replace(BASE_URL, settings.base_url))
    if mail.html:
        message.add_alternative(mail.html.replace(BASE_URL, settings.base_url), subtype="html")
    if mail.calendar:
        _attach_calendar(message, mail, settings, service)
    if file:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    # Last, because `set_content` moves Content-* headers into the part that it makes.
    message["Content-Language"] = mail.language
    return message


def _attach_calendar(
    message: EmailMessage, mail: OutboxMail, settings: Settings, service: str
) -> None:
    event = from_json(mail.calendar)
    content = mail_file(
        event,
        base_url=settings.base_url,
        sender=parse_sender(settings.mail_from),
        service=service,
        stamp=mail.created_at,
    )
    # RFC 6047, 2.4: without the method a mail program shows a file instead of an event.
    message.add_attachment(
        content,
        maintype="text",
        subtype="calendar",
        filename=FILE_NAME,
        params={"method": event.method, "charset": "utf-8"},
    )


def _headed(sender: Address, to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    # RFC 3834, section 5: asks for no automatic replies.
    message["Auto-Submitted"] = "auto-generated"
    return message


def send_at_once(settings: Settings, to: str, subject: str, body: str, now: datetime) -> None:
    """Send a mail to an operator past the outbox, which may be what is broken.

    Raises:
        MailUndeliveredError: the server failed or refused it, or an address cannot be written.
    """
    sender = parse_sender(settings.mail_from)
    try:
        message = _headed(sender, str(parse_sender(to)))
        message["Subject"] = header_text(clean_text(subject))
        message["Date"] = format_datetime(now)
        message["Message-ID"] = make_msgid(domain=sender.domain)
        message.set_content(body)
        with connect(settings.smtp_url) as server:
            server.send_message(message, sender.addr_spec, [parse_sender(to).addr_spec])
    except (ValueError, smtplib.SMTPException, OSError) as error:
        raise MailUndeliveredError(_describe(error)) from error
