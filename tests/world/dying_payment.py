"""A shop of its own process that dies by `kill -9` before or after one of its functions.

`python -m tests.world.dying_payment <session token> <function> <before|after> <what to do>`. The
last is `order <provider>`, `callback <address>` or `refund`. With `step <number>` in place of the
function it dies at the boundary of that number: before and after each commit and each call to a
provider.
"""

import importlib
import itertools
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.orm import Session

from tests.world.paytrail_server import ACCOUNT
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings, load_settings
from zone.demo.example import SELLER
from zone.passes.payments import jobs
from zone.passes.payments.providers import http_client

STEP: Final = "step"


def die_at(function: str, when: str) -> None:
    """Let the process end where a function begins or returns."""
    path, _, name = function.rpartition(".")
    module, _, owner = path.partition(":")
    target: Any = importlib.import_module(module)
    target = getattr(target, owner) if owner else target
    sound = getattr(target, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            sound(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(target, name, dying)


def die_at_step(number: int) -> None:
    """Let the process end at the boundary of this number, from 1."""
    reached = itertools.count(1)

    def boundary() -> None:
        if next(reached) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    for owner, name in ((Session, "commit"), (http_client, "call")):
        setattr(owner, name, _between(boundary, getattr(owner, name)))


def _between(boundary: Callable[[], None], sound: Callable[..., Any]) -> Callable[..., Any]:
    def stepping(*args: Any, **kwargs: Any) -> Any:
        boundary()
        result = sound(*args, **kwargs)
        boundary()
        return result

    return stepping


def main(token: str, function: str, when: str, what: str, given: str = "") -> None:
    settings: Settings = replace(
        load_settings(os.environ),
        payment_provider="paytrail,stripe",
        paytrail_account=ACCOUNT,
        **SELLER,
    )
    app = create_app(settings)
    if function == STEP:
        die_at_step(int(when))
    else:
        die_at(function, when)
    if what == "refund":
        with app.app_context():
            jobs.make_refunds(settings, utc_now())
    elif what == "callback":
        app.test_client().get(given)
    else:
        client = app.test_client()
        client.set_cookie("zone", token)
        body = {"product": "term", "provider": given}
        client.post("/api/v1/orders", json=body, headers={"Sec-Fetch-Site": "same-origin"})
    raise SystemExit("it did not die")


if __name__ == "__main__":
    main(*sys.argv[1:])
