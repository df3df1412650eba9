"""What an e-mail address and a name may be. Pure."""

import re
from typing import Final

from zone.core.errors import DomainError
from zone.core.text import normal_email
from zone.members.people.errors import EMAIL_INVALID

LONGEST_NAME: Final = 120
LONGEST_EMAIL: Final = 254
_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL: Final = re.compile(rf"(?!.*=\?){_ATOM}(\.{_ATOM})*@[a-z0-9-]+(\.[a-z0-9-]+)+")
"""ASCII only, what RFC 5321 lets stand without quotes, and no encoded word (`=?…?=`): an address that a mail server may
refuse, that looks like another's, or that no header can carry (its mail would hold up the others), is no identity."""


def normalize_email(email: str) -> str:
    """The normal form of an e-mail address.

    Raises:
        DomainError: email_invalid.
    """
    normal = normal_email(email)
    if len(normal) > LONGEST_EMAIL or not _EMAIL.fullmatch(normal):
        raise DomainError(EMAIL_INVALID)
    return normal
