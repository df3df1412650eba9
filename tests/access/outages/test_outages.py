"""Mails to staff about what keeps people out of doors: once for an outage, and when it is over."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from firmware_bridge.wire.messages.alarms import KINDS
from tests.world.daytime import day_now
from tests.world.races import at_once
from tests.world.site import Site, a_member
from zone.access.alarms import jobs as alarms_jobs
from zone.access.alarms import service as alarms
from zone.access.alarms.models import ALARMS
from zone.access.alarms.rules import ALARM_KINDS, KeepsOut
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.access.doors.models import Door
from zone.access.outages import service as outages
from zone.access.outages.models import Outage
from zone.access.outages.queries import IS_OUT
from zone.access.outages.rules import is_over, quiet_time
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.members.people.models import Member
from zone.members.roles.service import grant_role

NOW = day_now()
BEGAN, OVER = "access/outage_began", "access/outage_over"


def minute(number: float) -> Any:
    return NOW + timedelta(minutes=number)


def some_staff(site: Site, roles: Iterable[str] = ("desk", "manager")) -> None:
    with writing() as session:
        for role in roles:
            grant_role(session, a_member(session, site, role)[0], role, NOW)


def report(site: Site, at: float, *alarms_now: str) -> None:
    """Store the alarms that the bridge reports, and run the job."""
    with writing() as session:
        alarms.update_alarms(session, site.bridge, ",".join(alarms_now), minute(at))
        outages.update_outages(session, minute(at))


def mails() -> list[OutboxMail]:
    with reading() as session:
        return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def count() -> dict[str, int]:
    return dict(Counter(mail.template for mail in mails()))


def test_the_alarms_that_keep_people_out_are_these() -> None:
    by_kind = {name: kind.keeps_out for name, kind in ALARM_KINDS.items()}
    assert set(by_kind) == set(ALARMS), "every alarm says whether it keeps people out"
    assert {name for name, whom in by_kind.items() if whom is KeepsOut.EVERYBODY} == {
        "clock_unset",
        "disk_full",
        "reader_lost",
        "relay_fault",
        "revoked",
    }
    assert {name for name, whom in by_kind.items() if whom is KeepsOut.SOME} == {
        "offline",
        "unknown_word",
        "unreadable",
    }


def check_one_mail_for_an_outage(site: Site) -> None:
    """Staff get one mail when it begins and one when it is over, however often the job runs."""
    some_staff(site)
    fault = f"relay_fault:{site.studio_door}"
    for at in range(4):
        report(site, at, fault)
    assert count() == {BEGAN: 2}
    for at in range(4, 40):
        report(site, at)
    assert count() == {BEGAN: 2, OVER: 2}


def test_staff_get_one_mail_for_an_outage_and_one_when_it_is_over(site: Site) -> None:
    check_one_mail_for_an_outage(site)


@pytest.mark.planted_fault("the job mails at each run")
def test_mailing_at_each_run_fails_the_check(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = outages._begin

    def every_time(session: Any, faults: Any) -> list[Outage]:
        begin(session, faults)
        return list(session.scalars(select(Outage).order_by(Outage.id)))

    monkeypatch.setattr(outages, "_begin", every_time)
    with pytest.raises(AssertionError):
        check_one_mail_for_an_outage(site)


@pytest.mark.engines("sqlite", "postgresql")
def test_two_jobs_at_once_mail_once(app: Flask, site: Site, settings: Settings) -> None:
    some_staff(site)
    with writing() as session:
        alarms.open_alarms(session, [(site.bridge, "disk_full", None)], NOW)
    run = partial(alarms_jobs.watch_bridges, settings)
    at_once(app, [partial(run, minute(1))] * 3)
    assert count() == {BEGAN: 2}
    with writing() as session:
        alarms.update_alarms(session, site.bridge, "", minute(2))
    at_once(app, [partial(run, minute(30))] * 3)
    assert count() == {BEGAN: 2, OVER: 2}


def test_desk_manager_and_administrator_hear_of_it_and_nobody_else(site: Site) -> None:
    some_staff(site, ("desk", "manager", "admin", "instructor"))
    with writing() as session:
        a_member(session, site, "student")
    report(site, 0, "disk_full")
    heard = {mail.recipient.partition("@")[0] for mail in mails()}
    assert heard == {"desk", "manager", "admin"}


def test_an_alarm_that_keeps_nobody_out_sends_nothing(site: Site) -> None:
    some_staff(site)
    quiet = [name for name in KINDS if ALARM_KINDS[name].keeps_out is KeepsOut.NOBODY]
    report(site, 0, *quiet)
    assert mails() == []


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_mail_says_what_is_wrong_where_since_when_and_what_to_do(
    site: Site, language: str
) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "desk")
        grant_role(session, member, "desk", NOW)
        session.get_one(Member, member).language = language
    report(site, 0, f"relay_fault:{site.studio_door}")
    [mail] = mails()
    words = {
        "en": ("The lock's relay does not answer", "Nobody gets in", "run zone-bridge doctor"),
        "fi": ("Lukon rele ei vastaa", "ei nyt pääse kukaan", "zone-bridge doctor"),
        "sv": ("Låsets relä svarar inte", "Ingen kommer in", "zone-bridge doctor"),
    }[language]
    for part in (mail.body, mail.html):
        for word in (*words, "Studio: Studio", "Myllypuro", "/status"):
            assert word.replace("'", "&#39;") in part or word in part, (word, part)
    assert words[0] in mail.subject


def test_one_board_with_several_doors_is_one_mail(site: Site) -> None:
    some_staff(site, ["desk"])
    report(site, 0, f"relay_fault:{site.studio_door}", f"relay_fault:{site.court_door}")
    [mail] = mails()
    assert "Hall: Hall" in mail.body
    assert "Studio: Studio" in mail.body


def test_an_alarm_of_the_bridge_names_all_its_doors(site: Site) -> None:
    some_staff(site, ["desk"])
    report(site, 0, "clock_unset")
    [mail] = mails()
    assert all(area in mail.body for area in ("Hall: ", "Lobby: ", "Studio: "))


def check_a_flapping_alarm_is_bounded(site: Site) -> None:
    """An alarm that comes and goes every minute for a day, or every 20, sends few mails."""
    some_staff(site, ["desk"])
    for at in range(0, 120, 2):
        report(site, at, "disk_full")
        report(site, at + 1)
    assert count() == {BEGAN: 1}, "it is one outage"
    for at in range(120, 24 * 60, 20):
        report(site, at, "disk_full")
        for later in range(1, 20, 6):
            report(site, at + later)
    assert sum(count().values()) <= 14


@pytest.mark.engines("sqlite")
def test_a_flapping_alarm_sends_no_storm(site: Site) -> None:
    check_a_flapping_alarm_is_bounded(site)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("an outage is over as soon as its alarm is")
def test_ending_at_once_fails_the_check(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "is_over", lambda last_seen, _earlier, _now: bool(last_seen))
    with pytest.raises(AssertionError):
        check_a_flapping_alarm_is_bounded(site)


def test_an_outage_of_a_day_must_be_quiet_for_twice_as_long_as_the_one_before() -> None:
    assert [quiet_time(n) / timedelta(minutes=1) for n in range(8)] == [
        *(15, 30, 60, 120, 240, 480, 960, 960)
    ]
    assert not is_over(None, 0, NOW)
    assert not is_over(minute(-14), 0, NOW)
    assert is_over(minute(-15), 0, NOW)
    assert not is_over(minute(-15), 1, NOW)


def test_a_mail_of_an_outage_that_is_over_does_not_leave(site: Site) -> None:
    some_staff(site, ["desk"])
    report(site, 0, "disk_full")
    [mail] = mails()
    assert mail.question == IS_OUT.name
    with reading() as session:
        assert still_holds(session, mail.question, mail.about, minute(1))
    report(site, 1)
    report(site, 17)
    with reading() as session:
        assert not still_holds(session, mail.question, mail.about, minute(17))


def test_a_silent_bridge_is_one_outage_since_its_last_sign_of_life(
    site: Site, settings: Settings
) -> None:
    some_staff(site, ["manager"])
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.enrolled_at = bridge.seen_at = NOW
    for at in range(5, 9):
        alarms_jobs.watch_bridges(settings, minute(at) + timedelta(seconds=1))
    assert count() == {BEGAN: 1}
    with writing() as session:
        assert session.scalars(select(Outage.began_at)).all() == [NOW]
        bridges.store_status(session, site.bridge, bridges.BridgeStatus(), minute(10))
    for at in (11, 12):
        alarms_jobs.watch_bridges(settings, minute(at))
    with writing() as session:
        bridges.store_status(session, site.bridge, bridges.BridgeStatus(), minute(26))
    alarms_jobs.watch_bridges(settings, minute(27))
    assert count() == {BEGAN: 1, OVER: 1}


def test_a_revoked_bridge_with_doors_is_an_outage_until_they_have_another(
    site: Site, settings: Settings
) -> None:
    some_staff(site, ["desk"])
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.enrolled_at = bridge.seen_at = NOW
        bridge.told = f"reader_lost:{site.lobby_door}"
    alarms_jobs.watch_bridges(settings, minute(1))
    with writing() as session:
        session.get_one(Bridge, site.bridge).revoked_at = minute(2)
    alarms_jobs.watch_bridges(settings, minute(3))
    subjects = [mail.subject for mail in mails()]
    assert len(subjects) == 2
    assert "revoked" in subjects[1]
    with writing() as session:
        for door in session.scalars(select(Door).where(Door.bridge_id == site.bridge)):
            door.bridge_id = site.other_bridge
    alarms_jobs.watch_bridges(settings, minute(4))
    alarms_jobs.watch_bridges(settings, minute(20))
    assert count() == {BEGAN: 2, OVER: 1}, "what the revoked bridge had reported says nothing"
