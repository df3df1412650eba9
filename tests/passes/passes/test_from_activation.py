"""A pass that lasts from its activation: by a door, the holder, late reports and a deadline."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.checkout import bought
from tests.world.races import at_once
from tests.world.shop import NOW, TODAY, marks, record_use
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.catalogue import service as catalogue
from zone.passes.passes import invariants, queries
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass

BY = date(2026, 9, 30)
DAY = timedelta(days=1)


@pytest.fixture
def open_pass(student: int) -> int:
    """The id of a pass bought today: 10 days from its activation, which may wait 30."""
    with writing() as session:
        catalogue.set_product(
            session,
            code="ten",
            kind="sports_pass",
            names=("Kymmenen", "Tio", "Ten"),
            entitlements=("gym",),
            duration="from_activation",
            length_days=10,
            activation_days=30,
        )
        catalogue.set_price(session, "ten", role="student", cents=900, valid_from=date(2020, 1, 1))
    bought(student, "ten")
    with reading() as session:
        return session.scalars(select(Pass.id)).one()


def days_of(pass_id: int) -> tuple[date, date]:
    with reading() as session:
        pass_ = session.get_one(Pass, pass_id)
        assert invariants.count_passes_with_other_days(session, NOW) == 0
        return pass_.starts_on, pass_.ends_on


def used(member_id: int, at: datetime, reported: datetime | None = None) -> int | None:
    with writing() as session:
        return record_use(
            session,
            member_id,
            kinds=["gym"],
            campus="myllypuro",
            occurred_at=at,
            recorded_at=reported or at,
        )


def test_the_first_use_begins_its_days(student: int, open_pass: int) -> None:
    assert days_of(open_pass) == (TODAY, BY)
    # 00.30 in Helsinki is the day before in UTC: the tenth day counts from the Helsinki day.
    at = datetime(2026, 9, 9, 21, 30, tzinfo=UTC)
    before = marks(student)
    assert used(student, at) == open_pass
    assert days_of(open_pass) == (TODAY, date(2026, 9, 19))
    assert marks(student) > before
    assert used(student, datetime(2026, 9, 19, 20, 59, tzinfo=UTC)) == open_pass
    assert used(student, datetime(2026, 9, 19, 21, 0, tzinfo=UTC)) is None


def test_it_has_to_be_activated_by_a_day(student: int, open_pass: int) -> None:
    assert used(student, datetime(2026, 9, 30, 21, 0, tzinfo=UTC)) is None
    with pytest.raises(DomainError) as refused, writing() as session:
        late = datetime(2026, 9, 30, 21, 0, tzinfo=UTC)
        passes.activate(session, open_pass, occurred_at=late, recorded_at=late, by="holder")
    assert refused.value.code == "pass_expired"
    assert used(student, datetime(2026, 9, 30, 20, 59, tzinfo=UTC)) == open_pass
    assert days_of(open_pass) == (TODAY, date(2026, 10, 9))


def test_its_holder_activates_it_once(student: int, open_pass: int) -> None:
    with reading() as session:
        (view,) = queries.passes_of(session, student, NOW)
    assert view.waits
    assert view.last_day == BY
    for at in (NOW, NOW + DAY):
        with writing() as session:
            passes.activate(session, open_pass, occurred_at=at, recorded_at=at, by="holder")
    assert days_of(open_pass) == (TODAY, date(2026, 9, 10))


def test_a_door_that_reports_late_takes_no_day_that_was_not_used(
    student: int, open_pass: int
) -> None:
    used(student, NOW + 5 * DAY)
    used(student, NOW + 2 * DAY, reported=NOW + 6 * DAY)
    assert days_of(open_pass) == (TODAY, date(2026, 9, 12))


@pytest.mark.engines("sqlite", "postgresql")
def test_two_first_uses_at_once_count_from_the_earlier(
    shop: Flask, student: int, open_pass: int
) -> None:
    at_once(shop, [partial(used, student, NOW + day * DAY) for day in (1, 3, 2)])
    assert days_of(open_pass) == (TODAY, date(2026, 9, 11))


@pytest.mark.planted_fault("the last day is that of the newest activation")
def test_days_from_a_later_activation_fail_the_check(
    student: int, open_pass: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = queries.life_event
    monkeypatch.setattr(
        queries, "life_event", lambda event: replace(true(event), on=TODAY + 9 * DAY)
    )
    used(student, NOW)
    with pytest.raises(AssertionError):
        days_of(open_pass)
