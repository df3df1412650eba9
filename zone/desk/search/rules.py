"""Which people the words of a search may mean, and who is likelier. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from unicodedata import east_asian_width

from zone.members.people.trigrams import fold, parts_of, spell_out, words_of

LEAST_FOR_TYPO: Final = 4
"""Letters of a word in which one may be wrong: in a shorter one it is another name."""
MOST_JOINED: Final = 6
"""Words of a name that may be typed as one."""
JOINING: Final = frozenset("'’‘‛`´ʹʺʻʼʽʾʿˈ′‵-‐‑‒–—―−~.,;:·/&\"“”„«»‹›()[]{}<>")
"""Signs in a name, typed or not: any other sign is looked for as it stands."""

_TWO_LETTERS: Final = re.compile("([aou])e|(?<=d)j")

ADDRESS: Final = 0
WHOLE_NAME: Final = 1
NAME_START: Final = 2
LATER_NAME_START: Final = 3
ADDRESS_START: Final = 4
INSIDE: Final = 5
SPELLED_OUT: Final = 6
TYPO: Final = 8
"""How a word was found, from the likeliest on. A typo weighs more than any two exact words."""


def search_words(words: str) -> list[str]:
    """Return the folded words of a search, without signs at their ends."""
    stripped = (word.strip("".join(JOINING) + "*?!") for word in fold(words).split())
    return [word for word in stripped if word]


def count_letters(word: str) -> int:
    """Return how many letters and digits a word has; one that is a syllable counts twice."""
    # Of East Asian scripts, in which a single one is a whole name.
    return sum(1 + (east_asian_width(c) == "W") for c in word if c.isalnum())


def indexed_words(word: str) -> list[str]:
    """Return the words whose trigrams find people for one word of a search."""
    return parts_of(word.partition("@")[0]) or [word]


def with_swapped_starts(words: Iterable[str]) -> list[str]:
    """Return the words, and those of four letters with the first two swapped: `evli` as `veli`."""
    # No trigram survives that fault in so short a word. In a longer one its end does.
    short = [word for word in words if len(word) == LEAST_FOR_TYPO]
    return [*words, *(word[1] + word[0] + word[2:] for word in short)]


def contracted(words: Iterable[str]) -> list[str]:
    """Return the words that others may be the spelled-out forms of: `makela` of `maekelae`.

    With and without a single letter for `aa`, which most words have of their own.
    """
    plain = [_TWO_LETTERS.sub(r"\1", word) for word in words]
    return [*plain, *(word.replace("aa", "a") for word in plain)]


def rank(words: Sequence[str], name: str, email: str, spelled: Sequence[str] = ()) -> int | None:
    """Return how likely a person is meant, 0 the likeliest; None: they do not match every word.

    `spelled` are the words as `spell_out` writes them.
    """
    ranks = [
        _rank_of_either(word, other, name, email)
        for word, other in zip(words, spelled or words, strict=True)
    ]
    found = [one for one in ranks if one is not None]
    return sum(found) if len(found) == len(ranks) and found else None


def _rank_of_either(word: str, spelled: str, name: str, email: str) -> int | None:
    found = _rank_of_word(word, name, email)
    if found is not None and found < SPELLED_OUT:
        return found
    by_spelling = _rank_spelled(word, spelled, name)
    return found if by_spelling is None else by_spelling


def _rank_spelled(word: str, spelled: str, name: str) -> int | None:
    """Return SPELLED_OUT where one of both is written with two letters for a special one.

    Never because of two letters that both have: Saari is not Sari.
    """
    name_spelled = spell_out(name)
    if word == spelled and name_spelled == name.casefold():
        return None
    typed = {"".join(parts_of(one)) for one in (word, spelled)} - {""}
    named = [*words_of(name, ""), *words_of(name_spelled, "")]
    return SPELLED_OUT if any(one.startswith(start) for one in named for start in typed) else None


def _rank_of_word(word: str, name: str, email: str) -> int | None:
    if "@" in word:
        return _rank_of_address(word, fold(email))
    if not set(word) - JOINING <= set("".join(parts_of(word))):
        # With a sign such as _ or +, which few names have: as it stands.
        local = fold(email).rpartition("@")[0]
        return INSIDE if word in local or word in fold(name) else None
    parts = parts_of(word)
    wholes = [_rank_of_part("".join(parts), name, email)]
    if len(parts) > 1:
        by_part = [_rank_of_part(part, name, email) for part in parts]
        wholes.append(None if None in by_part else max(one for one in by_part if one is not None))
    return min((one for one in wholes if one is not None), default=None)


def _rank_of_address(word: str, email: str) -> int | None:
    if word == email:
        return ADDRESS
    if email.startswith(word) and not word.startswith("@"):
        return ADDRESS_START
    # Another number in it, as of a student, is another address.
    same_numbers = _digits_of(word) == _digits_of(email)
    return TYPO if same_numbers and _is_one_edit(word, email) else None


def _digits_of(text: str) -> list[str]:
    return [c for c in text if c.isdigit()]


def _rank_of_part(part: str, name: str, email: str) -> int | None:
    named, addressed = words_of(name, ""), words_of("", email)
    if part in named:
        # Before all that begin so: of those there may be more than are shown, as of Nieminen for
        # Niemi.
        return WHOLE_NAME
    if named and named[0].startswith(part):
        return NAME_START
    if any(word.startswith(part) for word in named):
        return LATER_NAME_START
    if any(word.startswith(part) for word in addressed):
        return ADDRESS_START
    if any(part in word for word in named + addressed):
        return INSIDE
    if any(is_typo_of(part, word) for word in named + addressed):
        return TYPO
    # Of a few words: of a hundred single letters there are too many orders.
    return TYPO if _lacks_a_space(part, named[:MOST_JOINED]) else None


def _lacks_a_space(typed: str, named: Sequence[str]) -> bool:
    """Whether words of a name were typed as one: `ainomäk`, `vonessen`, `vanderberg`."""
    return any(
        _begins_joined(typed.removeprefix(word), [*named[:at], *named[at + 1 :]])
        for at, word in enumerate(named)
        if typed.startswith(word) and typed != word
    )


def _begins_joined(rest: str, named: Sequence[str]) -> bool:
    """Whether some of these words, each once and joined, begin with a text."""
    return any(word.startswith(rest) for word in named) or _lacks_a_space(rest, named)


def is_typo_of(typed: str, word: str) -> bool:
    """Whether a word or its beginning was typed with one fault.

    A fault is a letter that is wrong, missing, extra, or swapped with the next one.
    """
    if len(typed) < LEAST_FOR_TYPO or not typed.isalpha():
        return False
    lengths = {len(typed) - 1, len(typed), len(typed) + 1, len(word)}
    return any(_is_one_edit(typed, word[:length]) for length in lengths)


def _is_one_edit(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), None)
    if start is None:
        return True
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )
