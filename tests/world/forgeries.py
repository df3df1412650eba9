"""Callbacks that nobody signed, made of sound ones: what a stranger might send."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.world import paytrail_server, stripe_server
from tests.world.pay_server import Asked
from tests.world.paying import PayingShop
from zone.core.clock import utc_now
from zone.passes.payments.providers import development, paytrail

NOT_OURS: Final = b"a secret of somebody else"
LONG_AGO: Final = 3600.0
"""Seconds: the signature of a webhook that old was overheard."""
_SESSION: Final = "session"
"""The field of Stripe's way back that no signature covers; what it names is asked of Stripe."""


class Forger:
    """Forges reports of a payment; `other` is another payment at the same provider."""

    def __init__(self, world: PayingShop, name: str, identity: str, other: str, seed: int) -> None:
        self.world, self.identity, self.other = world, identity, other
        self.draw = random.Random(seed)
        self.kinds: list[Callable[[], Asked]] = {
            paytrail.NAME: [self._of_query, self._of_query, self._by_post, self._of_paytrail],
            "stripe": [self._of_body, self._of_header, self._of_secret, self._of_way_back],
            development.NAME: [self._of_query, self._by_post, self._of_development],
        }[name]
        self.own = world.book(name).callbacks(identity)
        self.others = world.book(name).callbacks(other)

    def __iter__(self) -> Iterator[Asked]:
        while True:
            yield self.draw.choice(self.kinds)()

    def _of_query(self) -> Asked:
        """A field changed, left out, or taken from the other payment."""
        fields = self._spoilt(_query(self.own[0].path), _query(self.others[0].path))
        return _asked(self.own[0].path, fields)

    def _by_post(self) -> Asked:
        """The same in a form, as some banks send a browser back."""
        body = urlencode(_query(self._of_query().path)).encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        return Asked("POST", _path(self.own[0].path), {}, form, body)

    def _spoilt(self, own: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
        name = self.draw.choice(sorted(own))
        value = own[name]
        values = ["", "0", f"{value}0", f"{value[::-1]}1", f" {value}", value[:-1], other[name]]
        changed = self.draw.choice([one for one in values if one != value])
        without = {key: kept for key, kept in own.items() if key != name}
        return self.draw.choice([without, dict(own) | {name: changed}])

    def _of_paytrail(self) -> Asked:
        """Signed by another secret, or by another algorithm than is said."""
        fields = _query(self.own[0].path)
        del fields["signature"]
        if self.draw.random() < 0.5:
            fields["signature"] = paytrail_server.sign(fields, secret=NOT_OURS)
        else:
            algorithm = self.draw.choice(["sha512", "sha1", "none", "SHA256", ""])
            signature = paytrail_server.sign(fields)
            fields |= {"checkout-algorithm": algorithm, "signature": signature}
        return _asked(self.own[0].path, fields)

    def _of_development(self) -> Asked:
        """Signed by another secret, or with the signature of the page to pay at."""
        if self.draw.random() < 0.5:
            return self.world.development.report(self.identity, secret=NOT_OURS)
        fields = _query(self.own[0].path)
        return _asked(self.own[0].path, fields | {"signature": self.draw.randbytes(32).hex()})

    def _webhook(self) -> Asked:
        return self.draw.choice(self.own)

    def _of_body(self) -> Asked:
        """A bit turned over, or the body of the other payment with our signature."""
        sound = self._webhook()
        at = self.draw.randrange(len(sound.body))
        bit = 1 << self.draw.randrange(8)
        turned = sound.body[:at] + bytes([sound.body[at] ^ bit]) + sound.body[at + 1 :]
        body = self.draw.choice([turned, self.draw.choice(self.others).body])
        return Asked("POST", sound.path, {}, sound.headers, body)

    def _of_header(self) -> Asked:
        """Another time, another or no signature, or none at all."""
        sound = self._webhook()
        name = "stripe-signature"
        given = sound.headers[name]
        values = [
            given.replace("t=", "t=1"),
            given.replace("v1=", "v0="),
            given.replace("v1=", "v1=0"),
            given.partition(",")[0],
            f"{given},t=1",
            self.draw.randbytes(40).hex(),
            "",
        ]
        headers = dict(sound.headers) | {name: self.draw.choice(values)}
        if self.draw.random() < 0.1:
            del headers[name]
        return Asked("POST", sound.path, {}, headers, sound.body)

    def _of_secret(self) -> Asked:
        """Signed by the secret of another account, or by ours and long ago."""
        sound, now = self._webhook(), utc_now().timestamp()
        if self.draw.random() < 0.5:
            signature = stripe_server.sign(sound.body, now, NOT_OURS)
        else:
            signature = stripe_server.sign(sound.body, now - LONG_AGO)
        headers = dict(sound.headers) | {"stripe-signature": signature}
        return Asked("POST", sound.path, {}, headers, sound.body)

    def _of_way_back(self) -> Asked:
        """The way back of a browser with something changed that we have signed."""
        server = self.world.stripe
        own, other = (_query(server.way_back(one)) for one in (self.identity, self.other))
        session = {_SESSION: own.pop(_SESSION)}
        return _asked(server.way_back(self.identity), self._spoilt(own, other) | session)


def _path(address: str) -> str:
    return urlsplit(address).path


def _query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def _asked(address: str, fields: Mapping[str, str]) -> Asked:
    return Asked("GET", f"{_path(address)}?{urlencode(fields)}", {}, {}, b"")
