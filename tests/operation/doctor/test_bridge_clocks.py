"""A bridge whose clock differs from the phones is named, with what to do."""

import uuid
from datetime import timedelta
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from firmware_bridge.wire.reasons import Reason
from tests.stored import stored_by
from tests.world.site import START, Journal, Site, build, receive
from zone.access.bridges.models import Bridge
from zone.access.entries import queries as entries_queries
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.operation.doctor.clocks import CODE_AGE, LEAST_SCANS, check_clock
from zone.operation.doctor.findings import CheckContext, Finding

SCANS = 9
NOW = START + timedelta(hours=1)


@pytest.fixture
def site(app: Flask, settings: Settings) -> Site:
    site = stored_by(_build, settings)
    with writing() as session:
        session.execute(update(Bridge).values(enrolled_at=START - timedelta(days=1)))
    return site


def _build(_settings: Settings) -> Site:
    with writing() as session:
        return build(session)


def scan(bridge: int, door: uuid.UUID, off: float, *, scans: int = SCANS) -> None:
    """Let people scan at the door of a bridge whose clock is so many seconds ahead."""
    journal = Journal(door)
    for number in range(scans):
        # One phone has no idea of the time.
        age = CODE_AGE + (off if number else 25.0)
        at = START + timedelta(minutes=number)
        refused = (
            Reason.CODE_EXPIRED if age > 30 else Reason.CODE_FROM_FUTURE if age < -10 else None
        )
        journal.scan(
            number + 1,
            at,
            granted=refused is None,
            reason=refused or Reason.GRANTED,
            ts=int((at - timedelta(seconds=age)).timestamp()),
        )
    receive(bridge, journal.upload(), NOW)


def about_codes(settings: Settings) -> list[Finding]:
    with reading() as session:
        found = list(check_clock(CheckContext(session, settings, "", (), (), NOW)))
    return [one for one in found if one.check == "codes"]


def check_the_bridge_is_named(site: Site, settings: Settings, off: float, level: str) -> None:
    """Check that of two bridges the one is named whose clock is off."""
    scan(site.bridge, site.studio_door, 0, scans=5 * SCANS)
    scan(site.other_bridge, site.other_door, off)
    first, second = about_codes(settings)
    assert (first.level, second.level) == ("ok", level)
    assert "“Myllypuro, back”" in second.what
    if level != "ok":
        assert ("ahead of" if off > 0 else "behind") in second.what
        assert f"{abs(off):.0f} s" in second.what
        assert "NTP" in second.todo


@pytest.mark.parametrize(
    ("off", "level"), [(0, "ok"), (20, "warn"), (-18, "warn"), (400, "fail"), (-86_400, "fail")]
)
def test_a_bridge_whose_clock_is_off_is_named(
    site: Site, settings: Settings, off: float, level: str
) -> None:
    check_the_bridge_is_named(site, settings, off, level)


@pytest.mark.planted_fault("the codes of all bridges are taken together")
def test_codes_of_all_bridges_together_fail_the_check(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = entries_queries.code_ages
    bridges = _ids()

    def together(session: Session, _bridge: uuid.UUID, most: int) -> list[float]:
        ages = [age for bridge in bridges for age in real(session, bridge, most)]
        return [median(ages)] * len(ages)

    monkeypatch.setattr(entries_queries, "code_ages", together)
    with pytest.raises(AssertionError):
        check_the_bridge_is_named(site, settings, 400, "fail")


def _ids() -> list[uuid.UUID]:
    with reading() as session:
        return [bridge.public_id for bridge in session.query(Bridge)]


def test_a_few_scans_say_nothing(site: Site, settings: Settings) -> None:
    scan(site.bridge, site.studio_door, 400, scans=LEAST_SCANS - 1)
    assert about_codes(settings) == []


def test_a_revoked_bridge_is_not_named(site: Site, settings: Settings) -> None:
    scan(site.bridge, site.studio_door, 400)
    assert [one.level for one in about_codes(settings)] == ["fail"]
    with writing() as session:
        session.execute(update(Bridge).values(revoked_at=NOW))
    assert about_codes(settings) == []
