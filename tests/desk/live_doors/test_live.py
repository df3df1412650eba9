"""The live doors: the newest scans, refusals to deal with, offline bridges."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, update

from firmware_bridge.wire.reasons import Reason
from tests.world.counter import Desk, Person, a_person, audited, call, count
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.site import Journal, receive
from zone.access.bridges.models import Bridge
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.desk.live_doors import queries as live_doors_queries
from zone.desk.live_doors import service as live_doors
from zone.desk.live_doors.models import HandledDenial
from zone.desk.live_doors.rules import REMEDIES, remedy_of

pytestmark = pytest.mark.engines("sqlite")


def live(desk: Desk) -> dict[str, Any]:
    answer = desk.staff.get("/api/v1/desk/doors")
    assert answer.status_code == 200
    shown: dict[str, Any] = answer.get_json()
    return shown


def scans(desk: Desk, person: Person, *granted: bool) -> list[str]:
    """Upload scans of a person, a minute apart until now, and return their ids."""
    journal, now = Journal(desk.site.studio_door), utc_now()
    for number, is_granted in enumerate(granted):
        journal.scan(
            person.holder, now - timedelta(minutes=len(granted) - number), granted=is_granted
        )
    receive(desk.site.bridge, journal.upload(), now)
    return [entry.uuid for entry in journal.rows]


def test_the_newest_comes_first_with_result_reason_and_what_to_do(
    desk: Desk, person: Person
) -> None:
    ids = scans(desk, person, True, False)
    newest = live(desk)["newest"]
    assert [row["id"] for row in newest] == ids[::-1]
    assert (newest[0]["granted"], newest[0]["reason"], newest[0]["remedy"]) == (
        False,
        "expired",
        "sell",
    )
    assert newest[0]["detail"].startswith("Your pass has ended")


def test_only_refused_people_are_named(desk: Desk, person: Person) -> None:
    scans(desk, person, True, False)
    refused, let_in = live(desk)["newest"]
    assert (refused["name"], refused["person"]) == ("matti", str(person.public))
    assert (let_in["name"], let_in["person"]) == (None, None)


def test_a_refusal_stays_until_somebody_has_handled_it(desk: Desk, person: Person) -> None:
    (entry,) = scans(desk, person, False)
    assert [row["id"] for row in live(desk)["waiting"]] == [entry]
    for _ in range(2):
        assert call(desk.staff, f"/denials/{entry}/handled", {}).status_code == 204
    assert live(desk)["waiting"] == []
    assert [row["id"] for row in live(desk)["newest"]] == [entry]
    assert (count(HandledDenial), audited("denial.handle")) == (1, 1)


def test_who_was_granted_in_vain_is_named_and_waits_until_a_scan_that_opens(
    desk: Desk, person: Person
) -> None:
    journal, at = Journal(desk.site.studio_door), utc_now() - timedelta(minutes=9)
    journal.not_opened(journal.scan(person.holder, at), "relay_fault")
    receive(desk.site.bridge, journal.upload(), utc_now())
    for shown in (live(desk)["waiting"], live(desk)["newest"]):
        (row,) = shown
        assert (row["granted"], row["reason"], row["remedy"], row["name"]) == (
            False,
            "door_fault",
            "check_in",
            "matti",
        )
        assert row["detail"].startswith("The lock of this door does not answer")
    journal.scan(person.holder, at + timedelta(minutes=4))
    receive(desk.site.bridge, journal.upload(3), utc_now())
    with reading() as session:
        assert live_doors_queries.board(session, "en", utc_now()).cards == []


def test_only_a_refusal_can_be_handled(desk: Desk, person: Person) -> None:
    (entry,) = scans(desk, person, True)
    assert call(desk.staff, f"/denials/{entry}/handled", {}).status_code == 404
    assert call(desk.staff, f"/denials/{uuid.uuid4()}/handled", {}).status_code == 404


def check_two_desks_handle_once(app: Flask, desk: Desk, person: Person) -> None:
    (entry,) = scans(desk, person, False)

    def handle() -> None:
        with writing() as session:
            live_doors.handle_denial(
                session, an_actor(desk.staff_id, "desk"), uuid.UUID(entry), now=utc_now()
            )

    at_once(app, [handle] * 8)
    assert (count(HandledDenial), audited("denial.handle")) == (1, 1)


@pytest.mark.engines("sqlite", "postgresql")
def test_desks_that_handle_the_same_refusal_at_once_leave_one_mark(
    app: Flask, desk: Desk, person: Person
) -> None:
    check_two_desks_handle_once(app, desk, person)


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("no check for an earlier mark")
def test_without_a_check_for_an_earlier_mark_there_are_several(
    app: Flask, desk: Desk, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_doors, "insert_new", lambda *_: [object()])
    with pytest.raises(AssertionError):
        check_two_desks_handle_once(app, desk, person)


def test_an_offline_bridge_is_shown_with_its_last_contact(desk: Desk) -> None:
    def offline_with_contact(at: datetime) -> list[dict[str, Any]]:
        with writing() as session:
            session.execute(
                update(Bridge)
                .where(Bridge.id == desk.site.bridge)
                .values(enrolled_at=now, seen_at=at)
            )
        bridges: list[dict[str, Any]] = live(desk)["silent"]
        return bridges

    now = utc_now()
    assert offline_with_contact(now) == []
    since = now - timedelta(hours=1)
    assert [datetime.fromisoformat(bridge["since"]) for bridge in offline_with_contact(since)] == [
        since
    ]


def test_the_live_doors_take_three_statements_for_any_number_of_scans(
    desk: Desk, person: Person
) -> None:
    def statements() -> int:
        statements_seen: list[str] = []
        with reading() as session:
            event.listen(
                session.connection(),
                "before_cursor_execute",
                lambda *args: statements_seen.append(args[2]),
            )
            live_doors_queries.live(session, "en", utc_now())
        return len(statements_seen)

    assert statements() == 3
    scans(desk, person, *[False, True] * 20)
    assert statements() == 3
    shown = live(desk)
    assert (len(shown["newest"]), len(shown["waiting"])) == (live_doors_queries.NEWEST, 20)


def test_every_refusal_has_a_remedy() -> None:
    assert set(REMEDIES) == set(Reason) - {Reason.GRANTED}
    assert remedy_of("granted") is None
    assert remedy_of("a reason of a later version") is None
    assert live_doors_queries.reason_text("a reason of a later version", "en") == ""


def test_a_refusal_without_a_verified_key_names_nobody(desk: Desk) -> None:
    journal = Journal(desk.site.studio_door)
    shown = journal.scan(a_person(desk).holder, utc_now(), granted=False)
    journal.rows[-1] = replace(shown, holder=None, kid=None, ts=None, reason=Reason.BAD_SIGNATURE)
    receive(desk.site.bridge, journal.upload(), utc_now())
    (row,) = live(desk)["waiting"]
    assert (row["person"], row["name"]) == (None, None)
    assert "Somebody without a known pass" in desk.staff.get("/desk").text
