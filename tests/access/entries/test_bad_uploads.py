"""Uploads that arrive twice, cut off, in any order, cut anew and with poisoned rows, over HTTP."""

import json
import random
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.access.entries.test_intake import invalid_rows, stored_seqs
from tests.world.site import Journal, Site, a_bridge_at_work
from zone.access.entries import service as entries_service
from zone.access.entries.models import Entry
from zone.core.clock import utc_now
from zone.core.db.transactions import reading

ENTRIES = 60


class Sender:
    """A bridge whose uploads are spoilt on their way."""

    def __init__(self, client: FlaskClient, site: Site, seed: int) -> None:
        self.client, self.chance = client, random.Random(seed)
        self.headers = a_bridge_at_work(client, site)
        self.journal = Journal(site.studio_door)
        began = utc_now() - timedelta(hours=1)
        for number in range(ENTRIES):
            self.journal.scan(1000 + number, began + timedelta(seconds=number))
        self.settled: set[int] = set()
        self.figures: Counter[str] = Counter()

    def send_all(self) -> None:
        """Send until the server has settled each entry."""
        while len(self.settled) < ENTRIES:
            first = self.chance.randint(1, ENTRIES)
            last = min(ENTRIES, first + self.chance.randrange(12))
            body = self.journal.upload(first, last).to_json()
            self.chance.choice((self.whole, self.twice, self.cut_off, self.poisoned))(body)

    def whole(self, body: dict[str, Any]) -> None:
        answer = self._post(json.dumps(body).encode())
        assert answer["quarantined"] == []
        self.settled |= {*answer["stored"], *answer["duplicates"]}

    def twice(self, body: dict[str, Any]) -> None:
        self.whole(body)
        again = self._post(json.dumps(body).encode())
        assert again["stored"] == []

    def cut_off(self, body: dict[str, Any]) -> None:
        sent = json.dumps(body).encode()
        self._post(sent[: self.chance.randrange(len(sent))], expected=400)

    def poisoned(self, body: dict[str, Any]) -> None:
        good = {**body["entries"][0], "seq": self.chance.randrange(10_000, 2**40)}
        bad = self.chance.sample(invalid_rows({**good, "uuid": str(uuid.uuid4())}), 3)
        rows = [*body["entries"], *bad]
        self.chance.shuffle(rows)
        answer = self._post(json.dumps({**body, "entries": rows}).encode())
        sound = {row["seq"] for row in body["entries"]}
        assert sound <= {*answer["stored"], *answer["duplicates"]}, "blocked by a poisoned row"
        self.settled |= sound

    def _post(self, sent: bytes, expected: int = 200) -> dict[str, Any]:
        answer = self.client.post(
            "/api/v1/bridge/entries",
            data=sent,
            headers=self.headers,
            content_type="application/json",
        )
        assert answer.status_code == expected, answer.get_json()
        self.figures[str(expected)] += 1
        found: dict[str, Any] = answer.get_json()
        return found


def check_each_entry_is_stored_once(client: FlaskClient, site: Site, seed: int) -> Counter[str]:
    sender = Sender(client, site, seed)
    sender.send_all()
    assert stored_seqs(site.bridge) == tuple(range(1, ENTRIES + 1))
    with reading() as session:
        uuids = session.scalar(select(func.count(Entry.uuid.distinct())))
    assert uuids == ENTRIES
    return sender.figures


@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.thorough) for n in range(2, 22))]
)
def test_however_uploads_are_spoilt_each_entry_is_stored_once(
    client: FlaskClient, site: Site, seed: int
) -> None:
    print(dict(check_each_entry_is_stored_once(client, site, seed)))


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("the server numbers entries itself")
def test_storing_under_other_seqs_fails_the_check(
    client: FlaskClient, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = entries_service._row

    def row_with_another_seq(*args: Any) -> dict[str, Any]:
        return genuine(*args) | {"seq": random.randrange(10**6, 10**9), "uuid": uuid.uuid4()}

    monkeypatch.setattr(entries_service, "_row", row_with_another_seq)
    with pytest.raises(AssertionError):
        check_each_entry_is_stored_once(client, site, seed=1)
