"""Limits of codes and passwords, and where a sign-in may redirect to. Pure."""

from datetime import timedelta
from typing import Final

CODE_LIFE: Final = timedelta(minutes=10)
# 5 of a million codes: guessing succeeds for one code in 200,000.
MOST_TRIES: Final = 5
LEAST_PASSWORD: Final = 12
"""Characters. NIST SP 800-63B: length makes a password strong, not its kinds of characters."""

HOME: Final = "/pass"


def local_path(address: str) -> str:
    """Return `address` if it is a path on this site, else `HOME`."""
    # Browsers read a backslash as a slash and skip control characters: "/\\evil.example" and
    # "/\t/evil.example" would leave the site.
    odd = any(character <= " " or character in "\\\x7f" for character in address)
    return HOME if odd or not address.startswith("/") or address.startswith("//") else address
