"""The words by which a person is found, folded to plain letters, and their trigrams. Pure.

Folding makes `Łukasz` and `lukasz`, `Nguyễn` and `nguyen`, `O’Brien` and `obrien` the same. The
migration that filled the table has its own copy: a change here needs `zone` to index everybody
again, which the job `members.index_names` does.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

# Letters that Unicode does not take apart into a plain letter and a mark.
PLAIN: Final = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ı": "i",
        "ə": "e",
    }
)
"""By its small letter."""
_PARTS: Final = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return the text in lower case with plain letters."""
    # Twice: the lower case of İ has a mark of its own.
    apart = unicodedata.normalize("NFKD", text.casefold())
    # All marks, also the vowels of Hindi or Thai, which are no letters of their own.
    letters = "".join(c for c in apart if not unicodedata.category(c).startswith("M"))
    return letters.translate(PLAIN).casefold()


def parts_of(word: str) -> list[str]:
    """Return the runs of letters and digits of a folded word: `anna-maija` has two."""
    return _PARTS.findall(word)


def words_of(name: str, email: str) -> list[str]:
    """Return the words of a name, then those of the address before its @.

    A word with signs inside is there in its parts and joined: `o'brien` as `o`, `brien`, `obrien`.
    """
    # What follows the @ is the same for a whole university.
    return [*_searched(name), *_searched(email.rpartition("@")[0])]


def _searched(text: str) -> Iterable[str]:
    for word in fold(text).split():
        parts = parts_of(word)
        yield from parts
        if len(parts) > 1:
            yield "".join(parts)


def trigrams_of(words: Iterable[str]) -> set[str]:
    """Return the trigrams of words, each with two spaces before it, so that its start counts."""
    return {f"  {word}"[place : place + 3] for word in words for place in range(len(word))}
