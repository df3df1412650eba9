"""Nobody but the server that a box knows changes who may come in, its clock or its journal."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.cli import main
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.alarms import FORGED_SECONDS, Alarms
from firmware_bridge.sync.ask import Asker, Reachability, _Question
from firmware_bridge.sync.channel import Channel, ServerError
from firmware_bridge.sync.client import Server
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.loops import Downloader, Uploader
from firmware_bridge.sync.rotate import rotate
from firmware_bridge.sync.server_keys import ServerKeys
from firmware_bridge.sync.sign_on import JournalKeys, SignOn
from firmware_bridge.wire.messages.signature import (
    answer_message,
    digest_exchange,
    fingerprint,
    format_signature,
    is_signed,
    read_issuers,
)
from firmware_bridge.wire.version import WIRE
from tests.firmware_bridge.store.test_journal import entry
from tests.world.peer import Peer
from tests.world.rig import DOOR, Phone, Rig, SteppedClock, eventually, reject_commands

NONCE = "00" * 16
GOLDEN_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
BRIDGE = "b0a1c1de-6f0a-4a5a-9c52-4e8ea3b40d01"


class PinningBridge:
    """A bridge without doors that has pinned the keys of a server that signs."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        peer.sign_from(1)
        self.peer, self.clock = peer, SteppedClock()
        self.journal, self.roster = Journal(folder), Roster(folder)
        self.channel = Channel(peer.origin, 5.0)
        self.identity = enrol(self.journal, self.channel, peer.invite())
        self.alarms = Alarms(self.journal, self.roster, self.clock)
        self.keys = ServerKeys(self.journal, self.identity.bridge, self.alarms.note_forged)
        self.wires: list[int] = []
        self.sign_on = SignOn(
            self.identity.bridge,
            JournalKeys(self.journal),
            self.clock,
            self.wires.append,
            self.keys,
            lambda: self.roster.set_revoked(True),
        )
        self.server = Server(self.channel, self.sign_on, lambda up: None)

    def fetch(self) -> bool:
        return Downloader(
            self.roster,
            self.server,
            self.clock,
            self.journal,
            dict,
            reject_commands,
            0.0,
            None,  # type: ignore[arg-type]  # it is not stopped
            lambda event: None,
        ).fetch()

    def sign_on_again(self) -> None:
        self.clock.step(900)
        self.sign_on.token(self.channel)

    def knows(self, phone: Phone) -> bool:
        return self.roster.holder(phone.holder.holder) is not None

    def close(self) -> None:
        self.channel.close()
        self.roster.close()
        self.journal.close()


@pytest.fixture
def bridge(tmp_path: Path, peer: Peer) -> Iterator[PinningBridge]:
    bridge = PinningBridge(tmp_path, peer)
    bridge.fetch()
    yield bridge
    bridge.close()


def test_the_signature_of_an_answer_is_as_agreed() -> None:
    """Golden: a change here breaks every bridge that has pinned a key."""
    exchange = digest_exchange("GET", "/api/v1/bridge/changes?after=0", b"", b'{"rows": []}')
    message = answer_message(BRIDGE, NONCE, exchange)
    assert message.hex() == (
        "7a6f6e652d616e737765722d3100" + BRIDGE.encode().hex() + "00" + NONCE.encode().hex()
        + "00474554002f6170692f76312f6272696467652f6368616e6765733f61667465723d3000"
        + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        + "0fc3c38b2208033a70a1fff03b2ff41c6d866e25beaaf0f310a8ab3e30ef17c6"
    )  # fmt: skip
    header = format_signature(1, GOLDEN_KEY.sign(message))
    first, second = (
        "1.04c2fac5b25761f873d398ae1d46a1a0bfb51264bf4f64b082c5106a82660fc8",
        "6d0254ce740c8f213e1e501660e3a776968c2ef2b774f9d428393256e69fdd0c",
    )
    assert header == first + second
    golden = Path(__file__).parents[1] / "wire" / "golden" / "v5" / "sign_on.json"
    keys = read_issuers(json.loads(golden.read_text())["answer"]["issuers"])
    assert is_signed(header, message, keys)


def test_the_keys_are_pinned_at_the_first_sign_on(bridge: PinningBridge) -> None:
    assert dict(bridge.keys.pinned()) == bridge.peer.issuers
    assert bridge.wires == [WIRE]
    phone = Phone()
    bridge.peer.put(phone.holder)
    bridge.fetch()
    assert bridge.knows(phone)
    assert bridge.alarms.format() == ""


def flipped(reply: dict[str, Any]) -> None:
    # Of what is still the same JSON: the bytes are signed.
    reply["changed"] = lambda data: data.replace(b'": ', b'":\t', 1)


def of_another_bridge(reply: dict[str, Any]) -> None:
    reply["bridge"] = "b0a1c1de-6f0a-4a5a-9c52-4e8ea3b40d99"


def of_another_request(reply: dict[str, Any]) -> None:
    reply["target"] += "&after=9999"


def an_older_one(reply: dict[str, Any]) -> None:
    reply["nonce"] = NONCE


def unsigned(reply: dict[str, Any]) -> None:
    reply["header"] = None


def by_another_key(reply: dict[str, Any]) -> None:
    reply["key"] = Ed25519PrivateKey.generate()


def by_an_unknown_issuer(reply: dict[str, Any]) -> None:
    reply["issuer"] = 9


def with_a_signature_that_is_none(reply: dict[str, Any]) -> None:
    reply["header"] = "1.zz"


HOSTILE: list[Callable[[dict[str, Any]], None]] = [
    flipped,
    of_another_bridge,
    of_another_request,
    an_older_one,
    unsigned,
    by_another_key,
    by_an_unknown_issuer,
    with_a_signature_that_is_none,
]


def check_a_forged_answer_is_not_used(
    bridge: PinningBridge, forge: Callable[[dict[str, Any]], None]
) -> None:
    """The roster stays as it is, the log has a line, and an alarm says so for an hour."""
    phone = Phone()
    bridge.peer.put(phone.holder)
    bridge.peer.forge = forge
    with pytest.raises(ServerError):
        bridge.fetch()
    assert not bridge.knows(phone)
    bridge.peer.forge = None
    bridge.fetch()
    assert bridge.knows(phone)
    assert bridge.alarms.format() == "unsigned_answer"
    bridge.clock.step(FORGED_SECONDS)
    assert bridge.alarms.format() == ""


@pytest.mark.parametrize("forge", HOSTILE)
def test_a_forged_answer_is_not_used(
    bridge: PinningBridge, forge: Callable[[dict[str, Any]], None]
) -> None:
    check_a_forged_answer_is_not_used(bridge, forge)


@pytest.mark.thorough
@pytest.mark.planted_fault("the signature of an answer is not verified")
def test_a_bridge_that_verifies_no_signature_fails_the_check(
    bridge: PinningBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignOn, "accepts", lambda *_: True)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        check_a_forged_answer_is_not_used(bridge, unsigned)


def test_a_forged_sign_on_sets_no_clock_and_no_key_and_the_alarm_is_heard(
    bridge: PinningBridge,
) -> None:
    before, time_before = dict(bridge.keys.pinned()), bridge.clock.now()
    bridge.peer.forge, bridge.peer.clock_offset = by_another_key, 86400.0
    bridge.peer.issuers = {7: bytes(32)}
    bridge.sign_on_again()
    assert dict(bridge.keys.pinned()) == before
    assert abs(bridge.clock.now() - time_before - 900) < 60
    assert bridge.alarms.format() == "unsigned_answer"


def test_a_forged_receipt_leaves_the_entries_waiting(bridge: PinningBridge) -> None:
    bridge.journal.append(entry(1), "gym")
    bridge.peer.forge = unsigned
    uploader = Uploader(bridge.journal, bridge.server, None, lambda event: None)  # type: ignore[arg-type]
    with pytest.raises(ServerError, match="zone-bridge trust"):
        uploader.send()
    assert bridge.journal.waiting() == 1
    bridge.peer.forge = None
    assert uploader.send() == 1


def test_a_forged_answer_to_a_question_lets_nobody_in(bridge: PinningBridge) -> None:
    phone = Phone()
    bridge.peer.asked_only[phone.holder.holder] = phone.holder
    bridge.peer.forge = by_another_key
    asker = Asker(bridge.roster, bridge.server, Reachability())

    asker._send(_Question(phone.kid, None, DOOR))
    assert not bridge.knows(phone)
    bridge.peer.forge = None
    asker._send(_Question(phone.kid, None, DOOR))
    assert bridge.knows(phone)


def test_a_server_that_seems_older_is_not_believed(bridge: PinningBridge) -> None:
    bridge.peer.issuers, bridge.peer.wire = {}, 4
    bridge.sign_on_again()
    with pytest.raises(ServerError, match="not signed"):
        bridge.fetch()
    assert bridge.keys.pinned()


def test_an_older_server_is_used_until_it_signs(tmp_path: Path, peer: Peer) -> None:
    """Enrolled before there were signatures: the first sign-on that has a key pins it."""
    bridge = PinningBridge(tmp_path, peer)
    peer.issuers = {}
    bridge.fetch()
    assert not bridge.keys.pinned()
    peer.sign_from(1)
    bridge.sign_on_again()
    assert dict(bridge.keys.pinned()) == peer.issuers
    bridge.fetch()
    bridge.close()


def test_a_key_that_signs_nothing_is_not_pinned(tmp_path: Path, peer: Peer) -> None:
    bridge = PinningBridge(tmp_path, peer)
    peer.forge = by_another_key
    bridge.fetch()
    assert not bridge.keys.pinned()
    bridge.close()


def test_new_keys_of_the_server_are_followed(bridge: PinningBridge) -> None:
    """Added, then signing, then alone: as `zone rotate issuer` does it."""
    peer = bridge.peer
    peer.add_issuer(2)
    bridge.sign_on_again()
    assert set(bridge.keys.pinned()) == {1, 2}
    peer.signing = 2
    bridge.fetch()
    del peer.issuers[1]
    bridge.sign_on_again()
    assert set(bridge.keys.pinned()) == {2}
    assert bridge.alarms.format() == ""


def test_a_new_device_key_is_taken_from_the_known_server_alone(bridge: PinningBridge) -> None:
    (old,) = bridge.journal.keys()
    rotate(bridge.journal, bridge.channel, bridge.clock)
    assert bridge.journal.keys()[0] != old
    assert bridge.alarms.format() == ""


# The commands.


def test_the_box_is_told_to_trust_new_keys_where_the_old_ones_were_lost(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.peer.sign_from(1)
    rig.start()
    rig.event("changes")
    (old,) = rig.peer.issuers.values()
    rig.peer.issuers = {}
    rig.peer.sign_from(2)
    rig.peer.revoke_tokens()
    said = rig.event("server", up=False)
    assert "zone-bridge trust" in said["why"]
    eventually(lambda: "unsigned_answer" in rig.peer.statuses[-1].get("alarms", ""), "the alarm")
    (new,) = rig.peer.issuers.values()
    assert main(["trust", "--config", str(rig.config)]) == 0
    printed = capsys.readouterr().out
    assert fingerprint(old) in printed
    assert fingerprint(new) in printed
    assert rig.event("server", up=True)


def test_nothing_changes_where_the_server_does_not_answer(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.peer.sign_from(1)
    assert main(["trust", "--config", str(rig.config)]) == 0
    rig.peer.stop()
    assert main(["trust", "--config", str(rig.config)]) == 1
    assert "Nothing has changed" in capsys.readouterr().err
    rig.peer.start()
    capsys.readouterr()
    assert main(["doctor", "--no-ask", "--config", str(rig.config)]) == 0
    (key,) = rig.peer.issuers.values()
    assert f"its keys: 1: {fingerprint(key)}" in capsys.readouterr().out


def check_only_the_server_revokes(bridge: PinningBridge) -> None:
    bridge.peer.set_revoked()
    bridge.peer.forge = unsigned
    with pytest.raises(ServerError):  # in the planted fault as one that the server has revoked
        bridge.sign_on_again()
    assert not bridge.roster.revoked


def test_who_is_not_the_server_revokes_no_box(bridge: PinningBridge) -> None:
    check_only_the_server_revokes(bridge)
    bridge.peer.forge = None
    with pytest.raises(ServerError, match="revoked"):
        bridge.sign_on_again()
    assert bridge.roster.revoked


@pytest.mark.thorough
@pytest.mark.planted_fault("what nobody has signed is taken")
def test_a_box_that_believes_everybody_fails_the_check(
    bridge: PinningBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignOn, "accepts", lambda *_: True)
    with pytest.raises(AssertionError):
        check_only_the_server_revokes(bridge)
