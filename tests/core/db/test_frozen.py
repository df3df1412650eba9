"""A process that hangs in a transaction loses its locks after a minute (PostgreSQL)."""

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
# On SQLite the lock belongs to a process of the same machine, which systemd restarts.
pytestmark = pytest.mark.engines("postgresql")


def check_the_lock_is_freed(settings: Settings) -> None:
    """While one transaction holds a lock and hangs, another gets it; the first cannot continue."""
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


def test_another_transaction_gets_the_lock_and_the_hanging_one_writes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FROZEN_MS", 300)
    check_the_lock_is_freed(settings)


@pytest.mark.thorough
@pytest.mark.planted_fault("a lock without a timeout")
def test_a_lock_without_a_timeout_fails_the_check(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FROZEN_MS", 0)
    monkeypatch.setattr(engine, "BUSY_MS", 700)
    with pytest.raises(OperationalError, match="lock timeout"):
        check_the_lock_is_freed(settings)
