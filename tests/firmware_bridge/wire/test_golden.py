"""The messages of every version, as files: today's bridge writes and reads exactly these."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.store.box_settings import Identity
from firmware_bridge.store.elsewhere import Elsewhere, area_of_code
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Cursor, Roster
from firmware_bridge.sync.ask import Asker, Reachability
from firmware_bridge.sync.channel import Channel, Reply
from firmware_bridge.sync.client import Server
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.loops import Downloader, Uploader
from firmware_bridge.sync.rotate import announce
from firmware_bridge.sync.sign_on import SignOn, SingleKey
from firmware_bridge.wire.messages import alarms, commands, entries
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.version import (
    COMMAND_KINDS,
    DIRECTIONS,
    DOOR_STATES,
    FIRST_WIRE,
    PASSBACK_MODES,
    WIRE,
)
from tests.world import released
from tests.world.rig import SteppedClock

GOLDEN = Path(__file__).with_name("golden")
VERSIONS = tuple(range(FIRST_WIRE, WIRE + 1))
NAMES = ("ask", "challenge", "changes", "enrol", "entries", "rotate", "sign_on")
DEVICE_KEY = bytes(range(32))
NEXT_KEY = bytes(range(32, 64))

every_version = pytest.mark.parametrize("wire", VERSIONS)


def read_golden(wire: int, name: str) -> tuple[Any, Any]:
    """Return a bridge's request and the server's answer to it, from the version's file."""
    message = json.loads((GOLDEN / f"v{wire}" / f"{name}.json").read_text(encoding="utf-8"))
    return message["request"], message["answer"]


class GoldenServer(Channel):
    """A server of one version: it answers the golden requests, and refuses every other."""

    def __init__(self, wire: int) -> None:
        super().__init__("http://localhost", 1.0)
        self._wire = wire
        self.answered: list[str] = []

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        token: str | None = None,
        nonce: str | None = None,
    ) -> Reply:
        url = urlsplit(path)
        name = url.path.strip("/").replace("-", "_")
        request, answer = read_golden(self._wire, name)
        sent = dict(parse_qsl(url.query, keep_blank_values=True)) if method == "GET" else body
        if name == "enrol":
            assert isinstance(sent, dict)
            # The bridge has just made this key.
            sent = {**sent, "public_key": request["public_key"]}
        if name == "sign_on" and "wire" in request:
            assert isinstance(sent, dict)
            # A server takes the number of a newer bridge, and answers with its own.
            assert sent["wire"] == WIRE
            sent = {**sent, "wire": request["wire"]}
        if sent != request:
            return Reply(422, {"code": "invalid_input"})
        self.answered.append(name)
        return Reply({"enrol": 201, "rotate": 204}.get(name, 200), answer)


class TodaysBridge:
    """A bridge of today, without doors, at a server of one version."""

    def __init__(self, folder: Path, wire: int) -> None:
        self.clock, self.channel = SteppedClock(), GoldenServer(wire)
        self.journal, self.roster = Journal(folder), Roster(folder)
        self.wires: list[int] = []
        bridge = read_golden(wire, "challenge")[0]["bridge"]
        self.sign_on = SignOn(bridge, SingleKey(DEVICE_KEY), self.clock, self.wires.append)
        self.identity, self.reachability = Identity(bridge, DEVICE_KEY), Reachability()
        self.server = Server(self.channel, self.sign_on, self.reachability.update)
        self.reported = read_golden(wire, "changes")[0]
        self.commands: list[object] = []
        self.elsewhere = Elsewhere()

    def fetch(self) -> bool:
        """Fetch a page of changes, with the status of the golden request."""
        # Parsed and formatted again: the server accepts the golden text only.
        known = alarms.format_alarms(alarms.parse_alarms(self.reported["alarms"]))
        status = {"clock": "synced", "software": "0.1.0", "alarms": known}
        # Of version 5: an older server does not know the name.
        status |= {name: self.reported[name] for name in ("grants_after",) if name in self.reported}
        return Downloader(
            self.roster,
            self.server,
            self.clock,
            self.journal,
            lambda: status,
            self.execute,
            0.0,
            threading.Event(),
            lambda event: None,
            self.elsewhere,
        ).fetch()

    def execute(self, rows: Any) -> list[str]:
        self.commands += rows
        return []

    def close(self) -> None:
        self.journal.close()
        self.roster.close()


@pytest.fixture
def bridge(tmp_path: Path, wire: int) -> Iterator[TodaysBridge]:
    bridge = TodaysBridge(tmp_path, wire)
    yield bridge
    bridge.close()


def test_every_version_has_every_message() -> None:
    for wire in VERSIONS:
        assert {path.stem for path in (GOLDEN / f"v{wire}").iterdir()} == set(NAMES)
    assert len(list(GOLDEN.iterdir())) == len(VERSIONS)


@every_version
def test_every_word_of_a_version_is_in_its_messages(wire: int) -> None:
    """A new word needs a new version: it would be missing here."""
    _, changes = read_golden(wire, "changes")
    doors = changes["site"]["doors"]
    for words, found in (
        (DOOR_STATES, {door["state"] for door in doors}),
        (DIRECTIONS, {door.get("direction", "in") for door in doors}),
        (PASSBACK_MODES, {door["area"]["passback"] for door in doors}),
        (COMMAND_KINDS, {order["kind"] for order in changes["orders"]}),
    ):
        assert {word for word, since in words.items() if since <= wire} == found


def test_every_word_of_a_bridge_is_in_the_newest_messages() -> None:
    upload, _ = read_golden(WIRE, "entries")
    status, _ = read_golden(WIRE, "changes")
    rows = upload["entries"]
    assert {row["kind"] for row in rows} == set(entries.KINDS)
    assert {row["reason"] for row in rows} - {None} == set(Reason)
    assert {row["clock"] for row in rows} == set(entries.CLOCKS)
    assert {kind for kind, _ in alarms.parse_alarms(status["alarms"])} == set(alarms.KINDS)


@every_version
def test_a_bridge_enrols_signs_on_and_rotates_with_a_server_of_each_version(
    bridge: TodaysBridge, wire: int, tmp_path: Path
) -> None:
    journal = Journal(tmp_path / "new")
    assert enrol(journal, bridge.channel, "zt_q3Yt").bridge == bridge.identity.bridge
    journal.close()
    assert bridge.sign_on.token(bridge.channel) == read_golden(wire, "sign_on")[1]["access_token"]
    assert bridge.wires == [wire]
    announce(
        bridge.channel, bridge.identity, Ed25519PrivateKey.from_private_bytes(NEXT_KEY), "token"
    )
    assert bridge.channel.answered[-1] == "rotate"


@every_version
def test_a_bridge_reads_and_writes_the_messages_of_each_version(
    bridge: TodaysBridge, wire: int
) -> None:
    upload, _ = read_golden(wire, "entries")
    for row in upload["entries"]:
        bridge.journal.append(entries.Entry.from_json(row), "area")
    assert not bridge.fetch()
    _, changes = read_golden(wire, "changes")
    assert bridge.roster.cursor == Cursor(7, "e1", changes["site_digest"])
    assert bridge.roster.unread == frozenset()
    for door in changes["site"]["doors"]:
        known = bridge.roster.door(door["door"])
        assert known is not None
        assert known.to_json() == door
    for row in changes["rows"]:
        holder = bridge.roster.holder(row["holder"])
        assert holder is not None
        assert holder.to_json() == row
    for grant in changes.get("grants", ()):
        area = area_of_code(grant["area"], leaving=grant.get("leaving", False))
        code = bytes.fromhex(grant["kid"]), grant["ts"], area, grant["holder"]
        assert bridge.elsewhere.find(*code) == (True, grant["at"])
    assert bridge.elsewhere.after == changes.get("grants_seen")
    orders = [commands.DoorCommand.from_json(raw).to_json() for raw in bridge.commands]
    assert orders == changes["orders"]
    uploader = Uploader(bridge.journal, bridge.server, threading.Event(), lambda event: None)
    assert uploader.send() == len(upload["entries"])
    assert bridge.journal.waiting() == 0


@every_version
def test_a_bridge_asks_as_each_version_does(bridge: TodaysBridge, wire: int) -> None:
    question, answer = read_golden(wire, "ask")
    asker = Asker(bridge.roster, bridge.server, bridge.reachability)
    thread = threading.Thread(target=asker.run)
    thread.start()
    bridge.reachability.update(True)
    try:
        assert asker.ask(bytes.fromhex(question["kid"]), None, question["door"])
    finally:
        asker.stop()
        thread.join()
    _, holder = bridge.roster.find(bytes.fromhex(question["kid"]))
    assert holder is not None
    assert [holder.to_json()] == answer["rows"]


@every_version
def test_a_message_that_is_read_is_written_the_same(wire: int) -> None:
    _, changes = read_golden(wire, "changes")
    upload, ack = read_golden(wire, "entries")
    assert Changes.from_json(changes).to_json() == changes
    assert entries.Upload.from_json(upload).to_json() == upload
    assert entries.UploadAck.from_json(ack).to_json() == ack
    head = entries.GENESIS
    for row in upload["entries"]:
        assert entries.Entry.from_json(row).to_json() == row
        assert entries.find_unknown(row) == []
        head = entries.hash_entry(head, entries.Entry.from_json(row))
    assert head.hex() == upload["head"]


# The names are those of the release: its modules were called otherwise than today's.
ROUND_TRIP = """
import json, sys
from firmware_bridge.wire import alarms, enrol, entries, orders, roster
given = json.load(sys.stdin)
changes, rows, head = given["changes"]["answer"], given["entries"]["request"]["entries"], bytes(32)
for row in rows:
    head = entries.chain(head, entries.Entry.from_json(row))
json.dump({
    "changes": roster.Changes.from_json(changes).to_json(),
    "holders": [roster.Holder.from_json(row).to_json() for row in changes["rows"]],
    "orders": [orders.Order.from_json(row).to_json() for row in changes["orders"]],
    "entries": [entries.Entry.from_json(row).to_json() for row in rows],
    "head": head.hex(),
    "upload": entries.Upload.from_json(given["entries"]["request"]).to_json(),
    "receipt": entries.Receipt.from_json(given["entries"]["answer"]).to_json(),
    "alarms": alarms.told(alarms.heard(given["changes"]["request"]["alarms"])),
    "signed": enrol.sign_on_message(**{name: given["sign_on"]["request"][name]
                                       for name in ("bridge", "challenge")}).hex(),
}, sys.stdout)
"""


def test_the_released_bridge_reads_and_writes_the_messages_of_its_version(tmp_path: Path) -> None:
    given = {
        name: dict(zip(("request", "answer"), read_golden(1, name), strict=True)) for name in NAMES
    }
    changes, upload = given["changes"]["answer"], given["entries"]["request"]
    written = released.run(released.unpacked(tmp_path), ROUND_TRIP, given)
    signature = bytes.fromhex(given["sign_on"]["request"]["signature"])
    key = Ed25519PrivateKey.from_private_bytes(DEVICE_KEY).public_key()
    key.verify(signature, bytes.fromhex(written.pop("signed")))
    assert written == {
        "changes": changes,
        "holders": changes["rows"],
        "orders": changes["orders"],
        "entries": upload["entries"],
        "head": upload["head"],
        "upload": upload,
        "receipt": given["entries"]["answer"],
        "alarms": given["changes"]["request"]["alarms"],
    }


def test_a_released_bridge_is_small_and_without_a_simulator() -> None:
    for wire in released.PROGRAMS:
        assert released.archive_of(wire).stat().st_size <= released.MOST_BYTES
