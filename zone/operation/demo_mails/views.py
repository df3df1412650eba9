"""A received mail as its reader sees it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Final

from zone.core.time import require_utc

FOLDER: Final = "mails"
"""In the data folder; a file for each mail, whose name sorts by the time of its arrival."""


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail. `name` is that of its file; `text` the part for programs that show no HTML.

    `html` is empty in a mail without that part; `files` are the names of what is attached.
    """

    name: str
    recipient: str
    subject: str
    sent_at: datetime | None
    text: str
    html: str
    files: tuple[str, ...]


def received_mail(name: str, content: bytes) -> ReceivedMail:
    """Return a mail from its bytes."""
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    date = message["Date"]
    return ReceivedMail(
        name,
        str(message["To"] or ""),
        str(message["Subject"] or ""),
        require_utc(parsedate_to_datetime(str(date))) if date else None,
        _part(message, "plain") or _part(message, "html"),
        _part(message, "html"),
        tuple(part.get_filename() or "" for part in message.iter_attachments()),
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
