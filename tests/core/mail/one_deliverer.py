"""Delivers mail over and over until it is told to end. Its clock runs fast, but not so fast
that a claim of two minutes could end while the mail is being sent on a busy machine."""

import os
import signal
import threading
import time
from datetime import timedelta
from types import FrameType

from tests.core.mail.test_delivery import NOW
from zone.app import create_app
from zone.core.config import load_settings
from zone.core.db.engine import db
from zone.core.mail import delivery
from zone.core.mail.delivery import MailUndeliveredError

# Two minutes in six seconds.
FAST = 20


def main() -> None:
    """Wait for each run's own end only: a server that is gone is asked again."""
    settings, ended = load_settings(os.environ), threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    with create_app(settings).app_context():
        while not ended.wait(0.01):
            try:
                delivery.deliver(
                    NOW + timedelta(seconds=FAST * (time.monotonic() - began)), settings
                )
            except MailUndeliveredError:
                continue
        db.engine.dispose()


if __name__ == "__main__":
    main()
