"""The sentences of the box at the door: every reason has one in each language, and nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.words import FILE, WORDS, read_words

LONGEST = 120
"""Characters that a display at a door shows in three languages at once."""


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_in_three_languages(reason: Reason) -> None:
    sentences = [WORDS[reason].text(language) for language in ("fi", "sv", "en")]
    assert len(set(sentences)) == 3
    for sentence in sentences:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert len(sentence) <= LONGEST


def test_an_unknown_language_gives_english() -> None:
    assert WORDS[Reason.GRANTED].text("de") == WORDS[Reason.GRANTED].en


@pytest.mark.planted_fault("a sentence is missing, or is of no reason")
@pytest.mark.parametrize(
    "change",
    [
        lambda words: words.pop("expired"),
        lambda words: words.update(surplus={"fi": "a", "sv": "b", "en": "c"}),
        lambda words: words["expired"].pop("sv"),
        lambda words: words["expired"].update(sv=""),
        lambda words: words["expired"].update(de="Abgelaufen."),
    ],
)
def test_a_file_that_is_not_whole_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    words = json.loads(FILE.read_text("utf-8"))
    change(words)
    with pytest.raises(ValueError, match="not the"):
        read_words(json.dumps(words))
