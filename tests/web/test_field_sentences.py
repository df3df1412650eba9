"""What our own schemas say of a wrong field is translated too."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from zone.web.field_messages import in_language

ZONE: Final = Path(__file__).resolve().parents[2] / "zone"


def own_sentences() -> Iterator[str]:
    """Yield each sentence of a ValidationError in the code, with 7 for what it fills in."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(ZONE.rglob("*.py"))]
    for source in texts:
        for node in ast.walk(ast.parse(source)) if "ValidationError(" in source else ():
            name = node.func if isinstance(node, ast.Call) else None
            if isinstance(name, ast.Name) and name.id == "ValidationError":
                assert isinstance(node, ast.Call)
                text = node.args[0]
                if isinstance(text, ast.JoinedStr):
                    parts = [
                        part.value if isinstance(part, ast.Constant) else "7"
                        for part in text.values
                    ]
                    yield "".join(map(str, parts))
                elif isinstance(text, ast.Constant):
                    yield str(text.value)


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_each_sentence_of_our_own_is_translated(language: str) -> None:
    sentences = set(own_sentences())
    assert len(sentences) > 10
    assert [text for text in sorted(sentences) if in_language(text, language) == text] == []
