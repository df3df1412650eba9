"""What the list that comes with Zone names: regions, institutions, campuses, rates, targets."""

import tomllib
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("reference.toml")


def listed(path: Path = FILE) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the file by their kind."""
    return tomllib.loads(path.read_text(encoding="utf-8"))
