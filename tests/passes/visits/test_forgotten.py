"""When somebody came is deleted some time after their pass is over, and not before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DBAPIError

from tests.world.doctor import broken
from tests.world.shop import a_pass, record_use
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.passes.catalogue import service as catalogue
from zone.passes.passes import queries
from zone.passes.visits.jobs import forget_visits
from zone.passes.visits.models import PassVisit, VisitReturn

pytestmark = pytest.mark.engines("sqlite", "postgresql")
LAST_DAY = date(2020, 3, 1)
CAME = datetime(2020, 2, 1, 12, tzinfo=UTC)
OVER = datetime(2020, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def ten(student: int) -> None:
    """A pass of ten visits of which two were used, long ago."""
    with writing() as session:
        catalogue.set_product(
            session,
            code="ten",
            kind="single_visit",
            names=("Kymmenen", "Tio", "Ten"),
            entitlements=("gym",),
            length_days=90,
            visits=10,
        )
    a_pass(student, "ten", starts_on=date(2020, 1, 1), ends_on=LAST_DAY)
    for at in (CAME, CAME + timedelta(days=1)):
        with writing() as session:
            record_use(
                session,
                student,
                kinds=["gym"],
                campus="myllypuro",
                occurred_at=at,
                recorded_at=at,
            )


def came() -> list[datetime]:
    with reading() as session:
        return list(session.scalars(select(PassVisit.occurred_at).order_by(PassVisit.id)))


def test_visits_name_their_person_as_long_as_door_events_do(student: int) -> None:
    settings = Settings(door_event_days=90)
    with writing() as session:
        visit = session.scalars(select(func.min(PassVisit.id))).one()
        session.add(VisitReturn(visit_id=visit, returned_at=CAME, by="member 1", reason="closed"))
    assert forget_visits(settings, OVER + timedelta(days=89)) == 0
    assert len(came()) == 2
    assert forget_visits(settings, OVER + timedelta(days=91)) == 2
    assert came() == []
    with reading() as session:
        assert session.scalars(select(VisitReturn.id)).all() == []
    assert broken(settings, "pass_visits", "record", "rows") == {}
    with reading() as session:
        [view] = queries.passes_of(session, student, OVER)
    assert (view.visits, view.visits_left) == (10, None)


def test_the_database_keeps_the_visits_of_a_pass_that_is_not_over(student: int) -> None:
    now = CAME + timedelta(days=60)  # for the first pass too late
    a_pass(student, "ten", starts_on=LAST_DAY, ends_on=date(2099, 1, 1))
    with writing() as session:
        record_use(
            session,
            student,
            kinds=["gym"],
            campus="myllypuro",
            occurred_at=now,
            recorded_at=now,
        )
    with pytest.raises(DBAPIError), writing() as session:
        session.execute(delete(PassVisit).where(PassVisit.occurred_at == now))
    assert len(came()) == 3
