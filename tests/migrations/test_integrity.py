"""The migration of the results of recounts goes there and back; the next recount fills it again."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_bookings import store
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.migrations.test_proof import AT
from zone.app import MIGRATIONS

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE, OWN = "0036", "0037"


def test_results_are_stored_after_going_there_and_back(empty: Flask, engine_name: str) -> None:
    begin_at(BEFORE)
    for revision in (OWN, newest()):
        upgrade(directory=str(MIGRATIONS), revision=revision)
        if revision != OWN:
            assert differences() == []
            assert triggers() == wanted_triggers(engine_name)
        found = {"broken": 1, "rows": "allocation 7", "problem": None, "checked_at": AT}
        store("invariant_result", name="places", **found)
        downgrade(directory=str(MIGRATIONS), revision=BEFORE)
