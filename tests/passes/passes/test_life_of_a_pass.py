"""A pass: rights from its sale on, one activation, and its end by refund or replacement."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.world.shop import NOW, TODAY, a_pass, a_student, marks, record_use
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import from_helsinki
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.pass_changes import service as pass_changes
from zone.passes.pass_rights.queries import rights_of
from zone.passes.passes import queries as passes_queries
from zone.passes.passes import rules as passes_rules
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.queries import PassView


def use(
    member_id: int,
    at: datetime,
    *,
    kinds: tuple[str, ...] = ("gym",),
    late: timedelta = timedelta(),
) -> int | None:
    with writing() as session:
        return record_use(
            session,
            member_id,
            kinds=kinds,
            campus="myllypuro",
            occurred_at=at,
            recorded_at=at + late,
        )


def events(pass_id: int) -> list[tuple[str, datetime]]:
    with reading() as session:
        rows = session.execute(
            select(PassEvent.kind, PassEvent.occurred_at)
            .where(PassEvent.pass_id == pass_id)
            .order_by(PassEvent.id)
        )
        return [(kind, at) for kind, at in rows]


def shown(member_id: int, now: datetime = NOW) -> PassView | None:
    with reading() as session:
        return passes_queries.current_pass(session, member_id, now)


def state(member_id: int, now: datetime = NOW) -> str | None:
    view = shown(member_id, now)
    return view.state if view else None


def rights(member_id: int, now: datetime = NOW) -> set[str]:
    with reading() as session:
        return {right.kind for right in rights_of(session, [member_id], now)[member_id]}


def test_a_sold_pass_is_a_right_before_anybody_activates_it(student: int) -> None:
    a_pass(student)
    assert rights(student) == {"gym", "class", "court"}


def test_rights_run_from_helsinki_midnight_to_helsinki_midnight(student: int) -> None:
    pass_id = a_pass(student, "gym", starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 30))
    with reading() as session:
        (right,) = rights_of(session, [student], NOW)[student]
    assert right == passes_rules.PassRight(
        "gym",
        (),
        datetime(2026, 9, 30, 21, tzinfo=UTC),
        datetime(2026, 10, 30, 22, tzinfo=UTC),
        pass_id,
    )


def test_an_ended_pass_is_no_right(student: int) -> None:
    a_pass(student, ends_on=date(2026, 9, 10))
    assert rights(student, datetime(2026, 9, 10, 20, 59, tzinfo=UTC))
    assert not rights(student, datetime(2026, 9, 10, 21, 0, tzinfo=UTC))


def test_every_given_member_is_a_key_of_the_rights(student: int) -> None:
    other_student = a_student("toinen@zone.example")
    a_pass(student)
    with reading() as session:
        rights_by_member = rights_of(session, [student, other_student], NOW)
    assert len(rights_by_member[student]) == 3
    assert rights_by_member[other_student] == []


def test_selling_a_pass_marks_the_roster(student: int) -> None:
    a_pass(student)
    assert marks(student) == 1


def test_the_first_verified_use_activates(student: int) -> None:
    pass_id = a_pass(student)
    at = NOW + timedelta(hours=3)
    assert use(student, at) == pass_id
    assert events(pass_id)[1:] == [("first_used", at), ("activated", at)]


def test_later_uses_change_nothing(student: int) -> None:
    pass_id = a_pass(student)
    for hours in (1, 2, 1, 48):
        assert use(student, NOW + timedelta(hours=hours)) == pass_id
    assert len(events(pass_id)) == 3


def test_an_earlier_use_that_is_reported_late_becomes_the_first(student: int) -> None:
    pass_id = a_pass(student)
    early, later = NOW + timedelta(hours=1), NOW + timedelta(days=2)
    use(student, later)
    use(student, early, late=timedelta(days=3))
    view = shown(student, NOW + timedelta(days=4))
    assert view is not None
    assert view.activated_at == early
    assert ("activated", later) in events(pass_id)


def test_a_use_after_activation_by_hand_is_a_first_use_only(student: int) -> None:
    pass_id = a_pass(student)
    with writing() as session:
        passes.activate(session, pass_id, occurred_at=NOW, recorded_at=NOW, by="holder")
    use(student, NOW + timedelta(hours=1))
    assert [kind for kind, _ in events(pass_id)] == ["sold", "activated", "first_used"]


def test_a_use_without_a_fitting_pass_records_nothing(student: int) -> None:
    pass_id = a_pass(student, "gym")
    assert use(student, NOW, kinds=("class",)) is None
    assert use(student, NOW - timedelta(days=1)) is None
    assert len(events(pass_id)) == 1


def test_a_pass_of_one_campus_is_not_used_at_another(student: int) -> None:
    with writing() as session:
        catalogue_queries.product_by_code(session, "gym").campuses = ["pasila"]
    a_pass(student, "gym")
    assert use(student, NOW) is None


def test_a_use_prefers_the_activated_pass(student: int) -> None:
    with_classes = a_pass(student)
    use(student, NOW, kinds=("class",))
    a_pass(student, "gym", ends_on=date(2026, 9, 5))
    assert use(student, NOW + timedelta(hours=1)) == with_classes


def test_activating_twice_is_once(student: int) -> None:
    pass_id = a_pass(student)
    for minutes in (0, 1):
        with writing() as session:
            at = NOW + timedelta(minutes=minutes)
            passes.activate(session, pass_id, occurred_at=at, recorded_at=at, by="holder")
    assert events(pass_id)[1:] == [("activated", NOW)]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (from_helsinki(date(2026, 8, 31), datetime.min.time()), "pass_not_yet"),
        (datetime(2026, 12, 29, 22, 0, tzinfo=UTC), "pass_expired"),
    ],
)
def test_a_pass_is_activated_only_inside_its_validity(
    student: int, at: datetime, code: str
) -> None:
    pass_id = a_pass(student)
    with pytest.raises(DomainError) as refused, writing() as session:
        passes.activate(session, pass_id, occurred_at=at, recorded_at=at, by="holder")
    assert refused.value.code == code


def test_another_persons_pass_looks_unknown(student: int) -> None:
    a_pass(student)
    other_student = a_student("toinen@zone.example")
    view = shown(student)
    assert view is not None
    with pytest.raises(DomainError) as refused, writing() as session:
        passes.activate_own(session, other_student, view.id, NOW)
    assert refused.value.code == "not_found"


def test_the_pass_to_show_is_valid_then_next_then_last(student: int) -> None:
    assert state(student) is None
    a_pass(student, starts_on=date(2026, 1, 1), ends_on=date(2026, 1, 31))
    assert state(student) == "expired"
    a_pass(student, starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31))
    assert state(student) == "not_yet"
    a_pass(student, starts_on=TODAY, ends_on=TODAY)
    assert state(student) == "valid"


def test_a_replacement_ends_the_old_pass_and_keeps_its_root(student: int) -> None:
    old = a_pass(student, "gym")
    actor = a_student("tiski@zone.example")
    with writing() as session:
        term = catalogue_queries.product_by_code(session, "term")
        new = pass_changes.replace(session, old, term, reason="upgrade", now=NOW, actor_id=actor)
    assert new.root_id == old
    assert rights(student) == {"gym", "class", "court"}
    with reading() as session:
        assert session.scalars(select(AuditRow.action)).all() == ["pass.replace"]


def test_a_replaced_pass_cannot_be_replaced_again_or_activated(student: int) -> None:
    old = a_pass(student, "gym")
    with writing() as session:
        term = catalogue_queries.product_by_code(session, "term")
        pass_changes.replace(session, old, term, reason="upgrade", now=NOW, actor_id=student)
    for again in (
        lambda s: pass_changes.replace(s, old, term, reason="again", now=NOW, actor_id=student),
        lambda s: passes.activate(s, old, occurred_at=NOW, recorded_at=NOW, by="holder"),
    ):
        with pytest.raises(DomainError) as refused, writing() as session:
            again(session)
        assert refused.value.code == "pass_ended"


def test_a_single_visit_cannot_be_upgraded_into_a_pass_that_counts(student: int) -> None:
    visit = a_pass(student, "visit", ends_on=TODAY)
    with pytest.raises(DomainError) as refused, writing() as session:
        term = catalogue_queries.product_by_code(session, "term")
        pass_changes.replace(session, visit, term, reason="upgrade", now=NOW, actor_id=student)
    assert refused.value.code == "cannot_upgrade"


def test_the_rights_of_a_pass_stay_as_they_were_sold(student: int) -> None:
    a_pass(student, "gym")
    with writing() as session:
        catalogue_queries.product_by_code(session, "gym").entitlements = ["court"]
    with reading() as session:
        assert session.scalars(select(Pass.entitlements)).all() == [["gym"]]
    assert rights(student) == {"gym"}
