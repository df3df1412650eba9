"""Normalisation of text that people type."""

import re
import unicodedata
from typing import Final

HOLLOW: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by their category that are drawn as nothing."""

CODE: Final = re.compile(r"[a-z0-9-]{1,40}")
"""The code that staff give to what is looked up by one: a product, an institution."""

_BLANK_LINES: Final = re.compile(r"\n{3,}")


def clean_text(value: str) -> str:
    """The text as composed Unicode (NFC), trimmed, without control characters and double spaces."""
    composed = unicodedata.normalize("NFC", value)
    printable = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in composed)
    return " ".join(printable.split())


def clean_lines(value: str) -> str:
    """The text with its lines and single blank lines, each line as `clean_text` gives it."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(map(clean_text, lines))).strip("\n")


def is_visible(value: str) -> bool:
    """Whether anything of a text can be seen: not only spaces, controls, hollow letters, and marks
    that combine with a letter which is not there, most of which show nothing by themselves.
    """
    return any(
        c not in HOLLOW and unicodedata.category(c)[0] != "M"
        for c in clean_text(value).replace(" ", "")
    )


def visible_text(value: str) -> str:
    """The text as `clean_text` gives it; empty when nothing of it can be seen."""
    return clean_text(value) if is_visible(value) else ""


def normal_email(value: str) -> str:
    """The form in which addresses are compared: cleaned and case-folded."""
    return clean_text(value).casefold()


def is_local_path(address: str) -> bool:
    """Return whether a browser stays on this site at an address: it is a path, and nothing else."""
    # Browsers read a backslash as a slash and skip control characters: "/\\evil.example" and
    # "/\t/evil.example" would leave the site.
    odd = any(character <= " " or character in "\\\x7f" for character in address)
    return not odd and address.startswith("/") and not address.startswith("//")


def initials(name: str) -> str:
    """The initials of a name: of its first and its last part."""
    words = name.split()
    if not words:
        return ""
    # `fromkeys`: a name of one word has one initial.
    return "".join(word[0].upper() for word in dict.fromkeys((words[0], words[-1])))
