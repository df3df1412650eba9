"""Files that go with a mail and are made when it is sent, such as the PDF of a receipt.

Making one may take longer than a transaction should hold its locks. A feature declares what it
makes, and posts a mail with what the file is about.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from zone.core.errors import DomainError
from zone.core.safe_error import describe_with_traceback

_log = logging.getLogger(__name__)

FAULTS: Final = (DomainError, ValueError, LookupError, AttributeError, TypeError, OSError)
"""What the maker of a file may fail with, such as a font that is missing."""


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that goes with a mail; `media_type` as `application/pdf`."""

    name: str
    media_type: str
    content: bytes


Maker = Callable[[Session, str, str], MailFile | None]
"""Makes the file about something in a language; None: it cannot be had, so the mail goes without.
"""


@dataclass(frozen=True, slots=True)
class AttachmentKind:
    """A declared kind of file. `name` is stored with each mail: never rename it."""

    name: str
    make: Maker

    def about(self, what: str) -> str:
        """Return what to post a mail with: a file of this kind about something."""
        return f"{self.name} {what}"


_DECLARED: Final[dict[str, AttachmentKind]] = {}


def declare_attachment(name: str, make: Maker) -> AttachmentKind:
    """Declare a kind of file once, when its module is imported.

    Raises:
        ValueError: there is one of that name already.
    """
    if name in _DECLARED:
        raise ValueError(f"the attachment {name} is declared twice")
    _DECLARED[name] = AttachmentKind(name, make)
    return _DECLARED[name]


def make_file(session: Session, attachment: str, language: str) -> MailFile | None:
    """Return the file of a mail; None: it has none, or it cannot be made."""
    name, _, about = attachment.partition(" ")
    kind = _DECLARED.get(name)
    if kind is None:
        return None
    try:
        return kind.make(session, about, language)
    except FAULTS as error:
        # A mail without its file is better than no mail, and it must not hold up the others.
        _log.error("the file of a mail was not made: %s", describe_with_traceback(error))
        return None
