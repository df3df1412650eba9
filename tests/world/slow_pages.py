"""The application with a page that takes half a second and says how many requests wait, and people
who wait for a second at most.

For tests of what happens when more come than can be served.
"""

import time

from flask import Flask

from zone import app
from zone.core.waiting_requests import waiting_requests
from zone.web import queue_wait
from zone.web.auth import public

PATH = "/slow"
TAKES = 0.5
LONGEST_WAIT = 1.0


def create() -> Flask:
    """Return the application of one worker, with that page."""
    served = app.serving()

    @public
    def slow() -> str:
        time.sleep(TAKES)
        return str(waiting_requests())

    served._got_first_request = False  # serving() has warmed it, after which Flask takes no page
    served.add_url_rule(PATH, "slow", slow)
    setattr(queue_wait, "LONGEST_WAIT", LONGEST_WAIT)  # noqa: B010 -- shorter, for the test alone
    return served
