"""Enrolment, sign-on, upload, download and questions, over HTTP, in this process."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.clock import Clock, monotonic
from firmware_bridge.store.journal import Batch, Identity, Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync import ask as asking
from firmware_bridge.sync.ask import Asker, Reachability
from firmware_bridge.sync.client import Channel, JournalKeys, Server, ServerError, SignOn, SingleKey
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.loops import Downloader, Loop, Uploader
from firmware_bridge.wire.messages.entries import GENESIS
from tests.firmware_bridge.store.test_journal import entry
from tests.world.peer import Answer, Peer
from tests.world.rig import DOOR, Phone, SteppedClock, eventually, reject_commands


@dataclass
class Box:
    """An enrolled bridge without doors."""

    journal: Journal
    roster: Roster
    clock: Clock
    identity: Identity
    channel: Channel
    server: Server
    reachability: Reachability
    events: list[dict[str, object]]

    def uploader(self) -> Uploader:
        return Uploader(self.journal, self.server, threading.Event(), self.events.append)

    def downloader(self) -> Downloader:
        return Downloader(
            self.roster,
            self.server,
            self.clock,
            self.journal,
            dict,
            reject_commands,
            0.0,
            threading.Event(),
            self.events.append,
        )


@pytest.fixture
def box(tmp_path: Path, peer: Peer) -> Iterator[Box]:
    journal, roster, channel = Journal(tmp_path), Roster(tmp_path), Channel(peer.origin, 5.0)
    identity = enrol(journal, channel, peer.invite())
    clock, reachability = SteppedClock(), Reachability()
    server = Server(
        channel, SignOn(identity.bridge, JournalKeys(journal), clock), reachability.update
    )
    yield Box(journal, roster, clock, identity, channel, server, reachability, [])
    channel.close()
    roster.close()
    journal.close()


# Enrolment and sign-on.


def test_a_bridge_stores_its_identity_at_enrolment(box: Box) -> None:
    assert box.journal.identity() == box.identity
    assert len(box.identity.private_key) == 32


def test_a_token_has_one_winner(tmp_path: Path, box: Box, peer: Peer) -> None:
    token = peer.invite(box.identity.bridge)
    enrol(box.journal, box.channel, token)
    second = Journal(tmp_path / "second")
    with pytest.raises(ServerError, match="new enrolment token"):
        enrol(second, box.channel, token)
    assert second.identity() is None
    second.close()


def test_a_box_that_is_enrolled_anew_has_another_key_and_its_entries(box: Box, peer: Peer) -> None:
    box.journal.append(entry(1), "gym")
    again = enrol(box.journal, box.channel, peer.invite(box.identity.bridge))
    assert again.bridge == box.identity.bridge
    assert again.private_key != box.identity.private_key
    assert box.journal.waiting() == 1
    box.uploader().step()
    assert len(peer.entries) == 1


def test_the_folder_of_one_bridge_is_not_made_that_of_another(box: Box, peer: Peer) -> None:
    box.journal.append(entry(1), "gym")
    with pytest.raises(ServerError, match=r"with 1 entries to upload.*another data folder"):
        enrol(box.journal, box.channel, peer.invite())
    assert box.journal.identity() == box.identity
    assert box.journal.waiting() == 1


def test_a_bridge_with_another_key_is_not_signed_on(box: Box) -> None:
    stranger = SignOn(box.identity.bridge, SingleKey(bytes(32)), box.clock)
    with pytest.raises(ServerError, match="403"):
        stranger.token(box.channel)


def test_a_token_is_used_until_shortly_before_its_end(box: Box, peer: Peer) -> None:
    assert isinstance(box.clock, SteppedClock)
    for step, sign_ons in ((0, 1), (800, 1), (100, 2)):
        box.clock.step(step)
        box.server.call("GET", "/changes?after=0")
        assert peer.sign_ons == sign_ons


def test_signing_on_sets_an_unset_clock(box: Box, peer: Peer) -> None:
    assert isinstance(box.clock, SteppedClock)
    peer_time, box.clock.wall = box.clock.wall, 0.0
    before = box.clock.state()
    box.server.call("GET", "/changes?after=0")
    assert (before, box.clock.state()) == ("unset", "synced")
    assert abs(box.clock.now() - peer_time) < 5


@pytest.mark.parametrize("name", ["server_time", "expires_in"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 1e300, 10**400, True, "1", None])
def test_no_time_is_taken_from_a_server_that_names_none(
    box: Box, peer: Peer, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    """Such a clock would be called synced, and no door could date its next entry."""
    sign_on = peer.sign_on

    def odd(body: Any) -> Answer:
        status, answer = sign_on(body)
        assert isinstance(answer, dict)
        return status, answer | {name: value}

    monkeypatch.setattr(peer, "sign_on", odd)
    before = box.clock.state()
    with pytest.raises(ServerError, match=f"{name}: not a number of seconds"):
        box.server.call("GET", "/changes?after=0")
    assert box.clock.state() == before
    assert 0 < box.clock.now() < 2**33


def test_a_revoked_bridge_is_refused(box: Box, peer: Peer) -> None:
    box.server.call("GET", "/changes?after=0")
    peer.revoke_tokens()
    peer._bridges.clear()
    with pytest.raises(ServerError, match="403 bridge_unknown"):
        box.server.call("GET", "/changes?after=0")


# Upload.


def upload_all(box: Box) -> None:
    """Upload as the loop does, without its pauses, until all entries are settled."""
    uploader, attempts = box.uploader(), 20
    while box.journal.waiting():
        try:
            uploader.send()
        except ServerError:
            attempts -= 1
            assert attempts


def check_all_arrive_once(box: Box, peer: Peer) -> None:
    stored = [
        replace(row, seq=box.journal.append(row, "gym")) for row in map(entry, range(1, 1201))
    ]
    peer.busy, peer.drop_answers = 2, 3
    upload_all(box)
    assert (peer.busy, peer.drop_answers) == (0, 0)
    assert [peer.entries.get((box.identity.bridge, row.seq)) for row in stored] == [
        row.to_json() for row in stored
    ]


def test_entries_arrive_once_though_answers_are_lost(box: Box, peer: Peer) -> None:
    check_all_arrive_once(box, peer)
    assert [len(upload.rows) for upload in peer.uploads] == [500] * 3 + [500, 500, 200]


@pytest.mark.planted_fault("an uploader that settles before the answer")
def test_an_uploader_that_settles_before_the_answer_fails_the_check(
    box: Box, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Journal.batch

    def batch_and_settle(self: Journal, limit: int = 500) -> Batch | None:
        batch = real(self, limit)
        if batch is not None:
            self.settle(batch, batch.seqs)
        return batch

    monkeypatch.setattr(Journal, "batch", batch_and_settle)
    with pytest.raises(AssertionError):
        check_all_arrive_once(box, peer)


def test_uploads_follow_the_chain(box: Box, peer: Peer) -> None:
    for ts in range(3):
        box.journal.append(entry(ts), "gym")
        upload_all(box)
    heads = [GENESIS, *(upload.head for upload in peer.uploads)]
    assert [upload.after for upload in peer.uploads] == heads[:-1]


def test_an_entry_the_server_does_not_settle_is_sent_again_with_a_pause(
    box: Box, peer: Peer
) -> None:
    for ts in range(3):
        box.journal.append(entry(ts), "gym")
    peer.unsettled = {2}
    assert box.uploader().send() == 1
    with pytest.raises(ServerError, match="did not settle entry 2"):
        box.uploader().send()
    peer.unsettled = set()
    upload_all(box)
    assert len(peer.entries) == 3


def test_a_loop_reports_the_first_failure_and_the_next_success() -> None:
    stop, events, answers = (
        threading.Event(),
        list[dict[str, object]](),
        iter([False, False, True, True]),
    )

    def step() -> None:
        answer = next(answers, None)
        if answer is None:
            stop.set()
        elif not answer:
            raise ServerError("gone")

    loop = Loop("upload", step, stop, events.append)
    loop.run()
    assert [event["up"] for event in events] == [False, True]


# Download.


def test_changes_come_page_by_page_and_bad_rows_are_named(box: Box, peer: Peer) -> None:
    people = [Phone() for _ in range(5)]
    peer.page = 2
    peer.put(*(person.holder for person in people))
    peer.put_raw(-1, {"holder": "nobody"})
    downloader = box.downloader()
    while downloader.fetch():
        pass
    assert all(box.roster.find(person.kid)[1] == person.holder for person in people)
    assert [event["rows"] for event in box.events] == [2, 2, 2]
    assert box.events[-1]["set_aside"] == ["holder: not a whole number from 1 to 4294967295"]
    peer.put(replace(people[0].holder, suspended=True))
    assert not downloader.fetch()
    assert box.roster.find(people[0].kid)[1] == replace(people[0].holder, suspended=True)


def test_an_answer_of_another_shape_is_a_fault_of_the_server_and_changes_nothing(
    box: Box, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.downloader().fetch()
    before = box.roster.cursor
    monkeypatch.setattr(peer, "changes", lambda query: (200, ["not", "changes"]))
    with pytest.raises(ValueError, match="not an object"):
        box.downloader().fetch()
    monkeypatch.setattr(peer, "changes", lambda query: (500, {"code": "broken"}))
    with pytest.raises(ServerError, match="500 broken"):
        box.downloader().fetch()
    assert box.roster.cursor == before


# Questions.


@pytest.fixture
def asker(box: Box) -> Iterator[Asker]:
    asker = Asker(box.roster, box.server, box.reachability)
    thread = threading.Thread(target=asker.run)
    thread.start()
    yield asker
    asker.stop()
    thread.join()


def test_no_question_is_sent_while_the_server_is_unreachable(
    box: Box, asker: Asker, peer: Peer
) -> None:
    assert not asker.ask(bytes(8), None, DOOR)
    box.server.call("GET", "/changes?after=0")
    peer.stop()
    with pytest.raises(ServerError):
        box.server.call("GET", "/changes?after=0")
    assert not asker.ask(bytes(8), None, DOOR)
    assert peer.questions == []


def test_an_answer_is_in_the_roster_when_ask_returns(box: Box, asker: Asker, peer: Peer) -> None:
    phone = Phone()
    peer.asked_only[phone.holder.holder] = phone.holder
    box.downloader().fetch()
    assert asker.ask(phone.kid, None, DOOR)
    assert box.roster.find(phone.kid)[1] == phone.holder
    assert not asker.ask(bytes(8), None, DOOR)


def check_door_does_not_wait(box: Box, asker: Asker, peer: Peer) -> None:
    phone = Phone()
    peer.asked_only[phone.holder.holder] = phone.holder
    peer.ask_delay = 0.6
    box.downloader().fetch()
    began = monotonic()
    assert not asker.ask(phone.kid, None, DOOR)
    assert monotonic() - began < 0.45
    eventually(lambda: box.roster.find(phone.kid)[1] == phone.holder)


def test_the_door_waits_three_tenths_of_a_second_at_most(
    box: Box, asker: Asker, peer: Peer
) -> None:
    check_door_does_not_wait(box, asker, peer)


@pytest.mark.planted_fault("a door that waits for the network")
def test_a_door_that_waits_for_the_network_fails_the_check(
    box: Box, asker: Asker, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BUDGET_SECONDS", 5.0)
    with pytest.raises(AssertionError):
        check_door_does_not_wait(box, asker, peer)
