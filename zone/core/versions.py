"""Versions of edited objects: a digest of the content, so that any change gives another version."""

import hashlib
import json
from typing import Any, Final

# Hex digits: 64 bits, enough to tell the versions of one object apart.
LENGTH: Final = 16


def version_of(content: Any) -> str:
    """The version of JSON-ready content; dates and times in it count as their text."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]
