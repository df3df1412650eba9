"""Limits of codes and passwords, and where a sign-in may lead to. Pure."""

from datetime import timedelta
from typing import Final

CODE_LIFE: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
LEAST_PASSWORD: Final = 12
"""Characters; length is what makes a password strong (NIST SP 800-63B)."""

HOME: Final = "/pass"


def local_path(address: str) -> str:
    """`address` if it is a path on this site, else home. Browsers read a backslash as a slash and skip controls."""
    odd = any(character <= " " or character in "\\\x7f" for character in address)
    return HOME if odd or not address.startswith("/") or address.startswith("//") else address
