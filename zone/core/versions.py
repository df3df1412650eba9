"""The versions of rows that people edit: an integer column, which grows with every change."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from zone.core.errors import edited_meanwhile

LENGTH: Final = 16


def version_of(content: Any) -> str:
    """The version of JSON-ready content; days and times in it count as their text."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def refuse_stale(stored: int, read: int, changed: Iterable[str]) -> None:
    """Refuse an edit of an older version than the stored one; `changed` names what differs.

    Raises:
        DomainError: edited_meanwhile.
    """
    if read != stored:
        raise edited_meanwhile(stored, changed)
