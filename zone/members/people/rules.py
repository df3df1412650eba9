"""What an e-mail address and a name may be, and the audit action of a look. Pure."""

import re
from typing import Final

from zone.core.errors import DomainError
from zone.core.text import normal_email
from zone.members.people.errors import EMAIL_INVALID

LONGEST_NAME: Final = 120
# RFC 5321, 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets.
LONGEST_EMAIL: Final = 254
VIEW_MEMBER: Final = "member.view"
"""The audit action of staff who looked at a person."""
# ASCII only, what RFC 5321 allows without quotes, and no encoded word (`=?…?=`): a mail server may
# refuse such an address, it may look like another one, or no header can carry it, and then its mail
# would block the queue.
_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL: Final = re.compile(rf"(?!.*=\?){_ATOM}(\.{_ATOM})*@[a-z0-9-]+(\.[a-z0-9-]+)+")


def normalize_email(email: str) -> str:
    """Return the normal form of an e-mail address.

    Raises:
        DomainError: email_invalid.
    """
    normal = normal_email(email)
    if len(normal) > LONGEST_EMAIL or not _EMAIL.fullmatch(normal):
        raise DomainError(EMAIL_INVALID)
    return normal
