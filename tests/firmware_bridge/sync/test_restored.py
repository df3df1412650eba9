"""A server restored from a backup: kept entries are sent again, and each is stored once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.ask import Reachability
from firmware_bridge.sync.channel import Channel
from firmware_bridge.sync.client import Server
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.loops import Downloader, Uploader
from firmware_bridge.sync.sign_on import JournalKeys, SignOn
from tests.firmware_bridge.store.test_journal import entry
from tests.world.peer import Peer
from tests.world.rig import Phone, SteppedClock, reject_commands

ENTRIES = 700
BACKED_UP = 300


class SteppedBridge:
    """The stores and loops of an enrolled bridge, run step by step."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        self.events: list[dict[str, object]] = []
        self.journal, self.roster, self.channel = (
            Journal(folder),
            Roster(folder),
            Channel(peer.origin, 5.0),
        )
        clock = SteppedClock()
        bridge = enrol(self.journal, self.channel, peer.invite()).bridge
        server = self.server = Server(
            self.channel, SignOn(bridge, JournalKeys(self.journal), clock), Reachability().update
        )
        stop, report = threading.Event(), self.events.append
        self.uploader = Uploader(self.journal, server, stop, report)
        self.downloader = Downloader(
            self.roster, server, clock, self.journal, dict, reject_commands, 0.0, stop, report
        )

    def upload(self) -> None:
        while self.journal.waiting():
            self.uploader.send()

    def close(self) -> None:
        self.channel.close()
        self.roster.close()
        self.journal.close()


@pytest.fixture
def bridge(tmp_path: Path, peer: Peer) -> Iterator[SteppedBridge]:
    bridge = SteppedBridge(tmp_path, peer)
    yield bridge
    bridge.close()


def check_lost_entries_are_sent_again(
    bridge: SteppedBridge, peer: Peer, epoch: str = "epoch-2"
) -> None:
    """After the server is reset to its first entries, the bridge sends the others again."""
    bridge.downloader.fetch()
    for ts in range(ENTRIES):
        bridge.journal.append(entry(ts), "gym")
    bridge.upload()
    peer.entries = {key: row for key, row in peer.entries.items() if key[1] <= BACKED_UP}
    peer.epoch = epoch
    bridge.downloader.fetch()
    bridge.upload()
    assert sorted(seq for _, seq in peer.entries) == list(range(1, ENTRIES + 1))


def test_entries_that_a_restored_server_lost_are_sent_again(
    bridge: SteppedBridge, peer: Peer
) -> None:
    check_lost_entries_are_sent_again(bridge, peer)
    assert {"event": "restored", "waiting": ENTRIES} in bridge.events


@pytest.mark.thorough
@pytest.mark.planted_fault("the bridge ignores the epoch")
def test_a_bridge_that_ignores_the_epoch_fails_the_check(
    bridge: SteppedBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Journal, "follow_epoch", lambda self, epoch: False)
    with pytest.raises(AssertionError):
        check_lost_entries_are_sent_again(bridge, peer)


@pytest.mark.thorough
@pytest.mark.planted_fault("a server that keeps its epoch")
def test_a_server_that_keeps_its_epoch_fails_the_check(bridge: SteppedBridge, peer: Peer) -> None:
    with pytest.raises(AssertionError):
        check_lost_entries_are_sent_again(bridge, peer, epoch=peer.epoch)


def test_after_a_restore_all_that_still_matters_of_other_boxes_is_asked_for(
    bridge: SteppedBridge, peer: Peer
) -> None:
    """The numbers behind which it has asked are given to other entries now."""
    downloader = bridge.downloader
    elsewhere = downloader._elsewhere
    downloader.fetch()
    elsewhere.apply((), 9000, 0.0)
    downloader.fetch()
    assert elsewhere.after == 9000
    peer.epoch = "epoch-2"
    downloader.fetch()
    assert elsewhere.after is None


def test_an_acknowledgement_from_before_the_new_epoch_settles_nothing(
    bridge: SteppedBridge,
) -> None:
    bridge.journal.follow_epoch("epoch-1")
    for ts in range(6):
        bridge.journal.append(entry(ts), "gym")
    first = bridge.journal.batch(limit=3)
    assert first is not None
    bridge.journal.settle(first, first.seqs)
    under_way = bridge.journal.batch()
    assert under_way is not None
    bridge.journal.follow_epoch("epoch-2")
    assert bridge.journal.settle(under_way, under_way.seqs) == 0
    again = bridge.journal.batch()
    assert again is not None
    assert again.seqs == (1, 2, 3, 4, 5, 6)


def test_an_epoch_is_new_once_also_after_a_restart(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert [journal.follow_epoch(epoch) for epoch in ("one", "one", "two")] == [False, False, True]
    journal.close()
    journal = Journal(tmp_path)
    assert [journal.follow_epoch(epoch) for epoch in ("two", "three")] == [False, True]
    journal.close()


def test_deleted_entries_are_not_sent_again(bridge: SteppedBridge) -> None:
    bridge.journal.follow_epoch("one")
    for ts in range(4):
        bridge.journal.append(entry(ts, at=1000), "gym")
    batch = bridge.journal.batch(limit=2)
    assert batch is not None
    bridge.journal.settle(batch, batch.seqs)
    assert bridge.journal.prune(1e9) == 2
    bridge.journal.follow_epoch("two")
    rest = bridge.journal.batch()
    assert rest is not None
    assert (rest.seqs, rest.upload.after) == ((3, 4), batch.upload.head)


def check_a_box_that_is_known_again_is_filled(
    bridge: SteppedBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check it where another loop hears that the server has revoked the box, and that it knows it
    again, while this one waits for the answer to a question of before.
    """
    phone = Phone()
    peer.put(phone.holder)
    bridge.downloader.fetch()

    def answered_late(*request: str) -> object:
        bridge.roster.set_revoked(True)
        bridge.roster.set_revoked(False)
        return Server.call(bridge.server, *request)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(bridge.server, "call", answered_late)
        bridge.downloader.fetch()
    bridge.downloader.fetch()
    assert bridge.roster.find(phone.kid) == (phone.known, phone.holder)


def test_a_box_that_is_known_again_is_filled_whatever_is_on_its_way(
    bridge: SteppedBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_box_that_is_known_again_is_filled(bridge, peer, monkeypatch)


@pytest.mark.thorough
@pytest.mark.planted_fault("the answer to a question of before counts")
def test_an_answer_to_an_older_question_fails_the_check(
    bridge: SteppedBridge, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Roster.apply
    monkeypatch.setattr(
        Roster, "apply", lambda roster, page, now, after=None: real(roster, page, now)
    )
    with pytest.raises(AssertionError):
        check_a_box_that_is_known_again_is_filled(bridge, peer, monkeypatch)
