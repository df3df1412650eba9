"""A process that delivers mail repeatedly until SIGTERM, with a fast clock."""

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

# The lease of two minutes lasts six seconds: longer than sending a mail takes on a busy machine.
FAST = 20


def main() -> None:
    """Run one delivery after the other; after a failure of the server go on."""
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
