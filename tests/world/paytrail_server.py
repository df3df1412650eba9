"""A running fake of Paytrail, written from its documentation and not from our module."""

import hashlib
import hmac
import json
import uuid
from typing import Any, Final
from urllib.parse import urlencode

from tests.world.pay_server import Asked, PayServer, Reply

ACCOUNT: Final = "375917"
SECRET: Final = b"SAIPPUAKAUPPIAS"
STATUS: Final = {"paid": "ok", "declined": "fail", "cancelled": "fail", "pending": "pending"}


def sign(fields: dict[str, str], body: bytes = b"", secret: bytes = SECRET) -> str:
    """Return Paytrail's signature."""
    text = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
    return hmac.new(secret, text.encode() + body, hashlib.sha256).hexdigest()


class PaytrailServer(PayServer):
    """Paytrail with the public test merchant; `refund_status` is what a refund is answered with."""

    refund_status = "ok"
    refunds_with = 201

    def answer(self, asked: Asked) -> Reply:
        fields = {key: value for key, value in asked.headers.items() if key.startswith("checkout-")}
        whose = (fields.get("checkout-account"), fields.get("checkout-method"))
        if whose != (ACCOUNT, asked.method) or sign(fields, asked.body) != asked.headers.get(
            "signature"
        ):
            return self._signed(401, {"status": "error", "message": "Signature mismatch"})
        if asked.method == "POST" and asked.path == "/payments":
            return self._create(json.loads(asked.body))
        identity = asked.path.split("/")[2]
        if fields.get("checkout-transaction-id") != identity:
            return self._signed(400, {"status": "error", "message": "No transaction id"})
        if identity not in self.book:
            return self._signed(404, {"status": "error", "message": "Not found"})
        if asked.path.endswith("/refund"):
            return self._refund(identity, json.loads(asked.body))
        return self._signed(200, self._seen(identity))

    def _create(self, data: dict[str, Any]) -> Reply:
        items = sum(item["unitPrice"] * item["units"] for item in data["items"])
        used = data["stamp"] in {known["stamp"] for known in self.book.values()}
        addresses = [*data["redirectUrls"].values(), *data["callbackUrls"].values()]
        rates = [round(item["vatPercentage"], 1) == item["vatPercentage"] for item in data["items"]]
        if items != data["amount"] or used or max(map(len, addresses)) > 300 or not all(rates):
            return self._signed(400, {"status": "error", "message": "Bad request"})
        if data["currency"] != "EUR" or data["language"] not in ("FI", "SV", "EN"):
            return self._signed(400, {"status": "error", "message": "Bad request"})
        identity = str(uuid.uuid4())
        with self.lock:
            self.book[identity] = {**data, "outcome": None, "refunds": {}}
        address = f"{self.url}/pay/{identity}"
        return self._signed(201, {"transactionId": identity, "href": address, "providers": []})

    def _seen(self, identity: str) -> dict[str, Any]:
        known = self.book[identity]
        seen = {
            "transactionId": identity,
            "status": STATUS[known["outcome"]] if known["outcome"] else "new",
            "amount": known.get("came", known["amount"]),
            "currency": "EUR",
            "stamp": known["stamp"],
            "reference": known["reference"],
            "createdAt": "2026-01-01T12:00:00.000Z",
        }
        if not known["outcome"]:
            seen["href"] = f"{self.url}/pay/{identity}"
        if known["outcome"] == "paid":
            seen["paidAt"] = known["settled_at"].isoformat()
            seen["settlementReference"] = "2026-1"
        return seen

    def _refund(self, identity: str, data: dict[str, Any]) -> Reply:
        known = self.book[identity]
        if self.refunds_with != 201:
            return self._signed(self.refunds_with, {"status": "error", "message": "Refused"})
        given = sum(known["refunds"].values())
        came = known.get("came", known["amount"])
        repeated = data["refundStamp"] in known["refunds"]
        if known["outcome"] != "paid" or repeated or given + data["amount"] > came:
            return self._signed(400, {"status": "error", "message": "Bad request"})
        with self.lock:
            known["refunds"][data["refundStamp"]] = data["amount"]
        return self._signed(201, {"transactionId": identity, "status": self.refund_status})

    def _signed(self, status: int, data: dict[str, Any]) -> Reply:
        body = json.dumps(data).encode()
        fields = {"checkout-account": ACCOUNT, "checkout-algorithm": "sha256"}
        kind = ("Content-Type", "application/json; charset=utf-8")
        headers = (*fields.items(), ("signature", sign(fields, body)), kind)
        return Reply(status, body, headers)

    def fields(self, identity: str, **changed: str) -> dict[str, str]:
        """Return the signed fields with which a payment is reported now."""
        known = self.book[identity]
        fields = {
            "checkout-account": ACCOUNT,
            "checkout-algorithm": "sha256",
            "checkout-amount": str(known.get("came", known["amount"])),
            "checkout-stamp": known["stamp"],
            "checkout-reference": known["reference"],
            "checkout-transaction-id": identity,
            "checkout-status": STATUS[known["outcome"]],
            "checkout-provider": "osuuspankki",
            **changed,
        }
        return {**fields, "signature": sign(fields)}

    def way_back(self, identity: str) -> str:
        known = self.book[identity]
        to = "success" if known["outcome"] in ("paid", "pending") else "cancel"
        return f"{known['redirectUrls'][to]}?{urlencode(self.fields(identity))}"

    def callbacks(self, identity: str) -> list[Asked]:
        return [Asked("GET", self.way_back(identity), {}, {}, b"")]
