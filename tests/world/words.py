"""The words of each room lie in the room: `zone/<room>/translations/{fi,sv}/LC_MESSAGES/messages.po` and its `.mo`.

`python -m tests.world.words [room …]` after a change of sentences: takes in the new ones, drops
those that no page says any more, compiles, and prints what has no translation yet.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import zone

ROOT: Final = Path(zone.__file__).parent
TRANSLATED: Final = ("fi", "sv")
METHODS: Final = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS: Final = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}

Message = str | tuple[str, ...]


def written(folder: Path) -> set[Message]:
    """Every sentence that a page or a module under `folder` passes through gettext."""
    found = extract_from_dir(folder, METHODS, keywords=KEYWORDS)
    return {
        message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found
    }


def rooms() -> list[str]:
    """The rooms that say something."""
    return sorted(folder.name for folder in ROOT.iterdir() if folder.is_dir() and written(folder))


def source_of(room: str, language: str) -> Path:
    """Where the words of a room stand in a language."""
    return ROOT / room / "translations" / language / "LC_MESSAGES" / "messages.po"


def catalogue(room: str, language: str) -> Catalog:
    """The words of a room; empty where it has none yet."""
    source = source_of(room, language)
    if not source.exists():
        return Catalog(locale=language)
    with source.open("rb") as file:
        return read_po(file, locale=language)


def compiled(words: Catalog) -> bytes:
    """What the product loads."""
    file = BytesIO()
    write_mo(file, words)
    return file.getvalue()


def renewed(room: str, language: str) -> Catalog:
    """The words of a room with exactly its present sentences, in order; new ones are empty."""
    known = catalogue(room, language)
    fresh = Catalog(
        locale=language,
        fuzzy=False,
        header_comment=f"# The words of zone/{room}. English sentences are the keys.",
    )
    for message in sorted(written(ROOT / room), key=str):
        old = known.get(message)
        fresh.add(message, old.string if old is not None else None)
    return fresh


def empty(words: Catalog) -> Iterator[Message]:
    """The sentences without a translation."""
    for message in words:
        forms = (
            (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))
        )
        if message.id and not all(forms):
            yield message.id if isinstance(message.id, str) else tuple(message.id)


def renew(room: str, language: str) -> list[Message]:
    """Write the words of a room anew; answers what is still without a translation."""
    words, source = renewed(room, language), source_of(room, language)
    source.parent.mkdir(parents=True, exist_ok=True)
    with source.open("wb") as file:
        write_po(file, words, width=120, no_location=True, omit_header=False)
    text = source.read_text("utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(UNSTABLE)]
    source.write_text("\n".join(kept).rstrip("\n") + "\n", "utf-8")
    source.with_suffix(".mo").write_bytes(compiled(catalogue(room, language)))
    return list(empty(words))


UNSTABLE: Final = (
    '"Project-Id-Version',
    '"Report-Msgid-Bugs-To',
    '"POT-Creation-Date',
    '"PO-Revision-Date',
    '"Last-Translator',
    '"Language-Team',
    '"Generated-By',
)
"""Lines of the header that change by themselves or say nothing."""


if __name__ == "__main__":
    for room_ in sys.argv[1:] or rooms():
        for language_ in TRANSLATED:
            for message_ in renew(room_, language_):
                print(f"{room_} {language_}: {message_!r}")
