"""Which people the words of a search may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.desk.search import rules
from zone.members.people.trigrams import fold, spell_out, trigrams_of, words_of


@pytest.mark.parametrize(
    ("typed", "word", "typo"),
    [
        ("esimerki", "esimerkki", True),
        ("esimerkkki", "esimerkki", True),
        ("esimrekki", "esimerkki", True),
        ("esumerkki", "esimerkki", True),
        ("simerkki", "esimerkki", True),
        ("ssimrekki", "esimerkki", False),
        ("mari", "kari", True),
        ("kai", "kari", False),
        ("esimrk", "esimerkki", True),
        ("1234", "1235", False),
    ],
)
def test_one_letter_may_be_wrong(typed: str, word: str, *, typo: bool) -> None:
    assert rules.is_typo_of(typed, word) == typo


NAMES = st.text(st.characters(categories=["L", "Zs"]), min_size=4, max_size=20)


@given(NAMES, st.integers(0, 20), st.integers(0, 3))
def test_a_word_with_one_fault_keeps_enough_trigrams(name: str, place: int, kind: int) -> None:
    """The bound of the statement: nobody whom the rules would find is left out by it."""
    for word in words_of(name, ""):
        at = place % len(word)
        swapped = word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]
        typed = (
            word[:at] + word[at + 1 :],
            word[:at] + "x" + word[at:],
            word[:at] + "x" + word[at + 1 :],
            swapped,
        )[kind]
        wanted = trigrams_of([typed])
        assert len(wanted & trigrams_of([word])) >= len(wanted) - 4


@pytest.mark.parametrize(
    ("typed", "name", "found"),
    [
        ("saari", "Ulla Sari", None),
        ("saarinen", "Ulla Sarinen", None),
        ("joel", "Jol Aho", None),
        ("manuela", "Manula Aho", None),
        ("djuna", "Duna Aho", None),
        ("maekelae", "Aino Mäkelä", rules.SPELLED_OUT),
        ("maekelae", "Aino Makela", None),
        ("mäkelä", "Aino Maekelae", rules.SPELLED_OUT),
    ],
)
def test_only_special_letters_are_written_with_two(
    typed: str, name: str, found: int | None
) -> None:
    rank = rules.rank([fold(typed)], name, "q@zone.example", [fold(spell_out(typed))])
    # What is one letter away is a typo, as it has always been.
    assert (None if rank == rules.TYPO else rank) == found


@given(st.text("abdeijklmnosäöåøüđ", min_size=4, max_size=14))
def test_a_name_spelled_out_keeps_enough_trigrams(name: str) -> None:
    """The bound of the statement: nobody whom the rules would find is left out by it."""
    for stored, typed in ((name, spell_out(name)), (spell_out(name), name)):
        indexed = trigrams_of(words_of(stored, ""))
        wanted = trigrams_of([fold(typed)])
        sought = trigrams_of(
            [fold(typed), fold(spell_out(typed)), *rules.contracted([fold(typed)])]
        )
        least = len(wanted) - max(4, 2 * min(rules.MOST_JOINED, len(fold(typed)) // 2) - 2)
        assert len(sought & indexed) >= least


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
