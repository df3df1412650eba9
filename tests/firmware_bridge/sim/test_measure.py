"""What the measurements fill a bridge's journal with is what its doors would have written."""

import os
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from firmware_bridge.sim import measure
from firmware_bridge.sim.measure_upload import SimulatedPhone, past_grants, settled
from firmware_bridge.store.journal import Journal
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.messages.entries import Entry

NOW = 1_800_000_000


def a_phone() -> SimulatedPhone:
    key = ec.generate_private_key(ec.SECP256R1())
    return SimulatedPhone(key, codes.compute_kid(key.public_key()), 7)


def test_a_filled_journal_has_a_chain_and_waits_for_the_server(tmp_path: Path) -> None:
    phones = [a_phone(), a_phone()]
    Journal(tmp_path).close()
    measure.write_entries(tmp_path, past_grants(phones, measure.DOORS[0], 5, NOW), "area")
    with closing(Journal(tmp_path)) as journal:
        assert journal.verify_chain() == journal.waiting() == 5
        batch = journal.batch()
        assert batch is not None
        for row, phone in zip(batch.upload.rows, phones * 3, strict=False):
            entry = Entry.from_json(row)
            code = codes.parse((entry.code or "").encode())
            assert codes.verify_possession(code, phone.key.public_key())
            assert (entry.kid, entry.ts, entry.holder) == (phone.kid, code.ts, 7)
            assert NOW - 5 <= code.ts < NOW
        assert settled(tmp_path) == 0
        journal.settle(batch, set(batch.seqs))
    assert settled(tmp_path) == 5


def test_what_stands_for_hardware_has_the_priority_of_a_door_while_it_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(
        os, "sched_setscheduler", lambda thread, policy, priority: given.append((thread, policy))
    )
    with measure.priority_of_hardware():
        assert (os.getpid(), os.SCHED_RR) in given
    assert given[-1][1] == os.SCHED_OTHER


def test_hardware_runs_on_where_no_priority_may_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    with measure.priority_of_hardware():
        pass
