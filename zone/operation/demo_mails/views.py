"""A received mail as its reader sees it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Final

from zone.core.time import require_utc

FOLDER: Final = "mails"
"""The folder of the mails in the data folder.

Each mail is a file whose name is a number; the names sort by the time of arrival.
"""


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail. `name` is its file's name, without the ending.

    `text` is the plain part, or the HTML source of a mail that has no plain part. `html` is empty
    in a mail without an HTML part. `files` are the names of the attachments.
    """

    name: str
    recipient: str
    subject: str
    sent_at: datetime | None
    text: str
    html: str
    files: tuple[str, ...]


def received_mail(name: str, content: bytes) -> ReceivedMail:
    """Return the mail in the content of a file.

    Raises:
        ValueError: its date cannot be read, or has no time zone.
    """
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
