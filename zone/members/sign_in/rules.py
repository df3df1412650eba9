"""The life of codes, the marks of known browsers, and where a sign-in may redirect to. Pure."""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from zone.core.text import is_local_path

DIGITS: Final = 6
CODE_LIFE: Final = timedelta(minutes=10)
# 5 of a million codes: guessing succeeds for one code in 200,000.
MOST_TRIES: Final = 5
MOST_KNOWN: Final = 8
"""People for whom one browser is known, such as that of a desk: those who signed in last."""

_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}")
_TOKEN: Final = re.compile(r"[\w-]{43}", re.ASCII)
_MARK: Final = re.compile(rf"([\w-]{{43}})((?:\.[\w-]{{22}}){{1,{MOST_KNOWN}}})", re.ASCII)

HOME: Final = "/pass"
"""Where people land who have no service role."""


def local_path(address: str, home: str = HOME) -> str:
    """Return `address` if it is a path on this site, else `home`."""
    return address if is_local_path(address) else home


def read_code(typed: str) -> str | None:
    """Return the digits of a code as people type or paste it; None: it cannot be one."""
    # Spaces and dashes between them, invisible characters of a mail program, and the digits of
    # other keyboards: a Japanese one types ４８ for 48.
    kept = (c for c in typed if unicodedata.category(c) not in {"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"})
    digits = "".join(str(unicodedata.decimal(c, c)) for c in kept)
    return digits if _CODE.fullmatch(digits) else None


def asking_token(cookie: str) -> str | None:
    """Return the token in the cookie of a browser that asked for a code; None: not of our form."""
    return cookie if _TOKEN.fullmatch(cookie) else None


def known_browser(mark: str, email: str, secrets: Sequence[bytes]) -> str | None:
    """Return the id of the browser if the person with that address signed in with it, else None."""
    found = _MARK.fullmatch(mark)
    if found is None:
        return None
    browser, tags = found[1], found[2].split(".")[1:]
    wanted = [_tag(secret, browser, email) for secret in secrets]
    # All are compared, so that the time does not tell which one fits.
    fits = [hmac.compare_digest(tag, other) for tag in tags for other in wanted]
    return browser if any(fits) else None


def mark_browser(mark: str, email: str, secret: bytes, new_id: str) -> str:
    """Return the browser's mark with one more person; `new_id` is its id where it has none yet.

    A mark is the browser's id and one tag for each person, which nobody can make without the
    secret. It tells nobody who they are, and signs nobody in.
    """
    found = _MARK.fullmatch(mark)
    browser, tags = (found[1], found[2].split(".")[1:]) if found else (new_id, [])
    newest = _tag(secret, browser, email)
    others = [tag for tag in tags if tag != newest]
    return ".".join([browser, newest, *others[: MOST_KNOWN - 1]])


def _tag(secret: bytes, browser: str, email: str) -> str:
    digest = hmac.new(secret, f"zone-browser-1\0{browser}\0{email}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()[:16]).decode().rstrip("=")
