"""Who came in by other boxes counts at this one: the same code, and anti-passback."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_bridge.store.elsewhere import Elsewhere
from firmware_bridge.store.presence import KEEP_SECONDS, TIDY_EVERY
from firmware_bridge.wire.messages.changes import SharedGrant
from firmware_bridge.wire.messages.site import Door as DoorSite
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import DOOR, GYM, SITE, Phone, Stand

HARD = replace(GYM, passback="hard", passback_seconds=60)


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def stand(tmp_path: Path, phone: Phone) -> Iterator[Stand]:
    stand = Stand(tmp_path, phone.holder)
    stand.know(phone.holder, site=replace(SITE, doors=(DoorSite(DOOR, "Gym", HARD),)))
    yield stand
    stand.close()


def came_in(stand: Stand, phone: Phone, ago: int = 1, area: str = GYM.area) -> SharedGrant:
    """Tell the door that this person came in elsewhere."""
    at = int(stand.clock.now()) - ago
    grant = SharedGrant(phone.holder.holder, area, phone.kid, at, at)
    stand.elsewhere.apply([grant], 1, stand.clock.now())
    return grant


def reason(stand: Stand, phone: Phone) -> Reason:
    return stand.scan(stand.code(phone)).decision.reason


def test_who_came_in_by_another_box_does_not_come_in_again_at_once(
    stand: Stand, phone: Phone
) -> None:
    came_in(stand, phone, ago=10)
    assert reason(stand, phone) is Reason.ANTI_PASSBACK
    stand.clock.step(60)
    assert reason(stand, phone) is Reason.GRANTED


def test_a_code_that_another_box_has_seen_opens_no_second_time(stand: Stand, phone: Phone) -> None:
    came_in(stand, phone, ago=0)
    assert reason(stand, phone) is Reason.REPLAYED


def test_another_area_is_another_matter(stand: Stand, phone: Phone) -> None:
    came_in(stand, phone, ago=0, area="area-pool")
    assert reason(stand, phone) is Reason.GRANTED


def test_the_newest_visit_counts_in_whatever_order_they_come() -> None:
    elsewhere = Elsewhere()
    new, old = SharedGrant(1, "a", b"k" * 8, 100, 100), SharedGrant(1, "a", b"k" * 8, 50, 50)
    elsewhere.apply([new, old, old], 7, 101)
    assert elsewhere.find(b"k" * 8, 50, "a", 1) == (True, 100)
    assert elsewhere.after == 7
    elsewhere.apply([], None, 101)
    assert elsewhere.after == 7, "an older server says nothing"


def test_what_is_too_old_is_forgotten() -> None:
    elsewhere, now = Elsewhere(), KEEP_SECONDS + 10.0
    grants = [SharedGrant(n, "a", b"k" * 8, n, 5) for n in range(1, TIDY_EVERY)]
    elsewhere.apply(grants, 1, now)
    assert elsewhere.find(b"k" * 8, 1, "a", 1)[0]
    elsewhere.apply(grants[:1], 2, now + 10)
    assert len(elsewhere._people) == len(elsewhere._codes) == 0
