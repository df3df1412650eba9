"""How many bits a password costs somebody who guesses well.

Theory of operation. The password is spelled from parts: single characters, common passwords and
words, what is known of the person and the service, sequences of the alphabet or of a keyboard,
years, and copies of what came before. Each kind of part has a price in bits, the logarithm of the
guesses that it takes. The cheapest way to spell the whole password is its price, found from left to
right: `cheapest[end]` is the price of its first `end` characters. Wheeler, zxcvbn (USENIX Security
2016), measures passwords in the same way.
"""

import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Final

from zone.members.people.trigrams import PLAIN

# Enough to tell: what comes after them only makes a password dearer.
MOST_READ: Final = 64
SHORTEST_PART: Final = 3
DIGIT_BITS: Final = math.log2(10)
LETTER_BITS: Final = math.log2(26)
OTHER_BITS: Final = 5.0
RUN_BITS: Final = 6.0
YEAR_BITS: Final = 6.0
COPY_BITS: Final = 3.0
WOVEN_BITS: Final = 6.0
"""Where the digits stand between the other characters: after each, each second one, and so on."""
KNOWN_BITS: Final = 3.0
"""The price of the person's own name, or of the service's: a guesser tries those first."""

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_ROWS: Final = (
    _ALPHABET * 2,
    "0123456789" * 3,
    "1234567890" * 3,
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "qweasdzxc",
    # Å, Ä and Ö beside the letters; Dvorak; Russian and Greek.
    *("qwertyuiopå", "asdfghjklöä", "asdfghjkløæ"),
    *("pyfgcrl", "aoeuidhtns", "qjkxbmwvz"),
    *("йцукенгшщзхъ", "фывапролджэё", "ячсмитьбю", "ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    # The row of digits with Shift: Nordic, US and British.
    *('!"#¤%&/()=?`', "!@#$%^&*()_+", '!"£$%^&*()_+'),
)
LEAST_STEPS: Final = 4
"""Characters in a row of an alphabet that is not listed, or of every other letter."""
_YEAR: Final = re.compile(r"(19|20)\d\d")
_INVISIBLE: Final = frozenset({"Cc", "Cf"})
_DOUBLED: Final = re.compile(r"(.)\1+")
_SEPARATORS: Final = re.compile(r"[\s._-]+")
_ALIKE: Final = dict(
    zip("авекмнорстухіѕјԁһӏαεικνορτυχγωı", "abekmhopctyxisjdhlaeiknoptuxywi", strict=True)
)
"""Russian and Greek letters that look like Latin ones, as in `раssword`."""
_DISGUISES: Final = tuple(
    str.maketrans(_ALIKE | dict(zip("0134578@$!+|", f"o{one}eastb" + "asit" + one, strict=True)))
    for one in "il"
)
"""What stands for letters, as in `p4ssw0rd`; a 1 is an i or an l."""


def fold(text: str) -> str:
    """Return a text as a guesser sees it: small letters without accents, spaces, dots or dashes."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    # Nor what is drawn as nothing, such as a zero-width space between two letters.
    bare = "".join(
        one
        for one in decomposed
        if not unicodedata.combining(one) and unicodedata.category(one) not in _INVISIBLE
    )
    # Digits of every script: ٣ is a 3.
    plain = "".join(str(unicodedata.decimal(one, one)) for one in bare.translate(PLAIN))
    return _SEPARATORS.sub("", plain)


_FOLDED: Final = tuple(fold(row) for row in _ROWS)
RUNS: Final = (*_FOLDED, *(row[::-1] for row in _FOLDED))


def guess_bits(password: str, common: Mapping[str, int], known: Collection[str]) -> float:
    """Return the price of a password in bits.

    `common` maps common passwords to their rank from 1; `known` holds folded words of the person
    and of the service.
    """
    text = fold(password)[:MOST_READ]
    # `aabbccddeeff` is a sequence whose letters are doubled, `12:34/56:78` one with signs between.
    single = _DOUBLED.sub(r"\1", text)
    bits = min(
        _spelling_bits(text, common, known),
        _spelling_bits(single, common, known) + 1,
        _woven_bits(text, common, known),
    )
    if signs := {one for one in text if not one.isalnum()}:
        bare = "".join(one for one in text if one.isalnum())
        bits = min(bits, _spelling_bits(bare, common, known) + OTHER_BITS * len(signs))
    return bits


def _woven_bits(text: str, common: Mapping[str, int], known: Collection[str]) -> float:
    """Return the price of a text as digits woven into the rest, such as `p1a2s3s4w5o6r7d8`."""
    digits = "".join(one for one in text if one.isdigit())
    rest = "".join(one for one in text if not one.isdigit())
    return _spelling_bits(rest, common, known) + _spelling_bits(digits, common, known) + WOVEN_BITS


def length_without_repeats(password: str) -> int:
    """Return how many characters a folded password has when what it repeats counts once.

    Also a word repeated with other digits or signs after each, as in `tomaatti1tomaatti2`.
    """
    text = fold(password)
    letters = "".join(one for one in text if one.isalpha())
    repeats = len(letters) - len(_repeated_part(letters))
    return min(len(_repeated_part(text)), len(text) - repeats)


def _repeated_part(text: str) -> str:
    """Return what a text repeats from its beginning to its end; else all of it."""
    # A text that is its own part over and over is found in its double before its end.
    return text[: (text + text).find(text, 1)] if text else ""


def _spelling_bits(text: str, common: Mapping[str, int], known: Collection[str]) -> float:
    disguised = [text.translate(letters) for letters in _DISGUISES]
    cheapest = [0.0]
    for end in range(1, len(text) + 1):
        price = cheapest[end - 1] + _character_bits(text[end - 1])
        for start in range(end - SHORTEST_PART + 1):
            forms = {text[start:end], *(form[start:end] for form in disguised)}
            for bits in (
                *(_word_bits(form, common, known) for form in forms),
                _pattern_bits(text, start, end),
            ):
                if bits is not None:
                    price = min(price, cheapest[start] + bits)
        cheapest.append(price)
    return cheapest[-1]


def _character_bits(character: str) -> float:
    if character.isdigit():
        return DIGIT_BITS
    return LETTER_BITS if character.isalpha() else OTHER_BITS


def _word_bits(part: str, common: Mapping[str, int], known: Collection[str]) -> float | None:
    for word, reversal in ((part, 0.0), (part[::-1], 1.0)):
        if word in known:
            return KNOWN_BITS + reversal
        if word in common:
            return math.log2(common[word]) + 1 + reversal
    return None


def _pattern_bits(text: str, start: int, end: int) -> float | None:
    part = text[start:end]
    # A copy may overlap with what it repeats: `aaaa` is one letter and a copy of three.
    if text.find(part) < start or part[::-1] in text[:start]:
        return COPY_BITS
    if any(part in run for run in RUNS) or _has_steps(part):
        return RUN_BITS
    return YEAR_BITS if _YEAR.fullmatch(part) else None


def _has_steps(part: str) -> bool:
    """Whether each character is the next one of its alphabet, or each the next but one."""
    steps = {ord(after) - ord(before) for before, after in pairwise(part)}
    return len(part) >= LEAST_STEPS and len(steps) == 1 and abs(steps.pop()) in (1, 2)
