"""What a password must be. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import compress, product
from types import MappingProxyType
from typing import Final

from zone.core.errors import ErrorCode
from zone.members.passwords.errors import PASSWORD_GUESSABLE, PASSWORD_LONG, PASSWORD_WEAK
from zone.members.passwords.guessing import SHORTEST_PART, fold, guess_bits, length_without_repeats

LEAST_PASSWORD: Final = 12
"""Characters. NIST SP 800-63B: length makes a password strong, not its kinds of characters."""
MOST_PASSWORD: Final = 1000
LEAST_BITS: Final = 35.0
"""2³⁵ guesses at 100 an hour take 39,000 years; three words that nobody uses as a password pass."""

SERVICE_WORDS: Final = frozenset(
    {
        *("zone", "campussports", "campus", "sports", "kampus", "liikunta", "idrott", "motion"),
        *("metropolia", "haaga", "helia", "haagahelia", "laurea", "arcada", "diak", "humak"),
        *("myyrmaki", "myllypuro", "pasila", "malmi", "tikkurila", "otaniemi", "arabia"),
        *("helsinki", "helsingfors", "espoo", "esbo", "vantaa", "vanda", "suomi", "finland"),
        *("salasana", "losenord", "tunnus", "kirjaudu", "yllapito", "vastaanotto", "palvelupiste"),
        *("admin", "manager", "desk", "instructor"),
        # The example of every article about long passwords.
        "correcthorsebatterystaple",
    }
)
"""What somebody who attacks this service tries first, folded."""
_SPELLINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "å": "aa",
        "ø": "oe",
        "đ": "dj",
        "æ": "a",
        "þ": "t",
        "ß": "s",
    }
)
"""How people write the letters of their names with others, beside what `fold` makes of them."""
_MOST_SPELT: Final = 5
"""Different letters of a word that are tried both ways; few names have more than two."""
_BETWEEN_WORDS: Final = re.compile(r"[\W\d_]+")


def refusal_of(password: str, common: Mapping[str, int], own: Collection[str]) -> ErrorCode | None:
    """Return why a password is refused, or None.

    `own` are the person's name and address, and the service's name; `common` maps common passwords
    to their rank.
    """
    if len(password) < LEAST_PASSWORD:
        return PASSWORD_WEAK
    if len(password) > MOST_PASSWORD:
        return PASSWORD_LONG
    # A word repeated is as long as the word, whether a list has it or not.
    if length_without_repeats(password) < min(LEAST_PASSWORD, len(fold(password))):
        return PASSWORD_GUESSABLE
    known = SERVICE_WORDS | own_words(own)
    return PASSWORD_GUESSABLE if guess_bits(password, common, known) < LEAST_BITS else None


def own_words(texts: Collection[str]) -> frozenset[str]:
    """Return the words of names and addresses, folded, and each text as one word."""
    words = {word for text in texts for word in (text, *_BETWEEN_WORDS.split(text))}
    folded = {fold(spelling) for word in words for spelling in _spellings(word.lower())}
    # The genitive of Virtanen is Virtasen.
    folded |= {f"{word.removesuffix('nen')}se" for word in folded if word.endswith("nen")}
    return frozenset(word for word in folded if len(word) >= SHORTEST_PART)


def _spellings(word: str) -> Iterator[str]:
    """Yield a word in small letters, and with some of its letters written with others.

    Søren is Soren or Soeren on a keyboard without ø, Åström is Astrom, Aastrom or Astroem.
    """
    special = sorted(_SPELLINGS.keys() & set(word))[:_MOST_SPELT]
    for ways in product((False, True), repeat=len(special)):
        spelling = word
        for letter in compress(special, ways):
            spelling = spelling.replace(letter, _SPELLINGS[letter])
        yield spelling
