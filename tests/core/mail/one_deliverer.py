"""A process that delivers mail repeatedly until SIGTERM, with a fast clock."""

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from types import FrameType

from zone.app import create_app
from zone.core.config import load_settings
from zone.core.db.engine import db
from zone.core.mail import delivery
from zone.core.mail.delivery import MailUndeliveredError

# Here, as importing a module of tests would take longer than the rest of the start.
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
SPEED_UP = 20
"""Seconds of this clock in one second: a mail's lease of two minutes ends after six seconds, which
is still longer than sending a mail takes on a busy machine.
"""


def main() -> None:
    """Deliver again and again until SIGTERM, also after a failure of the mail server."""
    settings, ended = load_settings(os.environ), threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    with create_app(settings).app_context():
        while not ended.wait(0.01):
            try:
                delivery.deliver(
                    NOW + timedelta(seconds=SPEED_UP * (time.monotonic() - began)), settings
                )
            except MailUndeliveredError:
                continue
        db.engine.dispose()


if __name__ == "__main__":
    main()
