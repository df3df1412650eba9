"""Translations: `zone/<feature>/translations/{fi,sv}/LC_MESSAGES/messages.po`.

`python -m tests.world.words [feature …]` after a change of sentences: takes in the new ones, drops
those that nothing says any more, and prints both: what is missing, and what was unused.
"""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

import zone

ROOT: Final = Path(zone.__file__).parent
TRANSLATED: Final = ("fi", "sv")
METHODS: Final = [("**/templates/**.html", "jinja2"), ("**.jinja", "jinja2"), ("**.py", "python")]
KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "translatable": None,
    "declare": (3,),
    "Invariant": (2,),
    "ValidationError": None,
}
"""The calls whose sentences are in the catalogues, with the places of these among the arguments."""

UNSTABLE: Final = (
    '"Project-Id-Version',
    '"Report-Msgid-Bugs-To',
    '"POT-Creation-Date',
    '"PO-Revision-Date',
    '"Last-Translator',
    '"Language-Team',
    '"Generated-By',
)
"""Lines of the header that change with each run or hold no information."""

Message = str | tuple[str, ...]


@cache
def written(folder: Path) -> frozenset[Message]:
    """Return every sentence that a page or module under `folder` passes to gettext."""
    messages = extract_from_dir(folder, METHODS, keywords=KEYWORDS)
    return frozenset(
        message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in messages
    )


def written_in(module: Path) -> set[str]:
    """Return the sentences that one module passes to gettext."""
    return {str(found[1]) for found in extract_from_file("python", str(module), keywords=KEYWORDS)}


def features() -> list[str]:
    """Return the features that have sentences to translate."""
    return sorted(folder.name for folder in ROOT.iterdir() if folder.is_dir() and written(folder))


def features_with_catalogues() -> list[str]:
    """Return the features that have translations: a look at folders, which costs nothing."""
    return sorted(folder.parent.name for folder in ROOT.glob("*/translations"))


def source_of(feature: str, language: str) -> Path:
    """Return the source file of a feature's translations."""
    return ROOT / feature / "translations" / language / "LC_MESSAGES" / "messages.po"


def catalogue(feature: str, language: str) -> Catalog:
    """Return the translations of a feature; empty where it has none yet."""
    source = source_of(feature, language)
    if not source.exists():
        return Catalog(locale=language)
    with source.open("rb") as file:
        return read_po(file, locale=language)


def renewed(feature: str, language: str) -> Catalog:
    """Return the translations of exactly the present sentences; new ones are empty."""
    translated = catalogue(feature, language)
    fresh = Catalog(
        locale=language,
        fuzzy=False,
        header_comment=f"# The words of zone/{feature}. English sentences are the keys.",
    )
    for message in sorted(written(ROOT / feature), key=str):
        old = translated.get(message)
        fresh.add(message, old.string if old is not None else None)
    return fresh


def empty(words: Catalog) -> Iterator[Message]:
    """Yield the sentences without a translation."""
    for message in words:
        forms = (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))
        )
        if message.id and not all(forms):
            yield message.id if isinstance(message.id, str) else tuple(message.id)


def unused(feature: str, language: str) -> list[Message]:
    """Return the sentences of a catalogue that nothing says any more."""
    ids = (message.id for message in catalogue(feature, language) if message.id)
    known = {text if isinstance(text, str) else tuple(text) for text in ids}
    return sorted(known - written(ROOT / feature), key=str)


def renew(feature: str, language: str) -> list[Message]:
    """Write the translations of a feature anew; return the sentences without one."""
    words, source = renewed(feature, language), source_of(feature, language)
    source.parent.mkdir(parents=True, exist_ok=True)
    with source.open("wb") as file:
        write_po(file, words, width=120, no_location=True, omit_header=False)
    text = source.read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(UNSTABLE)]
    source.write_text("\n".join(lines).rstrip("\n") + "\n", "utf-8")
    return list(empty(words))


if __name__ == "__main__":
    for feature_ in sys.argv[1:] or features():
        for language_ in TRANSLATED:
            for message_ in unused(feature_, language_):
                print(f"{feature_} {language_}: unused {message_!r}")
            for message_ in renew(feature_, language_):
                print(f"{feature_} {language_}: missing {message_!r}")
