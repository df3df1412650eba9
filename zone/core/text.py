"""Normalisation of text that people type."""

import unicodedata


def clean_text(value: str) -> str:
    """The text as composed Unicode (NFC), trimmed, without control characters and double spaces."""
    composed = unicodedata.normalize("NFC", value)
    printable = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in composed)
    return " ".join(printable.split())


def normal_email(value: str) -> str:
    """The form in which addresses are compared: cleaned and case-folded."""
    return clean_text(value).casefold()
