"""Words that people type and read."""

import unicodedata


def clean_text(value: str) -> str:
    """Composed Unicode, no control characters, single spaces, trimmed."""
    composed = unicodedata.normalize("NFC", value)
    printable = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in composed)
    return " ".join(printable.split())


def normal_email(value: str) -> str:
    """The form under which an address is compared: tidy and lower case."""
    return clean_text(value).casefold()
