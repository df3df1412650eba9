"""Bridges miss no change, also of late commits; the feed has pseudonyms, keys and rights only."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.holders import Holder
from firmware_bridge.wire.messages.site import Site as WireSite
from firmware_bridge.wire.version import LIMITS_WIRE, PAUSE_WIRE, WIRE
from tests.world.booking import NOW, a_session
from tests.world.conditions import set_conditions
from tests.world.races import at_once
from tests.world.site import START, Site, a_member, a_pause, a_phone
from zone.access.areas import service as areas
from zone.access.credentials import service as credentials
from zone.access.doors import service as doors
from zone.access.issuer_keys import service as issuer_keys
from zone.access.roster import queries as roster_queries
from zone.access.roster import service as roster
from zone.access.roster.models import Feed
from zone.booking.reservations.rules import ReservationRequest
from zone.booking.reservations.service import book_space
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.members.people import service as people
from zone.members.people.models import Member
from zone.members.roster_marks.models import RosterMark
from zone.members.roster_marks.service import delete_replaced_marks, mark_roster
from zone.members.suspensions import service as suspensions
from zone.passes.entitlements.rules import EVERY_DAY, Conditions, UseHours


def pull(
    site: Site, settings: Settings, after: int = 0, epoch: str = "", digest: str = ""
) -> Changes:
    """One poll of a bridge, encoded to JSON and back."""
    with writing() as session:
        roster.number_marks(session)
    with reading() as session:
        changes = roster_queries.changes(
            session,
            site.bridge,
            after=after,
            epoch=epoch,
            site_digest=digest,
            now=NOW,
            settings=settings,
        )
    return Changes.from_json(json.loads(json.dumps(changes.to_json())))


def holders_in(changes: Changes) -> list[int]:
    return [Holder.from_json(row).holder for row in changes.rows]


@contextmanager
def a_transaction() -> Iterator[Session]:
    """A separate transaction that ends when the test commits it."""
    with Session(db.engine) as session:
        yield session


def check_a_late_commit_is_not_skipped(site: Site, settings: Settings) -> None:
    """The first of two writers to mark commits last, after the bridge has read the other mark."""
    with writing() as session:
        (slow, slow_holder), (quick, quick_holder) = (
            a_member(session, site, "slow"),
            a_member(session, site, "quick"),
        )
    seen = pull(site, settings)
    with a_transaction() as late, a_transaction() as early:
        mark_roster(late, [slow], NOW)
        mark_roster(early, [quick], NOW)
        early.commit()
        first = pull(site, settings, seen.version, seen.epoch)
        late.commit()
    second = pull(site, settings, first.version, first.epoch)
    assert holders_in(first) == [quick_holder]
    assert holders_in(second) == [slow_holder]


# SQLite's writers are one at a time: nothing commits late.
@pytest.mark.engines("postgresql")
def test_a_change_that_commits_late_reaches_the_bridge(site: Site, settings: Settings) -> None:
    check_a_late_commit_is_not_skipped(site, settings)


# SQLite's writers are one at a time: nothing commits late.
@pytest.mark.thorough
@pytest.mark.engines("postgresql")
@pytest.mark.planted_fault("changes are numbered by a plain sequence")
def test_versions_from_a_sequence_skip_the_late_commit(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_sequence(session: Session) -> int:
        held = roster._lock_feed(session)
        session.execute(
            update(RosterMark).where(RosterMark.version.is_(None)).values(version=RosterMark.id)
        )
        held.version = session.scalar(select(func.max(RosterMark.version))) or 0
        session.flush()
        return held.version

    monkeypatch.setattr(roster, "number_marks", by_sequence)
    with pytest.raises(AssertionError):
        check_a_late_commit_is_not_skipped(site, settings)


@pytest.mark.engines("sqlite", "postgresql")
def test_concurrent_polls_give_each_mark_one_version(
    app: Flask, site: Site, settings: Settings
) -> None:
    with writing() as session:
        members = [a_member(session, site, f"m{n}")[0] for n in range(5)]
        mark_roster(session, members, NOW)
    at_once(app, [lambda: pull(site, settings)] * 4)
    with reading() as session:
        versions = list(session.scalars(select(RosterMark.version).order_by(RosterMark.version)))
    assert versions == list(range(1, len(versions) + 1))


def test_a_poll_without_changes_writes_nothing(site: Site, settings: Settings) -> None:
    pull(site, settings)
    with reading() as session:
        assert not roster_queries.has_unnumbered_marks(session)
    with writing() as session:
        mark_roster(session, [a_member(session, site, "new")[0]], NOW)
    with reading() as session:
        assert roster_queries.has_unnumbered_marks(session)


def test_a_change_commits_with_its_mark(site: Site, settings: Settings) -> None:
    with writing() as session:
        member, holder = a_member(session, site, "student")
        phone = a_phone(session, member, settings)
    changes = pull(site, settings)
    (row,) = [Holder.from_json(row) for row in changes.rows]
    assert (row.holder, [key.kid for key in row.keys]) == (holder, [phone.kid])
    assert {right.kind for right in row.rights} == {"gym", "class", "court"}
    with writing() as session:
        credentials.revoke_key(session, member, phone.kid, NOW)
    (row,) = [
        Holder.from_json(row) for row in pull(site, settings, changes.version, changes.epoch).rows
    ]
    assert [key.revoked for key in row.keys] == [True]


def test_a_snapshot_comes_in_pages_and_is_whole(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster_queries, "PAGE", 3)
    with writing() as session:
        people = {a_member(session, site, f"m{n}")[1] for n in range(8)}
        nobody = a_member(session, site, "no-pass", with_pass=False)
        mark_roster(session, [nobody[0]], NOW)
    pages = [pull(site, settings)]
    while pages[-1].more:
        pages.append(pull(site, settings, pages[-1].version, pages[-1].epoch))
    assert [page.snapshot for page in pages] == [True, False, False]
    listed = [holder for page in pages for holder in holders_in(page)]
    assert people <= set(listed)
    assert len(listed) == len(set(listed))


def test_a_snapshot_has_rows_of_members_with_keys_or_rights_only(
    site: Site, settings: Settings
) -> None:
    with writing() as session:
        _, holder = a_member(session, site, "student")
        nobody, _ = a_member(session, site, "no-pass", with_pass=False)
        mark_roster(session, [nobody], NOW)
    assert holders_in(pull(site, settings)) == [holder]


def test_after_a_new_epoch_bridges_get_a_snapshot(site: Site, settings: Settings) -> None:
    with writing() as session:
        _, holder = a_member(session, site, "student")
    first = pull(site, settings)
    assert pull(site, settings, first.version, first.epoch).rows == ()
    with writing() as session:
        roster.new_epoch(session)
    again = pull(site, settings, first.version, first.epoch)
    assert again.snapshot
    assert holders_in(again) == [holder]


def test_a_bridge_ahead_of_the_feed_gets_a_snapshot(site: Site, settings: Settings) -> None:
    first = pull(site, settings)
    assert pull(site, settings, first.version + 1, first.epoch).snapshot


def test_a_compacted_log_gives_the_same_roster(site: Site, settings: Settings) -> None:
    with writing() as session:
        members = [a_member(session, site, f"m{n}")[0] for n in range(4)]
    early = pull(site, settings)
    for _ in range(3):
        with writing() as session:
            mark_roster(session, members[:2], NOW)
        pull(site, settings)
    before = set(holders_in(pull(site, settings)))
    with writing() as session:
        delete_replaced_marks(session)
        assert session.scalar(select(func.count()).select_from(RosterMark)) == 4
    assert set(holders_in(pull(site, settings))) == before
    assert len(holders_in(pull(site, settings, early.version, early.epoch))) == 2


def test_the_site_is_sent_only_when_it_has_changed(site: Site, settings: Settings) -> None:
    issuer_keys.ensure_issuer(settings.keys)
    first = pull(site, settings)
    assert first.site is not None
    assert pull(site, settings, digest=first.site_digest).site is None
    issuer_keys.add_issuer(settings.keys, NOW)
    changed = pull(site, settings, digest=first.site_digest).site
    assert changed is not None
    assert list(changed.issuers) == [1, 2]


def test_the_site_stays_the_same_all_day_and_reaches_8_days_ahead(
    site: Site, settings: Settings
) -> None:
    with reading() as session:
        morning, evening, tomorrow = (
            roster_queries.site_of_bridge(
                session, site.bridge, WIRE, NOW + timedelta(hours=hours), settings.keys
            )
            for hours in (0, 11, 24)
        )
    assert (
        roster_queries.digest_of_site(morning)
        == roster_queries.digest_of_site(evening)
        != roster_queries.digest_of_site(tomorrow)
    )
    windows = morning.doors[0].area.windows
    assert windows is not None
    assert windows[-1][1] >= (NOW + timedelta(days=8)).timestamp()
    assert any(start <= NOW.timestamp() < end for start, end in windows)


def test_an_area_outside_opening_hours_is_always_open(site: Site, settings: Settings) -> None:
    with writing() as session:
        area = areas.create_area(
            session, campus_id=site.world.campus, name="Yard", kinds=["gym"], always_open=True
        )
        doors.create_door(session, area_id=area.id, bridge_id=site.bridge, name="Gate")
        gate = roster_queries.site_of_bridge(session, site.bridge, WIRE, NOW, settings.keys).doors[
            -1
        ]
    assert gate.area.windows is None


def test_a_booking_opens_its_area_15_minutes_early(site: Site, settings: Settings) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "student")
        book_space(
            session,
            member_id=member,
            requested=ReservationRequest(site.world.hall_public, START, 60),
            now=NOW,
        )
        (holder,) = roster_queries.holders(session, [member], NOW)
    (slot,) = holder.slots
    assert slot.nbf == int((START - timedelta(minutes=15)).timestamp())
    assert slot.exp == int((START + timedelta(hours=1)).timestamp())


def test_a_class_in_an_area_without_bookings_makes_no_slot(site: Site) -> None:
    with writing() as session:
        a_session(session, site.world, start=START)
        (holder,) = roster_queries.holders(session, [a_member(session, site, "student")[0]], NOW)
    assert holder.slots == ()


def test_who_needs_more_time_at_doors_is_told_to_the_doors_at_once(
    site: Site, settings: Settings
) -> None:
    with writing() as session:
        member, _holder = a_member(session, site, "slow")
    first = pull(site, settings)
    assert [Holder.from_json(row).more_time for row in first.rows] == [False]
    for chosen in (True, True, False):
        with writing() as session:
            people.update_member(session, member, more_time=chosen, now=NOW)
        news = pull(site, settings, first.version, first.epoch)
        assert [Holder.from_json(row).more_time for row in news.rows] == [chosen]
    assert news.version == first.version + 2, "what changes nothing is no news"


def test_a_suspension_reaches_the_doors_and_ends(site: Site, settings: Settings) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "student")
        until = NOW + timedelta(days=1)
        suspensions.add_suspension(
            session, member, reason="shared the pass", ends_at=until, now=NOW, recorded_by=member
        )
        assert roster_queries.holders(session, [member], NOW)[0].suspended
        assert not roster_queries.holders(session, [member], until)[0].suspended
        barred = suspensions.add_suspension(
            session, member, reason="again", ends_at=None, now=NOW, recorded_by=member
        )
        suspensions.end_suspension(session, barred.public_id, NOW + timedelta(hours=1))
        assert roster_queries.holders(session, [member], NOW)[0].suspended
    last = pull(site, settings)
    assert not last.more


def check_the_feed_names_nobody(site: Site, settings: Settings) -> None:
    """Invariant 6: the feed holds no names, no addresses and no private keys."""
    with writing() as session:
        member, _ = a_member(session, site, "Aino Virtanen".replace(" ", ""))
        a_phone(session, member, settings)
        row = session.get_one(Member, member)
        secrets = [row.name, row.email, str(row.public_id), row.public_id.hex]
    message = json.dumps(pull(site, settings).to_json())
    private = [path.read_text().splitlines()[1] for path in settings.keys.glob("issuer-*.pem")]
    assert not [secret for secret in [*secrets, *private] if secret in message]


def test_a_box_holds_pseudonyms_and_public_keys_only(site: Site, settings: Settings) -> None:
    check_the_feed_names_nobody(site, settings)


@pytest.mark.planted_fault("a door named after its users")
def test_a_door_named_after_its_users_fails_the_check(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = Holder.to_json
    monkeypatch.setattr(Holder, "to_json", lambda self: genuine(self) | {"name": "AinoVirtanen"})
    with pytest.raises(AssertionError):
        check_the_feed_names_nobody(site, settings)


def test_asking_returns_the_present_state(site: Site, settings: Settings) -> None:
    with writing() as session:
        member, holder = a_member(session, site, "student")
        phone = a_phone(session, member, settings)
    with reading() as session:
        by_kid = roster_queries.state_of_holder(
            session, kid=phone.kid, holder=None, wire=WIRE, now=NOW
        )
        by_holder = roster_queries.state_of_holder(
            session, kid=bytes(8), holder=holder, wire=WIRE, now=NOW
        )
        unknown = roster_queries.state_of_holder(
            session, kid=bytes(8), holder=None, wire=WIRE, now=NOW
        )
    assert by_kid == by_holder
    assert [row.holder for row in by_kid] == [holder]
    assert unknown == []


@pytest.mark.parametrize(("wire", "known"), [(PAUSE_WIRE - 1, False), (PAUSE_WIRE, True)])
def test_a_box_knows_of_a_pause_from_its_version_on(
    site: Site, settings: Settings, wire: int, known: bool
) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "resting")
        phone = a_phone(session, member, settings)
        a_pause(session, member, NOW)
    with reading() as session:
        (row,) = roster_queries.state_of_holder(
            session, kid=phone.kid, holder=None, wire=wire, now=NOW
        )
    now = NOW.timestamp()
    assert any(pause.nbf <= now < pause.exp for pause in row.pauses) is known
    assert not any(right.nbf <= now < right.exp for right in row.rights)
    with reading() as session:
        (later,) = roster_queries.state_of_holder(
            session, kid=phone.kid, holder=None, wire=wire, now=NOW + timedelta(days=30)
        )
    assert later.pauses == (), "a pause that is over tells a door nothing"


@pytest.mark.parametrize(("wire", "known"), [(LIMITS_WIRE - 1, False), (LIMITS_WIRE, True)])
@pytest.mark.engines("sqlite")
def test_a_box_knows_of_the_limits_of_a_pass_from_its_version_on(
    site: Site, settings: Settings, wire: int, known: bool
) -> None:
    limits = Conditions((UseHours(EVERY_DAY, 0, 1),), activities=("ball_turn",))
    set_conditions(site.world.product, limits)
    with writing() as session:
        member, _ = a_member(session, site, "early")
        phone = a_phone(session, member, settings)
    with reading() as session:
        (row,) = roster_queries.state_of_holder(
            session, kid=phone.kid, holder=None, wire=wire, now=NOW
        )
    now = NOW.timestamp()
    assert not any(right.nbf <= now < right.exp for right in row.rights)
    assert {right.kind for right in row.hours} == ({"gym", "court"} if known else set())
    assert {right.kind for right in row.sessions} == ({"class"} if known else set())
    assert all(right.nbf <= now < right.exp for right in (*row.hours, *row.sessions))


def test_the_feed_has_one_row(site: Site, settings: Settings) -> None:
    pull(site, settings)
    with pytest.raises(Exception, match="feed"), writing() as session:
        session.add(Feed(id=2, epoch="other", version=0))


def test_the_site_reads_back_as_the_wire_has_it(site: Site, settings: Settings) -> None:
    issuer_keys.ensure_issuer(settings.keys)
    with reading() as session:
        on_wire = roster_queries.site_of_bridge(session, site.bridge, WIRE, NOW, settings.keys)
    assert WireSite.from_json(json.loads(json.dumps(on_wire.to_json()))) == on_wire
