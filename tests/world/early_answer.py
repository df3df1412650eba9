"""A planted fault: a server that answers before the booking is committed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy.orm import Session

from zone import app
from zone.core.db.engine import WRITE, db
from zone.web import idempotency_key

LATE_SECONDS = 1.0


@contextmanager
def answering_early() -> Iterator[Session]:
    """Like `writing`, but the commit follows a second after the answer."""
    session = Session(db.engine, expire_on_commit=False)
    session.connection(execution_options={WRITE: True})
    yield session
    threading.Timer(LATE_SECONDS, session.commit).start()


def create() -> Flask:
    """Return the application with this one function replaced."""
    setattr(idempotency_key, "writing", answering_early)  # noqa: B010 -- the fault is one named function
    return app.serving()
