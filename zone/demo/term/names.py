"""Invented names and their addresses."""

import random
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("names.toml")
# Letters that no decomposition turns into a letter of ASCII.
_PLAIN: Final = str.maketrans({"ł": "l", "đ": "d", "ø": "o"})


def full_name(chance: random.Random) -> str:
    """Return an invented name; two people may have the same one."""
    return f"{chance.choice(_words()['first'])} {chance.choice(_words()['last'])}"


def address(name: str, number: int) -> str:
    """Return the e-mail address of the person of this number; no mail ever reaches .example."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_PLAIN))
    letters = "".join(letter for letter in plain.replace(" ", ".") if letter.isascii())
    return f"{letters}.{number}@zone.example"


@cache
def _words() -> dict[str, list[str]]:
    return {name: text.split() for name, text in tomllib.loads(FILE.read_text("utf-8")).items()}
