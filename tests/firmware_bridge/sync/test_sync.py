"""Enrolment, sign-on, upload, download and questions, over HTTP, in this process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.clock import Clock, monotonic
from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.journal import Batch, Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync import ask as asking
from firmware_bridge.sync import channel, loops
from firmware_bridge.sync.ask import Asker, Reachability
from firmware_bridge.sync.channel import Channel, ServerError, _date_of
from firmware_bridge.sync.client import Server
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.loops import Downloader, Loop, Uploader
from firmware_bridge.sync.sign_on import JournalKeys, SignOn, SingleKey
from firmware_bridge.wire.messages.entries import GENESIS
from tests.firmware_bridge.store.test_journal import entry
from tests.world.peer import Answer, Peer
from tests.world.rig import DOOR, Phone, SteppedClock, eventually, reject_commands


@dataclass
class DoorlessBridge:
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
def bridge(tmp_path: Path, peer: Peer) -> Iterator[DoorlessBridge]:
    journal, roster, channel = Journal(tmp_path), Roster(tmp_path), Channel(peer.origin, 5.0)
    identity = enrol(journal, channel, peer.invite())
    clock, reachability = SteppedClock(), Reachability()
    server = Server(
        channel, SignOn(identity.bridge, JournalKeys(journal), clock), reachability.update
    )
    yield DoorlessBridge(journal, roster, clock, identity, channel, server, reachability, [])
    channel.close()
    roster.close()
    journal.close()


# Enrolment and sign-on.


def test_a_bridge_stores_its_identity_at_enrolment(bridge: DoorlessBridge) -> None:
    assert bridge.journal.identity() == bridge.identity
    assert len(bridge.identity.private_key) == 32


def test_an_enrolment_token_enrols_one_bridge(
    tmp_path: Path, bridge: DoorlessBridge, peer: Peer
) -> None:
    token = peer.invite()
    journals = [Journal(tmp_path / name) for name in ("first", "second")]
    enrol(journals[0], bridge.channel, token)
    with pytest.raises(ServerError, match="the server answered 403"):
        enrol(journals[1], bridge.channel, token)
    assert journals[1].identity() is None
    for journal in journals:
        journal.close()


def test_an_enrolled_folder_is_not_enrolled_again_and_the_token_stays_good(
    tmp_path: Path, bridge: DoorlessBridge, peer: Peer
) -> None:
    bridge.journal.append(entry(1), "gym")
    token = peer.invite()
    with pytest.raises(ServerError, match=r"with 1 entries to upload.*another data folder"):
        enrol(bridge.journal, bridge.channel, token)
    assert bridge.journal.identity() == bridge.identity
    fresh = Journal(tmp_path / "fresh")
    assert enrol(fresh, bridge.channel, token).bridge != bridge.identity.bridge
    fresh.close()


def test_a_box_whose_answer_was_lost_sends_the_same_key_again(
    tmp_path: Path, bridge: DoorlessBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, sent = Journal(tmp_path / "fresh"), []
    call = bridge.channel.call

    def lost(method: str, path: str, body: Any = None) -> channel.Reply:
        sent.append(body["public_key"])
        if len(sent) == 1:
            raise ServerError("the answer is lost")
        return call(method, path, body)

    monkeypatch.setattr(bridge.channel, "call", lost)
    token = peer.invite()
    with pytest.raises(ServerError, match="lost"):
        enrol(fresh, bridge.channel, token)
    fresh.close()
    fresh = Journal(tmp_path / "fresh")
    enrol(fresh, bridge.channel, token)
    assert sent[0] == sent[1]
    fresh.close()


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (401, "the code is wrong"),
        (409, "Replace it"),
        (429, "too many wrong"),
        (503, "try again"),
        (520, "try again"),
    ],
)
def test_a_refused_enrolment_says_what_to_do(
    tmp_path: Path,
    bridge: DoorlessBridge,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    step: str,
) -> None:
    fresh = Journal(tmp_path / "fresh")
    monkeypatch.setattr(bridge.channel, "call", lambda *_: channel.Reply(status, {}))
    with pytest.raises(ServerError, match=step):
        enrol(fresh, bridge.channel, "token")
    fresh.close()


def test_a_bridge_with_another_key_is_not_signed_on(bridge: DoorlessBridge) -> None:
    stranger = SignOn(bridge.identity.bridge, SingleKey(bytes(32)), bridge.clock)
    with pytest.raises(ServerError, match="403"):
        stranger.token(bridge.channel)


def test_a_token_is_used_until_shortly_before_its_end(bridge: DoorlessBridge, peer: Peer) -> None:
    assert isinstance(bridge.clock, SteppedClock)
    # The peer's tokens last 900 s; another is fetched in their last minute.
    for step, sign_ons in ((0, 1), (800, 1), (100, 2)):
        bridge.clock.step(step)
        bridge.server.call("GET", "/changes?after=0")
        assert peer.sign_ons == sign_ons


def test_signing_on_sets_an_unset_clock(bridge: DoorlessBridge, peer: Peer) -> None:
    assert isinstance(bridge.clock, SteppedClock)
    peer_time = bridge.clock.wall
    bridge.clock.start_anew(0.0)
    before = bridge.clock.state()
    bridge.server.call("GET", "/changes?after=0")
    assert (before, bridge.clock.state()) == ("unset", "synced")
    assert abs(bridge.clock.now() - peer_time) < 5


def check_a_clock_that_went_wrong_is_set(bridge: DoorlessBridge, peer: Peer, off: float) -> None:
    bridge.server.call("GET", "/changes?after=0")
    before = bridge.clock.now()
    peer.clock_offset = off  # as after a suspend of the box, or where the server's was wrong before
    for _ in range(2):
        bridge.server.call("GET", "/changes?after=0")
    assert abs(bridge.clock.now() - before - off) < 2
    assert peer.sign_ons == 2


@pytest.mark.parametrize("off", [-86400, -31, -5, 5, 31, 86400 * 20])
def test_a_clock_that_goes_wrong_between_two_sign_ons_is_set_at_the_next_answer(
    bridge: DoorlessBridge, peer: Peer, off: float
) -> None:
    check_a_clock_that_went_wrong_is_set(bridge, peer, off)


@pytest.mark.thorough
@pytest.mark.planted_fault("answers are not compared with the clock")
def test_a_bridge_that_compares_at_sign_on_alone_fails_the_check(
    bridge: DoorlessBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignOn, "compare_clock", lambda *_: None)
    with pytest.raises(AssertionError):
        check_a_clock_that_went_wrong_is_set(bridge, peer, 31)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026", "x" * 100_000])
def test_an_answer_without_a_date_that_can_be_read_says_nothing_of_the_clock(
    date: str | None,
) -> None:
    assert _date_of(date) is None


@pytest.mark.parametrize("name", ["server_time", "expires_in"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, 1e300, 10**400, True, "1", None])
def test_a_sign_on_with_an_unusable_time_leaves_the_clock_as_it_was(
    bridge: DoorlessBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    """Otherwise the clock would count as synced, and no door could date its next entry."""
    sign_on = peer.sign_on

    def sign_on_with_value(body: Any) -> Answer:
        status, answer = sign_on(body)
        assert isinstance(answer, dict)
        return status, answer | {name: value}

    monkeypatch.setattr(peer, "sign_on", sign_on_with_value)
    before = bridge.clock.state()
    with pytest.raises(ServerError, match=f"{name}: not a number of seconds"):
        bridge.server.call("GET", "/changes?after=0")
    assert bridge.clock.state() == before
    assert 0 < bridge.clock.now() < 2**33


def test_a_revoked_bridge_is_refused(bridge: DoorlessBridge, peer: Peer) -> None:
    bridge.server.call("GET", "/changes?after=0")
    peer.revoke_tokens()
    peer._bridges.clear()  # the access token is refused first, then the sign-on for a new one
    with pytest.raises(ServerError, match=r"403 bridge_unknown: .* enrol this box as a new bridge"):
        bridge.server.call("GET", "/changes?after=0")


def test_of_a_server_that_is_gone_the_call_is_named_without_what_it_asked(
    bridge: DoorlessBridge, peer: Peer
) -> None:
    bridge.server.call("GET", "/changes?after=0")
    peer.stop()
    with pytest.raises(ServerError) as lost:
        bridge.server.call("GET", "/changes?after=0")
    assert str(lost.value).startswith("GET /changes: ")


# Upload.


def upload_all(bridge: DoorlessBridge) -> None:
    """Upload as the loop does, without its pauses, until all entries are settled."""
    uploader, attempts = bridge.uploader(), 20
    while bridge.journal.waiting():
        try:
            uploader.send()
        except ServerError:
            attempts -= 1
            assert attempts


def check_all_arrive_once(bridge: DoorlessBridge, peer: Peer) -> None:
    stored = [
        replace(row, seq=bridge.journal.append(row, "gym")) for row in map(entry, range(1, 1201))
    ]
    peer.busy, peer.drop_answers = 2, 3
    upload_all(bridge)
    assert (peer.busy, peer.drop_answers) == (0, 0)
    assert [peer.entries.get((bridge.identity.bridge, row.seq)) for row in stored] == [
        row.to_json() for row in stored
    ]


def test_entries_arrive_once_though_answers_are_lost(bridge: DoorlessBridge, peer: Peer) -> None:
    check_all_arrive_once(bridge, peer)
    # The first batch three times more: the answers to it were lost.
    assert [len(upload.rows) for upload in peer.uploads] == [500] * 3 + [500, 500, 200]


@pytest.mark.thorough
@pytest.mark.planted_fault("an uploader that settles before the answer")
def test_an_uploader_that_settles_before_the_answer_fails_the_check(
    bridge: DoorlessBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Journal.batch

    def batch_and_settle(self: Journal, limit: int = 500) -> Batch | None:
        batch = real(self, limit)
        if batch is not None:
            self.settle(batch, batch.seqs)
        return batch

    monkeypatch.setattr(Journal, "batch", batch_and_settle)
    with pytest.raises(AssertionError):
        check_all_arrive_once(bridge, peer)


def test_uploads_follow_the_chain(bridge: DoorlessBridge, peer: Peer) -> None:
    for ts in range(3):
        bridge.journal.append(entry(ts), "gym")
        upload_all(bridge)
    heads = [GENESIS, *(upload.head for upload in peer.uploads)]
    assert [upload.after for upload in peer.uploads] == heads[:-1]


def test_an_entry_the_server_does_not_settle_is_sent_again_with_a_pause(
    bridge: DoorlessBridge, peer: Peer
) -> None:
    for ts in range(3):
        bridge.journal.append(entry(ts), "gym")
    peer.unsettled = {2}
    assert bridge.uploader().send() == 1
    with pytest.raises(ServerError, match="did not settle entry 2"):
        bridge.uploader().send()
    peer.unsettled = set()
    upload_all(bridge)
    assert len(peer.entries) == 3


@pytest.mark.parametrize("failure", [ServerError("gone"), OSError(5, "Input/output error")])
def test_a_loop_reports_the_first_failure_and_the_next_success(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "FIRST_PAUSE", 0.01)
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
            raise failure

    loop = Loop("upload", step, stop, events.append)
    loop.run()
    assert [event["up"] for event in events] == [False, True]


# Download.


def test_changes_come_page_by_page_and_bad_rows_are_named(
    bridge: DoorlessBridge, peer: Peer
) -> None:
    people = [Phone() for _ in range(5)]
    peer.page = 2
    peer.put(*(person.holder for person in people))
    peer.put_raw(-1, {"holder": "nobody"})
    downloader = bridge.downloader()
    while downloader.fetch():
        pass
    assert all(bridge.roster.find(person.kid)[1] == person.holder for person in people)
    assert [event["rows"] for event in bridge.events] == [2, 2, 2]
    assert bridge.events[-1]["set_aside"] == ["holder: not a whole number from 1 to 4294967295"]
    peer.put(replace(people[0].holder, suspended=True))
    assert not downloader.fetch()
    assert bridge.roster.find(people[0].kid)[1] == replace(people[0].holder, suspended=True)


def test_an_answer_of_another_shape_is_a_fault_of_the_server_and_changes_nothing(
    bridge: DoorlessBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge.downloader().fetch()
    before = bridge.roster.cursor
    monkeypatch.setattr(peer, "changes", lambda bridge, query: (200, ["not", "changes"]))
    with pytest.raises(ValueError, match="not an object"):
        bridge.downloader().fetch()
    monkeypatch.setattr(peer, "changes", lambda bridge, query: (500, {"code": "broken"}))
    with pytest.raises(ServerError, match="500 broken"):
        bridge.downloader().fetch()
    assert bridge.roster.cursor == before


# Questions.


@pytest.fixture
def asker(bridge: DoorlessBridge) -> Iterator[Asker]:
    asker = Asker(bridge.roster, bridge.server, bridge.reachability)
    thread = threading.Thread(target=asker.run)
    thread.start()
    yield asker
    asker.stop()
    thread.join()


def test_no_question_is_sent_while_the_server_is_unreachable(
    bridge: DoorlessBridge, asker: Asker, peer: Peer
) -> None:
    assert not asker.ask(bytes(8), None, DOOR)
    bridge.server.call("GET", "/changes?after=0")
    peer.stop()
    with pytest.raises(ServerError):
        bridge.server.call("GET", "/changes?after=0")
    # It could take a question again, but the bridge has not heard of that yet.
    peer.start()
    assert not asker.ask(bytes(8), None, DOOR)
    assert peer.questions == []


def test_an_answer_is_in_the_roster_when_ask_returns(
    bridge: DoorlessBridge, asker: Asker, peer: Peer
) -> None:
    phone = Phone()
    peer.asked_only[phone.holder.holder] = phone.holder
    bridge.downloader().fetch()
    assert asker.ask(phone.kid, None, DOOR)
    assert bridge.roster.find(phone.kid)[1] == phone.holder
    assert not asker.ask(bytes(8), None, DOOR)


def check_the_door_waits_briefly(bridge: DoorlessBridge, asker: Asker, peer: Peer) -> None:
    phone = Phone()
    peer.asked_only[phone.holder.holder] = phone.holder
    peer.ask_delay = 0.6
    bridge.downloader().fetch()
    began = monotonic()
    assert not asker.ask(phone.kid, None, DOOR)
    assert monotonic() - began < 0.45  # 0.3 s, and time for the thread to wake up
    eventually(lambda: bridge.roster.find(phone.kid)[1] == phone.holder)


def test_the_door_waits_three_tenths_of_a_second_at_most(
    bridge: DoorlessBridge, asker: Asker, peer: Peer
) -> None:
    check_the_door_waits_briefly(bridge, asker, peer)


@pytest.mark.thorough
@pytest.mark.planted_fault("a door that waits for the network")
def test_a_door_that_waits_for_the_network_fails_the_check(
    bridge: DoorlessBridge, asker: Asker, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "BUDGET_SECONDS", 5.0)
    with pytest.raises(AssertionError):
        check_the_door_waits_briefly(bridge, asker, peer)


@contextmanager
def dripping(first: bytes, drop: bytes, pause: float) -> Iterator[str]:
    """A server that answers with `first`, and then with a drop at a time, for ever."""
    stop = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(first)
                while not stop.wait(pause):
                    connection.sendall(drop)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n["])
def test_a_server_that_sends_a_byte_now_and_then_holds_up_no_loop(
    monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(channel, "CALL_SECONDS", 0.5)
    began = monotonic()
    with dripping(first, b" ", 0.05) as origin, pytest.raises(ServerError, match="too slow"):
        Channel(origin, timeout=10).call("GET", "/changes")
    assert monotonic() - began < 5


def test_an_answer_without_an_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "LONGEST_ANSWER", 1_000_000)
    first = b"HTTP/1.1 200 OK\r\n\r\n["
    with dripping(first, b" " * 65536, 0.0) as origin, pytest.raises(ServerError, match="too long"):
        Channel(origin, timeout=10).call("GET", "/changes")
