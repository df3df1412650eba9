"""A bridge cannot retract visits that another bridge reported."""

from dataclasses import replace

import pytest
from sqlalchemy import ColumnElement, func, select, true

from tests.world.site import START, Journal, Site, a_member, receive
from zone.access.entries import service as entries
from zone.access.visits.models import Visit
from zone.core.db.transactions import reading, writing


def check_no_bridge_retracts_anothers_visit(site: Site) -> None:
    """A contact that refers to another bridge's scan changes nothing."""
    with writing() as session:
        _, holder = a_member(session, site, "student")
    seen, foreign = Journal(site.studio_door), Journal(site.other_door)
    scan = seen.scan(holder, START)
    foreign.not_opened(replace(scan, door=str(site.other_door)))
    receive(site.bridge, seen.upload())
    receive(site.other_bridge, foreign.upload())
    with reading() as session:
        standing = session.scalar(
            select(func.count()).select_from(Visit).where(Visit.retracted_at.is_(None))
        )
    assert standing == 1


@pytest.mark.engines("sqlite")
def test_no_bridge_retracts_anothers_visit(site: Site) -> None:
    check_no_bridge_retracts_anothers_visit(site)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a contact counts from any bridge")
def test_contacts_from_any_bridge_fail_the_check(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def any_bridge(_followup: object) -> ColumnElement[bool]:
        return true()

    monkeypatch.setattr(entries, "_same_bridge", any_bridge)
    with pytest.raises(AssertionError):
        check_no_bridge_retracts_anothers_visit(site)
