"""A running fake of Stripe Checkout, written from its documentation and not from our module."""

import hashlib
import hmac
import json
import random
import secrets
from typing import Any, Final
from urllib.parse import unquote

from tests.world.pay_server import Asked, PayServer, Reply
from zone.core.clock import utc_now

KEY: Final = b"sk_test_of_the_tests"
WEBHOOK_SECRET: Final = b"whsec_of_the_tests"
EVENTS: Final = {
    "paid": "checkout.session.completed",
    "pending": "checkout.session.completed",
    "declined": "checkout.session.async_payment_failed",
    "cancelled": "checkout.session.expired",
}


def sign(body: bytes, at: float, secret: bytes = WEBHOOK_SECRET) -> str:
    """Return the header of a webhook; one signature is of a secret that is not in use any more."""
    signed = [
        hmac.new(key, f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
        for key in (b"whsec_old", secret)
    ]
    return f"t={int(at)}," + ",".join(f"v1={one}" for one in signed)


class StripeServer(PayServer):
    """Stripe with one account; `webhook` is the address of its endpoint at the shop."""

    webhook = ""
    refund_status = "succeeded"
    shuffles = False
    page = 100

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, tuple[bytes, Reply]] = {}
        self.refunds: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {KEY.decode()}":
            return _json(401, {"error": {"type": "invalid_request_error"}})
        key = asked.headers.get("idempotency-key", "")
        with self.lock:
            body, before = self.keys.get(key, (asked.body, None))
        if body != asked.body:
            return _json(400, {"error": {"type": "idempotency_error"}})
        reply = before or self._answer(asked)
        if key:
            with self.lock:
                self.keys[key] = (asked.body, reply)
        return reply

    def _answer(self, asked: Asked) -> Reply:
        parts = asked.path.strip("/").split("/")[1:]
        if parts == ["refunds"]:
            return self._refund(asked.form) if asked.method == "POST" else self._refunds(asked)
        if asked.method == "POST":
            return self._create(asked.form)
        if len(parts) == 2:
            intent = asked.query.get("payment_intent")
            found = [self._seen(one) for one in self.book if intent in (f"pi_{one[3:]}", None)]
            return _json(200, {"object": "list", "data": found})
        identity = unquote(parts[2])
        if identity not in self.book:
            return _json(404, {"error": {"code": "resource_missing"}})
        return _json(200, self._seen(identity))

    def _create(self, form: dict[str, str]) -> Reply:
        lines = [name for name in form if name.endswith("[unit_amount]")]
        if form.get("mode") != "payment" or not lines:
            return _json(400, {"error": {"type": "invalid_request_error"}})
        identity = f"cs_{secrets.token_hex(12)}"
        with self.lock:
            self.book[identity] = {
                **form,
                "amount": sum(int(form[name]) for name in lines),
                "outcome": None,
            }
        return _json(200, self._seen(identity))

    def _seen(self, identity: str) -> dict[str, Any]:
        known = self.book[identity]
        outcome = known["outcome"]
        is_open = outcome is None
        failed = outcome == "declined"
        return {
            "id": identity,
            "object": "checkout.session",
            "client_reference_id": known.get("client_reference_id"),
            "amount_total": known.get("came", known["amount"]),
            "currency": known.get("currency", "eur"),
            "status": "open" if is_open else "expired" if outcome == "cancelled" else "complete",
            "payment_status": "paid" if outcome == "paid" else "unpaid",
            "url": f"{self.url}/pay/{identity}" if is_open else None,
            "payment_intent": None
            if is_open
            else {
                "id": f"pi_{identity[3:]}",
                "status": "requires_payment_method" if failed else "processing",
            },
        }

    def _refund(self, form: dict[str, str]) -> Reply:
        identity = f"cs_{form['payment_intent'][3:]}"
        given = sum(one["amount"] for one in self.refunds if one["of"] == identity)
        amount = int(form["amount"])
        known = self.book[identity]
        paid = known["outcome"] == "paid"
        if not paid or given + amount > known.get("came", known["amount"]):
            return _json(400, {"error": {"code": "charge_already_refunded"}})
        made = {
            "id": f"re_{len(self.refunds)}",
            "of": identity,
            "payment_intent": form["payment_intent"],
            "amount": amount,
            "status": self.refund_status,
            "created": int(utc_now().timestamp()),
            "metadata": {"refund": form["metadata[refund]"]} if "metadata[refund]" in form else {},
        }
        with self.lock:
            self.refunds.append(made)
        return _json(200, made)

    def _refunds(self, asked: Asked) -> Reply:
        intent = asked.query.get("payment_intent")
        made = [one for one in self.refunds if intent in (one["payment_intent"], None)]
        since = int(asked.query.get("created[gte]", "0"))
        made = [one for one in reversed(made) if one["created"] >= since]
        if after := asked.query.get("starting_after"):
            made = made[[one["id"] for one in made].index(after) + 1 :]
        page = made[: self.page]
        return _json(200, {"object": "list", "data": page, "has_more": len(page) < len(made)})

    def event(self, identity: str, kind: str, at: float | None = None) -> Asked:
        """Return the webhook of an event, signed at a time."""
        event = {"id": "evt_1", "type": kind, "data": {"object": self._seen(identity)}}
        body = json.dumps(event).encode()
        headers = {
            "content-type": "application/json",
            "stripe-signature": sign(body, utc_now().timestamp() if at is None else at),
        }
        return Asked("POST", self.webhook, {}, headers, body)

    def callbacks(self, identity: str) -> list[Asked]:
        kinds = [EVENTS[self.book[identity]["outcome"]], "payment_intent.created"]
        events = [self.event(identity, kind) for kind in kinds]
        if self.shuffles:
            random.Random(identity).shuffle(events)
        return events

    def choose(self, identity: str, outcome: str) -> Reply:
        if outcome != "cancelled":
            return super().choose(identity, outcome)
        # Whoever goes back leaves the session open, and no event is sent.
        return Reply(303, headers=(("Location", self.way_back(identity)),))

    def way_back(self, identity: str) -> str:
        known = self.book[identity]
        address = known["cancel_url" if known["outcome"] is None else "success_url"]
        return str(address).replace("{CHECKOUT_SESSION_ID}", identity)


def _json(status: int, data: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(data).encode(), (("Content-Type", "application/json"),))
