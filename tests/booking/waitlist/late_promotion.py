"""Planted fault: a server that promotes half a minute later, in another transaction."""

import threading
from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

from zone import app
from zone.booking.promotions import service as promotions
from zone.booking.waitlist import service as waitlist
from zone.core.db.transactions import writing

LATE_SECONDS = 30.0


def create() -> Flask:
    """The product with that one function replaced."""
    served = app.serving()

    def later(session_id: int, now: datetime) -> None:
        with served.app_context(), writing() as session:
            waitlist.settle(session, session_id, now)

    def promote_later(_session: Session, session_id: int, now: datetime) -> int:
        threading.Timer(LATE_SECONDS, later, (session_id, now)).start()
        return 0

    setattr(promotions, "give_places", promote_later)  # noqa: B010 -- the fault is one named function
    return served
