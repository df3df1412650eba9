"""The version of something that people edit: a digest of what they saw, so that any change makes another one."""

import hashlib
import json
from typing import Any, Final

LENGTH: Final = 16


def version_of(content: Any) -> str:
    """The version of JSON-ready content; days and times in it count as their text."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]
