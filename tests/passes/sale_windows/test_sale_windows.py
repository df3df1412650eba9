"""A product is sold in its windows only, and who comes too early or too late reads when."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.world.checkout import ordered
from tests.world.people import an_actor
from tests.world.shop import NOW
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.passes.catalogue.queries import product_by_code
from zone.passes.sale_windows import queries, rules, service

pytestmark = pytest.mark.engines("sqlite")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("windows", "code", "params"),
    [
        ([], None, {}),
        ([(NOW, None)], None, {}),
        ([(NOW, NOW + HOUR)], None, {}),
        ([(NOW - HOUR, NOW)], "sale_closed", {"closed": NOW}),
        ([(NOW + HOUR, None)], "sale_not_open", {"opens": NOW + HOUR}),
        # Between two windows the next one counts.
        ([(NOW - HOUR, NOW), (NOW + HOUR, None)], "sale_not_open", {"opens": NOW + HOUR}),
    ],
)
def test_a_window_includes_its_beginning_and_not_its_end(
    windows: list[rules.OpenWindow], code: str | None, params: dict[str, datetime]
) -> None:
    if code is None:
        rules.check_open(windows, NOW)
        return
    with pytest.raises(DomainError) as refused:
        rules.check_open(windows, NOW)
    assert (refused.value.code, refused.value.params) == (code, params)


def test_an_order_outside_of_the_windows_is_refused_with_when(student: int) -> None:
    manager, opens = an_actor(student, "manager"), datetime(2026, 9, 2, 6, 0, tzinfo=UTC)
    with writing() as session:
        service.add_window(session, manager, "gym", opens_at=opens, closes_at=None, now=NOW)
    with pytest.raises(DomainError) as refused:
        ordered(student, "gym")
    assert "9.00" in refused.value.reasons[0].text("en", refused.value.params)
    assert ordered(student, "gym", now=opens)
    with writing() as session:
        service.remove_window(session, manager, "gym", opens, NOW)
    with reading() as session:
        assert queries.windows_of(session, product_by_code(session, "gym").id) == []
    assert ordered(student, "gym")


def test_a_window_ends_after_it_begins(student: int) -> None:
    with pytest.raises(DomainError) as refused, writing() as session:
        service.add_window(
            session, an_actor(student, "manager"), "gym", opens_at=NOW, closes_at=NOW, now=NOW
        )
    assert refused.value.code == "window_order"
