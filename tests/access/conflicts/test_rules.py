"""Which admissions of one person contradict each other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from zone.access.conflicts.rules import TRAVEL, DoorAdmission, Passback, contradiction

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
ONE = DoorAdmission(
    2, b"k", 100, door=1, area=1, campus=1, bridge=1, at=AT, passback=Passback("hard", 60)
)
EARLIER = replace(ONE, entry=1, ts=90, at=AT - timedelta(seconds=30))


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (replace(EARLIER, door=2, bridge=2), "person_twice"),
        (replace(EARLIER, door=2, bridge=2, at=AT - timedelta(seconds=60)), None),
        (replace(EARLIER, door=2, bridge=2, left_at=AT - timedelta(seconds=40)), "person_twice"),
        (replace(EARLIER, door=2), None),
        (replace(EARLIER, door=2, ts=100), "code_twice"),
        (replace(EARLIER, door=2, ts=100, area=2, campus=2, bridge=2), "code_twice"),
        (replace(EARLIER, door=2, ts=100, area=2), None),
        (replace(EARLIER, door=2, ts=100, area=2, bridge=2), None),
        (replace(EARLIER, ts=100), None),
        (replace(EARLIER, door=2, area=2), None),
        (replace(EARLIER, door=2, area=2, campus=2, bridge=2), "two_campuses"),
        (replace(EARLIER, door=2, area=2, campus=2, bridge=2, at=AT - TRAVEL), None),
    ],
)
def test_admissions_contradict_each_other(other: DoorAdmission, kind: str | None) -> None:
    assert contradiction(ONE, other) == kind


@pytest.mark.parametrize(("mode", "kind"), [("hard", None), ("timed", "person_twice")])
def test_who_has_left_meanwhile_may_come_in_again_unless_the_time_alone_counts(
    mode: str, kind: str | None
) -> None:
    one = replace(ONE, passback=Passback(mode, 60), left_at=AT - timedelta(seconds=9))
    other = replace(EARLIER, door=2, bridge=2, passback=Passback(mode, 60))
    assert contradiction(one, other) == contradiction(other, one) == kind


@pytest.mark.parametrize("mode", ["off", "soft"])
def test_where_anti_passback_only_marks_two_visits_are_none(mode: str) -> None:
    one = replace(ONE, passback=Passback(mode, 60))
    assert contradiction(one, replace(EARLIER, door=2, bridge=2)) is None
