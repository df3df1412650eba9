"""The words by which a person is found, folded to plain letters, and their trigrams. Pure.

Folding makes `Łukasz` and `lukasz`, `Nguyễn` and `nguyen`, `O’Brien` and `obrien` the same. The
migration that filled the table has its own copy: a change here needs `zone` to index everybody
again, which the job `members.index_names` does.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final


class _PlainLetters(dict[int, str]):
    """The plain letter of each that Unicode does not take apart into one and its marks.

    Those with a stroke, hook or tail by their names, such as ł, ǥ, ɗ or қ; the others are listed.
    """

    def __missing__(self, code: int) -> str:
        self[code] = _without_addition(chr(code))
        return self[code]


def _without_addition(letter: str) -> str:
    base, addition, _ = unicodedata.name(letter, "").partition(" WITH ")
    if not addition or not base.startswith(("LATIN ", "CYRILLIC ")):
        return letter
    try:
        return unicodedata.lookup(base)
    except KeyError:
        return letter


# In pairs: the letter, and what is typed for it. Those of Skolt Sámi, of West Africa, of Kazakh and
# its neighbours, and of Arabic and Persian keyboards, which have different letters that look alike.
_LISTED: Final = (
    "đd ðd æae œoe þth ŋn ıi əe ǝe ʒz ɛe ɔo ɵo ʉu ĸk ɑa ʊu ɩi ұу үу өо әа һх ʔ يی ىی كک ةه ـ"
)
PLAIN: Final = _PlainLetters({ord(pair[0]): pair[1:] for pair in _LISTED.split()})
# Not the signs that Unicode calls modifier letters: they are written for an apostrophe, as in
# Gʻofur, or left out, as in Sääʹm.
_PARTS: Final = re.compile(r"[^\W_\u02b0-\u02ff]+")


def fold(text: str) -> str:
    """Return the text in lower case with plain letters."""
    # Twice: the lower case of İ has a mark of its own.
    apart = unicodedata.normalize("NFKD", text.casefold())
    # All marks, also the vowels of Hindi or Thai, which are no letters of their own.
    letters = "".join(c for c in apart if not unicodedata.category(c).startswith("M"))
    return letters.translate(PLAIN).casefold()


# As passports and old keyboards write them; æ, œ, þ and ß are folded so anyway. The index has plain
# letters only: these spellings are compared in `zone.desk.search`.
_SPELLED_OUT: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ø": "oe", "å": "aa", "ü": "ue", "đ": "dj"}
)


def spell_out(text: str) -> str:
    """Return the text in lower case with its special letters written as two: `maekelae`."""
    return unicodedata.normalize("NFC", text).casefold().translate(_SPELLED_OUT)


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
