"""Order a pass in a process that dies by `kill -9` inside the call to the bank.

`python -m tests.world.dying_shop <session token> [inside]`. `inside` is a planted fault: the bank
is asked before the order is committed.
"""

import os
import signal
import sys
from dataclasses import replace
from typing import Any

from tests.world.bank import Bank
from zone.app import create_app
from zone.core.config import Settings, load_settings
from zone.demo.example import SELLER
from zone.passes.payments import service
from zone.passes.payments.providers import choice
from zone.passes.payments.providers.choice import ProviderFactory
from zone.passes.payments.providers.protocol import AmountDue, PaymentRequest


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(token: str, inside: str) -> None:
    settings: Settings = replace(load_settings(os.environ), payment_provider="bank", **SELLER)
    bank = Bank(settings.data_dir, before_answer=die)
    choice.PROVIDERS["bank"] = ProviderFactory(lambda _: bank, lambda _: ())
    if inside:
        create = service.create_payment

        def create_and_ask(*args: Any) -> Any:
            payment = create(*args)
            due = AmountDue(payment.reference, payment.cents, payment.currency)
            bank.create(PaymentRequest(due, [], "", "en", ""))
            return payment

        setattr(service, "create_payment", create_and_ask)  # noqa: B010 -- the fault is one function
    client = create_app(settings).test_client()
    client.set_cookie("zone", token)
    client.post(
        "/api/v1/orders",
        json={"product": "term"},
        headers={"Sec-Fetch-Site": "same-origin", "Idempotency-Key": "once"},
    )
    raise SystemExit("it did not die in the call")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
