"""The rows of target A: by root pass and Helsinki year, reproducible for an as-of time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from tests.world.checkout import bought, give_back
from tests.world.shop import a_pass, a_student, record_use
from zone.core.db.transactions import reading, writing
from zone.core.time import year_window
from zone.passes.activations import queries as activations_queries
from zone.passes.activations.queries import Activation
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.pass_changes import service as pass_changes
from zone.passes.passes import rules as passes_rules
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass

YEAR = year_window(2026)
MAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LATER = datetime(2027, 6, 1, tzinfo=UTC)


def sold(member_id: int, product: str = "term", at: datetime = MAY) -> int:
    return a_pass(
        member_id, product, starts_on=date(2025, 12, 1), ends_on=date(2027, 12, 31), now=at
    )


def activated(pass_id: int, at: datetime = MAY, *, late: timedelta = timedelta()) -> int:
    with writing() as session:
        passes.activate(session, pass_id, occurred_at=at, recorded_at=at + late, by="holder")
    return pass_id


def counted(as_of: datetime = LATER) -> list[Activation]:
    with reading() as session:
        return activations_queries.activations(session, YEAR, as_of)


def test_activated_passes_of_the_year_are_counted_in_order(student: int) -> None:
    activated(sold(student), MAY + timedelta(days=2))
    activated(sold(a_student("b@zone.example"), "gym"), MAY)
    sold(a_student("c@zone.example"))
    assert [(row.kind, row.activated_at) for row in counted()] == [
        ("gym_pass", MAY),
        ("sports_pass", MAY + timedelta(days=2)),
    ]


def test_the_last_half_hour_of_the_year_is_this_years(student: int) -> None:
    activated(sold(student), datetime(2026, 12, 31, 21, 30, tzinfo=UTC))
    activated(sold(a_student("b@zone.example")), datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    activated(sold(a_student("c@zone.example")), datetime(2025, 12, 31, 21, 30, tzinfo=UTC))
    assert len(counted()) == 1


def test_single_visits_do_not_count(student: int) -> None:
    activated(sold(student, "visit"))
    assert counted() == []


def check_a_chain_counts_once(member_id: int) -> None:
    """Check that a gym pass upgraded to a sports pass, both activated, counts once."""
    old = activated(sold(member_id, "gym"))
    with writing() as session:
        term = catalogue_queries.product_by_code(session, "term")
        new = pass_changes.replace(
            session, old, term, reason="upgrade", now=MAY + timedelta(days=1), actor_id=member_id
        )
    activated(new.id, MAY + timedelta(days=2))
    assert [(row.kind, row.activated_at) for row in counted()] == [("gym_pass", MAY)]


def test_an_upgraded_pass_counts_once_at_its_root(student: int) -> None:
    check_a_chain_counts_once(student)


def test_a_replacement_without_its_root_would_count_twice(
    student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_pass: Callable[..., Pass] = passes.new_pass
    monkeypatch.setattr(
        passes, "new_pass", lambda *args, **named: new_pass(*args, **(named | {"root_id": None}))
    )
    with pytest.raises(AssertionError):
        check_a_chain_counts_once(student)


def test_a_renewal_is_a_new_pass(student: int) -> None:
    activated(sold(student))
    activated(sold(student), MAY + timedelta(days=200))
    assert len(counted()) == 2


def test_a_refund_uncounts_only_a_pass_that_was_never_used(shop: object) -> None:
    for email, used in (("a@zone.example", False), ("b@zone.example", True)):
        member_id = a_student(email)
        order_id = bought(member_id, now=MAY)
        with writing() as session:
            pass_id = session.scalars(select(Pass.id).where(Pass.member_id == member_id)).one()
            passes.activate(session, pass_id, occurred_at=MAY, recorded_at=MAY, by="holder")
            if used:
                record_use(
                    session,
                    member_id,
                    kinds=("gym",),
                    campus="pasila",
                    occurred_at=MAY,
                    recorded_at=MAY,
                )
        give_back(order_id, a_student(f"clerk-{email}"), MAY + timedelta(hours=1))
    assert len(counted()) == 1
    assert len(counted(MAY)) == 2


def check_an_old_figure_stays(member_id: int) -> None:
    """Check that the figure as of an instant stays the same, whatever happens later."""
    order_id = bought(member_id, now=MAY)
    activated(sold(a_student("b@zone.example")))
    with reading() as session:
        pass_id = session.scalars(select(Pass.id).where(Pass.member_id == member_id)).one()
    activated(pass_id)
    then = MAY + timedelta(days=1)
    before = counted(then)
    give_back(order_id, a_student("clerk@zone.example"), then + timedelta(days=1))
    activated(sold(a_student("c@zone.example")), MAY, late=timedelta(days=5))
    assert counted(then) == before
    assert len(before) == 2


def test_an_old_figure_is_the_same_again_for_its_as_of_time(student: int) -> None:
    check_an_old_figure_stays(student)


def test_a_rule_that_ignores_recorded_at_would_change_old_figures(
    student: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = passes_rules.taken_into_use
    monkeypatch.setattr(
        passes_rules,
        "taken_into_use",
        lambda kind, events, window, _as_of, **rest: rule(kind, events, window, LATER, **rest),
    )
    with pytest.raises(AssertionError):
        check_an_old_figure_stays(student)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_to_change_what_figures_and_books_read(student: int) -> None:
    bought(student)
    for statement in (
        "UPDATE pass_event SET kind = 'sold'",
        "DELETE FROM pass_event",
        "UPDATE receipt SET cents = 1",
        "UPDATE order_line SET cents = 1",
        "DELETE FROM payment_event",
    ):
        with pytest.raises(Exception, match="append-only"), writing() as session:
            session.execute(text(statement))


def test_a_late_reported_earlier_activation_by_a_door_moves_the_pass_to_its_year(
    student: int,
) -> None:
    pass_id = sold(student)
    new_year = datetime(2027, 1, 2, 9, 0, tzinfo=UTC)
    activated(pass_id, new_year)
    assert counted() == []
    with writing() as session:
        record_use(
            session,
            student,
            kinds=("gym",),
            campus="pasila",
            occurred_at=datetime(2026, 12, 31, 21, 30, tzinfo=UTC),
            recorded_at=new_year + timedelta(days=1),
        )
    assert len(counted()) == 1
    assert counted(new_year) == []
