"""A shop of its own process that dies by `kill -9` before or after one of its functions.

`python -m tests.world.dying_payment <session token> <function> <before|after> <what to do>`. The
last is `order <provider>`, `callback <address>` or `refund`.
"""

import importlib
import os
import signal
import sys
from dataclasses import replace
from typing import Any

from tests.world.paytrail_server import ACCOUNT
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings, load_settings
from zone.demo.example import SELLER
from zone.passes.payments import jobs


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


def main(token: str, function: str, when: str, what: str, given: str = "") -> None:
    settings: Settings = replace(
        load_settings(os.environ),
        payment_provider="paytrail,stripe",
        paytrail_account=ACCOUNT,
        **SELLER,
    )
    app = create_app(settings)
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
