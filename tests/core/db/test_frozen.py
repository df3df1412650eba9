"""A process that freezes in the middle of a transaction keeps its locks for a minute and not for good."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from zone.app import create_app
from zone.core.config import Settings
from zone.core.db import engine
from zone.core.db.engine import db
from zone.core.db.transactions import writing

LOCK = text("SELECT pg_advisory_xact_lock(7)")
# On SQLite there is one machine and one lock, which systemd's restart gives back.
pytestmark = pytest.mark.engines("postgresql")


def check_others_go_on(settings: Settings) -> None:
    """One takes a lock and does nothing more; another comes through, and the first, when it wakes, cannot commit."""
    with create_app(settings).app_context():
        try:
            with Session(db.engine) as frozen:
                frozen.execute(LOCK)
                with writing() as session:
                    session.execute(LOCK)
                with pytest.raises(DBAPIError):
                    frozen.execute(LOCK)
        finally:
            db.engine.dispose()


def test_others_go_on_and_the_frozen_one_writes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FROZEN_MS", 300)
    check_others_go_on(settings)


@pytest.mark.planted_fault("a lock that is kept for good")
def test_a_lock_that_is_kept_for_good_fails_the_check(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FROZEN_MS", 0)
    monkeypatch.setattr(engine, "BUSY_MS", 700)
    with pytest.raises(OperationalError, match="lock timeout"):
        check_others_go_on(settings)
