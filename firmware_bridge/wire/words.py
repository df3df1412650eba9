"""The sentence for each reason code, for displays, the desk and the API: what to do next.

They are data in `words.json`, which the box at the door and the server both read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from firmware_bridge.wire.reasons import Reason

FILE: Final = Path(__file__).with_name("words.json")


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the three languages of the service."""

    fi: str
    sv: str
    en: str

    def text(self, language: str) -> str:
        """The sentence in `language` (`fi`, `sv` or `en`; any other value gives `en`)."""
        return {"fi": self.fi, "sv": self.sv}.get(language, self.en)


def read_words(text: str) -> Mapping[Reason, Words]:
    """The sentences of a file such as `words.json`.

    Raises:
        ValueError: a reason has none, one is of no reason, or a language is missing or empty.
    """
    found = json.loads(text)
    if set(found) != set(Reason):
        raise ValueError(f"not the reasons: {sorted(set(found) ^ set(Reason))}")
    for code, said in found.items():
        if set(said) != {"fi", "sv", "en"} or not all(said.values()):
            raise ValueError(f"not the three languages: {code}")
    return MappingProxyType({reason: Words(**found[reason]) for reason in Reason})


LEAVING: Final = Words(
    "Näkemiin! Ovi on auki.", "Hej då! Dörren är öppen.", "Goodbye! The door is open."
)
"""What a door says on the way out."""

WORDS: Final = read_words(FILE.read_text("utf-8"))
