"""The server and the door decide alike about a code, by the same rule over the same rows."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire import decide as rule
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import DoorContext
from firmware_bridge.wire.messages.holders import Holder
from firmware_bridge.wire.messages.site import Door
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.version import WIRE
from tests.world.booking import NOW
from tests.world.site import Journal, Phone, Site, a_member, a_pause, a_phone, receive
from zone.access.areas.models import Area
from zone.access.bridges.models import Bridge
from zone.access.check_in import service as check_in
from zone.access.credentials import service as credentials
from zone.access.doors.models import Door as DoorRow
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.roster import queries as roster_queries
from zone.access.roster import service as roster
from zone.booking.reservations.rules import ReservationRequest
from zone.booking.reservations.service import book_space
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.suspensions import service as suspensions
from zone.passes.entitlements.rules import Conditions, UseHours, as_stored
from zone.passes.passes.models import Pass

Case = tuple[object, str, datetime, Reason]
"""A door, the code that is shown at it, the time, and what both are to answer."""


def ts(at: datetime) -> int:
    return int(at.timestamp())


def short(phone: Phone, at: datetime = NOW) -> str:
    return codes.sign_short(phone.key, ts(at))


def at_the_door(site: Site, door: object, text: str, now: datetime, settings: Settings) -> Reason:
    """Return the answer of a door whose bridge has fetched the feed and the site."""
    with writing() as session:
        session.get_one(Bridge, site.bridge).wire = WIRE
        roster.number_marks(session)
    with reading() as session:
        pulled = roster_queries.changes(
            session, site.bridge, after=0, epoch="", site_digest="", now=NOW, settings=settings
        )
    message = json.loads(json.dumps(pulled.to_json()))
    holders = [Holder.from_json(row) for row in message["rows"]]
    here = next(
        sent for sent in map(Door.from_json, message["site"]["doors"]) if sent.door == str(door)
    )
    try:
        token = codes.parse(text.encode())
    except codes.TokenError as error:
        return rule.decide(DoorContext(error, here, None, None), now.timestamp()).reason
    matching = [(key, holder) for holder in holders for key in holder.keys if key.kid == token.kid]
    key, holder = matching[0] if matching else (None, None)
    if key is None and token.cert is not None:
        holder = next((row for row in holders if row.holder == token.cert.holder), None)
    context = DoorContext(
        token,
        here,
        key,
        holder,
        issuers=issuer_queries.issuers(settings.keys),
        roster_at=NOW.timestamp(),
    )
    return rule.decide(context, now.timestamp()).reason


def at_the_server(door: Any, text: str, now: datetime, settings: Settings) -> Reason:
    """Return the answer of the server to a code that is shown at the desk for a door."""
    with reading() as session:
        return check_in.judge(session, door, text.encode(), now, settings=settings).reason


@pytest.fixture
def phone(site: Site, settings: Settings) -> Phone:
    with writing() as session:
        return a_phone(session, a_member(session, site, "student")[0], settings)


def limit_pass(session: Session, member_id: int, conditions: Conditions) -> None:
    held = session.scalars(select(Pass).where(Pass.member_id == member_id)).one()
    held.conditions = as_stored(conditions)
    session.flush()


def cases_of(site: Site, settings: Settings, phone: Phone) -> list[Case]:
    """Return a case for each answer that depends on the code or on the roster."""
    unknown = ec.generate_private_key(ec.SECP256R1())
    with writing() as session:
        without_pass, suspended, lost, resting, early, player = (
            a_phone(session, a_member(session, site, name, with_pass=has_pass)[0], settings)
            for name, has_pass in (
                ("no-pass", False),
                ("suspended", True),
                ("lost", True),
                ("resting", True),
                ("early", True),
                ("player", True),
            )
        )
        limit_pass(session, early.member, Conditions((UseHours((1, 2, 3, 4, 5, 6, 7), 0, 1),)))
        limit_pass(session, player.member, Conditions(activities=("ball_turn",)))
        a_pause(session, resting.member, NOW)
        suspensions.add_suspension(
            session,
            suspended.member,
            reason="x",
            ends_at=None,
            now=NOW,
            recorded_by=suspended.member,
        )
        credentials.revoke_key(session, lost.member, lost.kid, NOW)
    long = codes.sign_long(phone.key, phone.certificate, ts(NOW))
    forged = codes.sign_long(unknown, phone.certificate, ts(NOW))
    of_lost = codes.sign_long(lost.key, lost.certificate, ts(NOW))
    door, night = site.studio_door, NOW + timedelta(hours=12)
    return [
        (door, short(phone), NOW, Reason.GRANTED),
        (door, long, NOW, Reason.GRANTED),
        (door, "hello", NOW, Reason.MALFORMED),
        (door, codes.sign_short(unknown, ts(NOW)), NOW, Reason.UNKNOWN_KEY),
        (door, forged, NOW, Reason.BAD_SIGNATURE),
        (door, short(lost), NOW, Reason.REVOKED),
        (door, of_lost, NOW, Reason.REVOKED),
        (door, short(phone, NOW - timedelta(seconds=31)), NOW, Reason.CODE_EXPIRED),
        (door, short(phone, night), night, Reason.CLOSED),
        (door, short(suspended), NOW, Reason.SUSPENDED),
        (door, short(without_pass), NOW, Reason.NO_RIGHT),
        (door, short(resting), NOW, Reason.PAUSED),
        (door, short(early), NOW, Reason.OUTSIDE_HOURS),
        (door, short(player), NOW, Reason.NOT_BOOKED),
        (site.court_door, short(phone), NOW, Reason.NOT_BOOKED),
    ]


def check_server_and_door_agree(site: Site, settings: Settings, phone: Phone) -> None:
    for door, text, now, expected in cases_of(site, settings, phone):
        assert at_the_server(door, text, now, settings) == expected
        assert at_the_door(site, door, text, now, settings) == expected


def test_the_server_judges_a_code_as_the_door_does(
    site: Site, settings: Settings, phone: Phone
) -> None:
    check_server_and_door_agree(site, settings, phone)


@pytest.mark.thorough
@pytest.mark.planted_fault("a second copy of the rule that differs")
def test_a_second_copy_of_the_rule_fails_the_check(
    site: Site, settings: Settings, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = rule.decide

    def outdated_copy(context: DoorContext, now: float) -> rule.Decision:
        """A copy of the rule from before there were suspensions."""
        answer = genuine(context, now)
        if answer.reason is Reason.SUSPENDED:
            return rule.Decision(True, Reason.GRANTED, answer.kid, answer.holder)
        return answer

    monkeypatch.setattr(check_in, "decide", outdated_copy)
    with pytest.raises(AssertionError):
        check_server_and_door_agree(site, settings, phone)


def test_a_booking_opens_the_court(site: Site, settings: Settings, phone: Phone) -> None:
    start = NOW + timedelta(hours=1)
    with writing() as session:
        book_space(
            session,
            member_id=phone.member,
            requested=ReservationRequest(site.world.hall_public, start, 60),
            now=NOW,
        )
    early, in_time = start - timedelta(minutes=16), start - timedelta(minutes=15)
    assert at_the_server(site.court_door, short(phone, early), early, settings) == Reason.NOT_BOOKED
    assert (
        at_the_server(site.court_door, short(phone, in_time), in_time, settings) == Reason.GRANTED
    )


def test_a_code_that_a_door_has_granted_is_replayed_at_the_server(
    site: Site, settings: Settings, phone: Phone
) -> None:
    journal = Journal(site.studio_door)
    journal.scan(phone.holder, NOW, kid=phone.kid)
    receive(site.bridge, journal.upload(), NOW)
    assert at_the_server(site.studio_door, short(phone), NOW, settings) == Reason.REPLAYED
    assert at_the_server(site.other_door, short(phone), NOW, settings) == Reason.REPLAYED
    assert at_the_server(site.lobby_door, short(phone), NOW, settings) == Reason.GRANTED


def test_hard_anti_passback_refuses_a_second_entry(
    site: Site, settings: Settings, phone: Phone
) -> None:
    with writing() as session:
        session.execute(update(Area).where(Area.id == site.studio).values(passback="hard"))
    journal = Journal(site.studio_door)
    journal.scan(phone.holder, NOW, kid=phone.kid)
    receive(site.bridge, journal.upload(), NOW)
    soon, later = NOW + timedelta(seconds=20), NOW + timedelta(seconds=61)
    assert (
        at_the_server(site.studio_door, short(phone, soon), soon, settings) == Reason.ANTI_PASSBACK
    )
    assert at_the_server(site.studio_door, short(phone, later), later, settings) == Reason.GRANTED


def test_a_second_phone_of_the_same_person_is_the_same_person(
    site: Site, settings: Settings, phone: Phone
) -> None:
    with writing() as session:
        session.execute(update(Area).where(Area.id == site.studio).values(passback="hard"))
        second = a_phone(session, phone.member, settings)
    journal = Journal(site.studio_door)
    journal.scan(phone.holder, NOW, kid=phone.kid)
    receive(site.bridge, journal.upload(), NOW)
    soon = NOW + timedelta(seconds=20)
    assert (
        at_the_server(site.studio_door, short(second, soon), soon, settings) == Reason.ANTI_PASSBACK
    )


def test_a_blocked_door_is_blocked_at_the_server_too(
    site: Site, settings: Settings, phone: Phone
) -> None:
    with writing() as session:
        session.execute(
            update(DoorRow).where(DoorRow.public_id == site.studio_door).values(state="blocked")
        )
    assert at_the_server(site.studio_door, short(phone), NOW, settings) == Reason.DOOR_BLOCKED


def test_a_revoked_key_stays_refused_until_its_certificate_ends(
    site: Site, settings: Settings, phone: Phone
) -> None:
    with writing() as session:
        credentials.revoke_key(session, phone.member, phone.kid, NOW)
    # A phone's certificate is good for 400 days; without its key it says nothing any more.
    for days, known in ((399, True), (400, False)):
        with reading() as session:
            (holder,) = roster_queries.holders(session, [phone.member], NOW + timedelta(days=days))
        assert bool(holder.keys) is known
