"""500 people use a code of one use at once, at a running service: one of them does."""

import json

import pytest
from flask import Flask

from tests.world.shop import a_student
from tests.world.vouchers import CODE, a_voucher, uses
from tests.world.web_process import tokens_of, web_process
from zone.bench import load
from zone.bench.load import Click, Outcome
from zone.core.config import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.thorough,
    pytest.mark.own_database,
    pytest.mark.engines("sqlite", "postgresql"),
]
BUYERS = 500
PRICE = 4500
TENTH = 450


def all_at_once(settings: Settings) -> Outcome:
    """Let every buyer order with the code over a connection of their own; after a 503 again."""
    tokens = tokens_of([a_student(f"ostaja-{number}@zone.example") for number in range(BUYERS)])
    body = {"product": "term", "voucher": CODE, "discount": TENTH}
    with web_process(settings, {"ZONE_PAYMENT_PROVIDER": "development"}) as web:
        clicks = [
            Click(
                number,
                load.request_bytes(
                    f"localhost:{web.port}",
                    "/api/v1/orders",
                    json.dumps(body).encode(),
                    [f"{name}: {value}" for name, value in web.headers(token).items()],
                ),
            )
            for number, token in enumerate(tokens)
        ]
        return load.run_load("127.0.0.1", web.port, clicks, seconds=20, connections=BUYERS)


@pytest.mark.timeout(500)
def test_of_500_who_use_a_one_use_code_at_once_one_does(
    shop: Flask, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    a_voucher()
    outcome = all_at_once(settings)
    codes = [
        json.loads(body)["code"]
        for buyer, body in outcome.bodies.items()
        if outcome.final[buyer] != 201
    ]
    with capsys.disabled():
        print(f"\n{settings.database[:10]}: {outcome.answers} in {outcome.elapsed:.1f} s")
    assert sorted(outcome.final.values()).count(201) == 1
    assert codes == ["voucher_used_up"] * (BUYERS - 1)
    assert uses() == 1
