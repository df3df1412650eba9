"""What the service's role may not delete, no code of the service deletes."""

import re
from pathlib import Path

import pytest
from flask import Flask

from zone.core.db.append_only import APPEND_ONLY, DELETABLE, KEPT_ROWS
from zone.core.db.types import Base

ZONE = Path(__file__).resolve().parents[3] / "zone"
pytestmark = pytest.mark.engines("sqlite")
DELETED = re.compile(r"\bdelete\((\w+)\)")


def test_no_code_deletes_what_stays(app: Flask) -> None:
    tables = {
        mapper.class_.__name__: mapper.class_.__tablename__ for mapper in Base.registry.mappers
    }
    deleted = {
        tables[name]
        for file in ZONE.rglob("*.py")
        for name in DELETED.findall(file.read_text("utf-8"))
        if name in tables
    }
    assert "hold" in deleted, "deletes are found"
    assert deleted.isdisjoint((APPEND_ONLY | KEPT_ROWS) - set(DELETABLE))
    assert {"entry", "visit", "booking", "door_conflict", "door_outage"} <= KEPT_ROWS
