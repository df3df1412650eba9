"""Finnish reference numbers, RF creditor references, IBANs and the bank bar code. Pure.

Sources: Finance Finland, "Viitenumeron rakenne", "RF-viite" (ISO 11649) and "Pankkiviivakoodi-opas"
(version 4 of the symbol); ISO 13616 for the IBAN.
"""

import re
from datetime import date
from itertools import cycle
from typing import Final

_WEIGHTS: Final = (7, 3, 1)
_REFERENCE: Final = re.compile(r"\d{4,20}", re.ASCII)
_CREDITOR: Final = re.compile(r"RF\d{2}[0-9A-Z]{1,21}", re.ASCII)
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}", re.ASCII)
_FINNISH_IBAN: Final = re.compile(r"FI\d{16}", re.ASCII)
_MOST_CENTS: Final = 99_999_999
"""The largest sum that the bar code has room for."""


def reference_number(base: str) -> str:
    """Return the Finnish reference number of 3 to 19 digits: they, and their check digit."""
    # From the right: 7, 3, 1, 7, …; the check digit fills the sum up to a full ten.
    total = sum(
        weight * int(digit) for weight, digit in zip(cycle(_WEIGHTS), reversed(base), strict=False)
    )
    return f"{base}{-total % 10}"


def is_reference_number(text: str) -> bool:
    """Return whether a text without spaces is a Finnish reference number."""
    return bool(_REFERENCE.fullmatch(text)) and reference_number(text[:-1]) == text


def creditor_reference(reference: str) -> str:
    """Return the international form of a reference number: RF, two check digits, and it."""
    return f"RF{98 - _modulo_97(reference + 'RF00'):02d}{reference}"


def national_reference(text: str) -> str:
    """Return the Finnish reference number that a bank or a person wrote in any form, or ""."""
    plain = "".join(text.split()).upper()
    if _CREDITOR.fullmatch(plain):
        if _modulo_97(plain[4:] + plain[:4]) != 1:
            return ""
        plain = plain[4:]
    # Banks fill up with zeros on the left, to 20 digits.
    plain = plain.lstrip("0")
    return plain if is_reference_number(plain) else ""


def grouped_reference(reference: str) -> str:
    """Return a reference number as it is printed: in groups of five, counted from the right."""
    first = len(reference) % 5
    groups = [reference[:first]] if first else []
    return " ".join([*groups, *(reference[at : at + 5] for at in range(first, len(reference), 5))])


def is_iban(text: str) -> bool:
    """Return whether a text without spaces is an IBAN; a Finnish one has 18 characters."""
    if not _IBAN.fullmatch(text) or (text.startswith("FI") and not _FINNISH_IBAN.fullmatch(text)):
        return False
    return _modulo_97(text[4:] + text[:4]) == 1


def grouped_iban(iban: str) -> str:
    """Return an IBAN as it is printed: in groups of four."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def bank_bar_code(iban: str, cents: int, reference: str, due_on: date) -> str:
    """Return the 54 digits of the Finnish bank bar code; "" for an account elsewhere.

    A sum that it has no room for, or that is not to be paid, stands as zeros.
    """
    if not _FINNISH_IBAN.fullmatch(iban):
        return ""
    payable = cents if 0 < cents <= _MOST_CENTS else 0
    return f"4{iban[2:]}{payable:08d}000{reference:0>20}{due_on:%y%m%d}"


def _modulo_97(text: str) -> int:
    # ISO 7064 MOD 97-10: letters stand for two digits, A for 10 to Z for 35.
    return int("".join(str(int(character, 36)) for character in text)) % 97
