"""A word of another version puts one door or person on the safe side, and nothing else."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.cli import main
from firmware_bridge.door.answer import Answer
from firmware_bridge.store import roster as roster_module
from firmware_bridge.store.journal import FORMAT
from firmware_bridge.store.roster import Cursor, Roster
from firmware_bridge.wire.messages import changes as feed
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.entries import hash_text
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.holders import Right
from firmware_bridge.wire.messages.site import Site
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.version import WIRE
from tests.world import released
from tests.world.rig import DOOR, OTHER_DOOR, SITE, Phone, Rig, Stand

DAY = 86400


class NewerServer:
    """A server of a newer version: pages with words that this version does not know."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.version = stand, 1

    def send(self, *rows: object, site: object = None, snapshot: bool = False) -> None:
        self.version += 1
        page = {
            "epoch": "e",
            "version": self.version,
            "snapshot": snapshot,
            "more": False,
            "rows": list(rows),
            "site": site,
            "site_digest": f"d{self.version}",
            "orders": [],
        }
        changes = Changes.from_json(json.loads(json.dumps(page)))
        self.stand.roster.apply(changes, self.stand.clock.now())

    def scan(self, phone: Phone, door: str = DOOR) -> Answer:
        self.stand.clock.step(5)
        return self.stand.new_door(door).handle_scan(self.stand.code(phone).encode())


@pytest.fixture
def server(stand: Stand) -> NewerServer:
    return NewerServer(stand)


def site_with(of_door: dict[str, Any] | None = None, **of_area: object) -> dict[str, Any]:
    """The site, with other fields at the side door."""
    site: dict[str, Any] = SITE.to_json()
    site["doors"][1] |= of_door or {}
    site["doors"][1]["area"] |= of_area
    return site


def a_phone(server: NewerServer) -> Phone:
    """A phone whose right lasts for as long as any test."""
    at = int(server.stand.clock.now())
    return Phone(Right("gym", (), at - DAY, at + 100 * DAY))


def check_one_door_is_on_its_safe_side(server: NewerServer) -> None:
    """An unknown state shuts its own door only, and people go on coming in after a week."""
    phone, stand = a_phone(server), server.stand
    server.send(site=site_with({"state": "night"}))
    for _ in range(9):
        stand.clock.step(DAY)
        server.send(phone.holder.to_json(), site=site_with({"state": "night"}))
        assert server.scan(phone).decision.granted
        assert server.scan(phone, OTHER_DOOR).decision.reason is Reason.DOOR_BLOCKED
    assert stand.roster.unread == {OTHER_DOOR}


def test_an_unknown_state_shuts_one_door_and_nothing_else(server: NewerServer) -> None:
    check_one_door_is_on_its_safe_side(server)


@pytest.mark.planted_fault("a page is read as a whole or not at all")
def test_a_page_that_is_read_as_a_whole_fails_the_check(
    server: NewerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "read_site", lambda raw: (Site.from_json(raw), ()))
    with pytest.raises(MessageError, match="state"):
        check_one_door_is_on_its_safe_side(server)


def test_the_door_opens_again_when_its_state_is_known(server: NewerServer) -> None:
    phone = a_phone(server)
    server.send(phone.holder.to_json(), site=site_with({"state": "night"}))
    server.send(site=site_with())
    assert server.scan(phone, OTHER_DOOR).decision.granted
    assert server.stand.roster.unread == frozenset()


def test_an_unknown_passback_mode_refuses_who_has_just_come_in(server: NewerServer) -> None:
    phone, other = a_phone(server), a_phone(server)
    rows = (phone.holder.to_json(), other.holder.to_json())
    server.send(*rows, site=site_with(passback="whole_house", passback_seconds=60))
    assert server.scan(phone, OTHER_DOOR).decision.granted
    assert server.scan(phone, OTHER_DOOR).decision.reason is Reason.ANTI_PASSBACK
    assert server.scan(other, OTHER_DOOR).decision.granted
    assert server.stand.roster.unread == {OTHER_DOOR}


@pytest.mark.parametrize(
    ("of_door", "of_area"),
    [
        ({"strike_ms": 90_000}, {}),
        ({"strike_ms": "long"}, {}),
        ({"name": None}, {}),
        ({"area": "gym"}, {}),
        ({"state": ["night"]}, {}),
        ({}, {"needs_booking": "perhaps"}),
        ({}, {"sensitive": None}),
        ({}, {"windows": [[1]]}),
        ({}, {"windows": "daylight"}),
        ({}, {"passback_seconds": 10**6}),
        ({}, {"kinds": [{"kind": "gym"}]}),
    ],
)
def test_a_door_with_a_field_that_cannot_be_read_is_shut(
    server: NewerServer, of_door: dict[str, Any], of_area: dict[str, Any]
) -> None:
    phone = a_phone(server)
    site = site_with(**of_area)
    site["doors"][1] |= of_door
    server.send(phone.holder.to_json(), site=site)
    assert server.scan(phone).decision.granted
    assert server.scan(phone, OTHER_DOOR).decision.reason is Reason.DOOR_BLOCKED
    assert server.stand.roster.unread == {OTHER_DOOR}


def test_a_door_without_a_name_of_its_own_shuts_only_itself(server: NewerServer) -> None:
    phone = a_phone(server)
    server.send(phone.holder.to_json(), site=site_with({"door": 7}))
    assert server.scan(phone).decision.granted
    assert server.scan(phone, OTHER_DOOR).decision.reason is Reason.DOOR_BLOCKED
    assert server.stand.roster.unread == {""}


@pytest.mark.parametrize("issuers", [{"1": "ab"}, {"old": "00" * 32}, {"1": {"alg": "new"}}])
def test_an_issuer_that_cannot_be_read_leaves_doors_and_other_issuers(
    server: NewerServer, issuers: dict[str, Any]
) -> None:
    phone, site = a_phone(server), SITE.to_json()
    site["issuers"] = {**issuers, "2": SITE.issuers[1].hex()}
    server.send(phone.holder.to_json(), site=site)
    assert server.scan(phone).decision.granted
    assert server.stand.roster.issuers.keys() == {2}
    assert server.stand.roster.unread == {""}


@pytest.mark.parametrize("site", ["site", [], {}, {"doors": {}, "issuers": {}}, {"doors": []}])
def test_a_site_of_another_shape_leaves_the_doors_as_they_were(
    server: NewerServer, site: object
) -> None:
    phone = a_phone(server)
    server.send(phone.holder.to_json(), site=site)
    assert server.scan(phone).decision.granted
    assert server.stand.roster.unread == {""}
    # It is not asked for again every second.
    assert server.stand.roster.cursor.site_digest == f"d{server.version}"


# People.


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"suspended": "until_monday"}, Reason.SUSPENDED),
        ({"suspended": None}, Reason.SUSPENDED),
        ({"keys": "none"}, Reason.UNKNOWN_KEY),
        ({"rights": "all"}, Reason.NO_RIGHT),
        ({"rights": [{"kind": "gym", "campuses": [], "nbf": "dawn", "exp": 2}]}, Reason.NO_RIGHT),
    ],
)
def test_a_row_with_an_unreadable_part_gives_nobody_more_than_they_have(
    server: NewerServer, change: dict[str, Any], reason: Reason
) -> None:
    phone, other = a_phone(server), a_phone(server)
    server.send(phone.holder.to_json())
    assert server.scan(phone).decision.granted
    server.send(phone.holder.to_json() | change, other.holder.to_json())
    assert server.scan(phone).decision.reason is reason
    assert server.scan(other).decision.granted
    assert server.stand.roster.unread == {""}


@pytest.mark.parametrize("name", ["pauses", "hours", "sessions"])
@pytest.mark.parametrize("given", ["all", [{"kind": "gym", "campuses": [], "nbf": "dawn"}]])
def test_a_pause_or_limit_that_cannot_be_read_is_left_out_and_takes_nothing(
    server: NewerServer, name: str, given: object
) -> None:
    phone = a_phone(server)
    server.send(phone.holder.to_json() | {name: given})
    assert server.scan(phone).decision.granted
    assert server.stand.roster.unread == {""}


def test_an_unreadable_key_is_revoked_and_not_accepted_by_its_certificate(
    server: NewerServer,
) -> None:
    phone = a_phone(server)
    row: dict[str, Any] = phone.holder.to_json()
    row["keys"][0]["point"] = {"curve": "of tomorrow"}
    server.send(row)
    line = phone.long_code().encode()
    assert server.stand.new_door(DOOR).handle_scan(line).decision.reason is Reason.REVOKED


def test_a_key_without_an_id_suspends_its_holder(server: NewerServer) -> None:
    phone = a_phone(server)
    row: dict[str, Any] = phone.holder.to_json()
    row["keys"].append({"curve": "of tomorrow"})
    server.send(row)
    assert server.scan(phone).decision.reason is Reason.SUSPENDED


def test_what_can_be_read_of_a_row_holds(server: NewerServer) -> None:
    phone = a_phone(server)
    row: dict[str, Any] = phone.holder.to_json()
    row["rights"].append({"kind": "sauna", "hours": "evening"})
    row["slots"].append("monday")
    server.send(row | {"colour": "blue"})
    assert server.scan(phone).decision.granted


# Restarts, with another version of the program.


def test_a_row_that_is_fetched_at_each_scan_is_set_aside_once(stand: Stand, phone: Phone) -> None:
    raw = phone.holder.to_json() | {"rights": [{"kind": "night"}]}
    for _ in range(5):
        assert stand.roster.apply_rows([raw])
    count = "SELECT count(*) FROM set_aside"
    assert stand.roster._db.execute(count).fetchone() == (1,)


def test_after_a_restart_the_server_is_asked_again_for_what_was_not_read(
    tmp_path: Path, stand: Stand
) -> None:
    folder = tmp_path / "other"
    phone, roster = Phone(), Roster(folder)
    page = Changes("e", 5, True, False, (phone.holder.to_json(),), SITE, "d")
    roster.apply(page, stand.clock.now())
    night = replace(SITE.doors[1], state="night")
    raw = replace(page, snapshot=False, site=replace(SITE, doors=(SITE.doors[0], night)))
    roster.apply(Changes.from_json(raw.to_json()), stand.clock.now())
    assert roster.cursor.site_digest == "d"
    roster.close()
    roster = Roster(folder)
    assert (roster.cursor.version, roster.cursor.site_digest) == (5, "")
    blocked = roster.door(OTHER_DOOR)
    assert blocked is not None
    assert blocked.state == "blocked"
    row = phone.holder.to_json() | {"suspended": "until_monday"}
    roster.apply(replace(page, version=6, snapshot=False, rows=(row,)), stand.clock.now())
    roster.close()
    roster = Roster(folder)
    # As a bridge without a roster: the answer is a snapshot, and until then the old one holds.
    assert (roster.cursor.version, roster.cursor.epoch) == (0, "")
    assert roster.find(phone.kid)[1] == replace(phone.holder, suspended=True)
    roster.apply(replace(page, version=7), stand.clock.now())
    roster.close()
    roster = Roster(folder)
    assert (roster.cursor.version, roster.cursor.epoch) == (7, "e")
    roster.close()


def test_what_another_version_has_read_is_fetched_again(
    tmp_path: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves out fields that it does not know: who needs more time at doors, for one."""
    folder = tmp_path / "other"
    phone = Phone()
    pause = replace(phone.holder.rights[0], exp=phone.holder.rights[0].nbf + 60)
    limits = (pause,)
    holder = replace(phone.holder, more_time=True, pauses=limits, hours=limits, sessions=limits)
    page = Changes("e", 5, True, False, (holder.to_json(),), SITE, "d")
    roster = Roster(folder)
    roster.apply(page, stand.clock.now())
    roster.close()
    older = sqlite3.connect(folder / "roster.sqlite")
    with older:
        body = json.dumps(phone.holder.to_json())
        older.execute("UPDATE holder SET body = ?", (body,))
        older.execute("UPDATE meta SET value = 6 WHERE name = 'version'")
    older.close()
    roster = Roster(folder)
    assert roster.cursor == Cursor()
    assert roster.find(phone.kid)[1] == phone.holder, "until then the old one holds"
    roster.apply(replace(page, version=7), stand.clock.now())
    roster.close()
    roster = Roster(folder)
    assert (roster.find(phone.kid)[1], roster.cursor) == (holder, Cursor(7, "e", "d"))
    roster.close()
    monkeypatch.setattr(roster_module, "WIRE", WIRE + 1)
    newer = Roster(folder)
    assert newer.cursor == Cursor()
    newer.close()


OPEN_STORES = """
import json, sys
from pathlib import Path
from firmware_bridge.store.journal import Journal
from firmware_bridge.store import roster as roster_module
from firmware_bridge.store.roster import Cursor, Roster
folder, door, kid = json.load(sys.stdin)
roster, journal = Roster(Path(folder)), Journal(Path(folder))
known = roster.find(bytes.fromhex(kid))[1]
state = roster.door(door).state
json.dump([state, known.holder, known.suspended, journal.verify_chain()], sys.stdout)
"""


def test_the_released_bridge_starts_on_the_stores_of_a_newer_one(
    server: NewerServer, tmp_path: Path
) -> None:
    """A site may go back to the version before, also after words that it does not know."""
    phone = a_phone(server)
    suspended = phone.holder.to_json() | {"suspended": "until_monday"}
    server.send(suspended, site=site_with({"state": "night"}, passback="whole_house"))
    server.scan(phone)
    server.stand.close()
    given = [str(server.stand.folder), OTHER_DOOR, phone.kid.hex()]
    found = released.run(released.unpacked(tmp_path), OPEN_STORES, given)
    assert found == ["blocked", phone.holder.holder, True, 1]
    server.stand.restart()
    assert server.stand.journal.verify_chain() == 1


def test_an_entry_of_a_newer_bridge_does_not_break_the_chain_of_an_older(
    server: NewerServer,
) -> None:
    """An older program over a newer journal starts, and sends its entries as they are."""
    server.scan(a_phone(server))
    journal = server.stand.journal
    (body, before) = journal._db.execute("SELECT body, hash FROM entry").fetchone()
    newer = json.dumps(
        json.loads(body) | {"seq": 2, "kind": "tailgated", "lux": 4},
        sort_keys=True,
        separators=(",", ":"),
    )
    journal._db.execute(
        "INSERT INTO entry SELECT 2, ?, ?, occurred_at, 0, NULL, NULL, area FROM entry",
        (newer, hash_text(before, newer)),
    )
    server.stand.restart()
    assert server.stand.journal.verify_chain() == 2
    batch = server.stand.journal.batch()
    assert batch is not None
    assert batch.upload.rows[1] == json.loads(newer)


# A version of before, on the folder of a newer one.


def test_what_a_newer_version_has_added_is_left_as_it_is(stand: Stand) -> None:
    """Further tables and settings: the older one goes on, and the newer finds them again."""
    stand.scan(stand.code(a_phone(NewerServer(stand))))
    stand.journal._db.execute("CREATE TABLE of_tomorrow (name TEXT)")
    stand.journal._db.execute("INSERT INTO of_tomorrow VALUES ('kept')")
    stand.journal.save_setting("of_tomorrow", "kept too")
    before = stand.entries()
    stand.restart()
    stand.scan("no code")
    assert stand.entries()[: len(before)] == before
    assert stand.journal.verify_chain() == len(before) + 1
    assert stand.journal.setting("of_tomorrow") == "kept too"
    kept = stand.journal._db.execute("SELECT name FROM of_tomorrow").fetchall()
    assert kept == [("kept",)]


def test_a_folder_that_this_version_cannot_go_on_with_is_refused_and_left_alone(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rig.folder / "data" / "journal.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {FORMAT + 1}")
        before = list(database.iterdump())
    for command in ("run", "doctor", "rotate", "trust", "adopt"):
        assert main([command, "--config", str(rig.config)]) == 2
        assert "install the newer one again" in capsys.readouterr().err
    with closing(sqlite3.connect(path)) as database:
        assert list(database.iterdump()) == before
