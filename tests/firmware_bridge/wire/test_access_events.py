"""The numbers of BACnet that events carry."""

import pytest

from firmware_bridge.wire.access_events import DENIED, DENIED_OTHER, DOOR_ALARMS, access_event
from firmware_bridge.wire.messages.entries import KINDS
from firmware_bridge.wire.reasons import Reason


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_has_a_number_of_the_refusals_and_a_grant_has_none_of_them(
    reason: Reason,
) -> None:
    assert (access_event(reason) >= 128) == (reason is not Reason.GRANTED)


def test_the_numbers_are_those_of_the_standard() -> None:
    assert [access_event(Reason.GRANTED), access_event(Reason.EXPIRED)] == [1, 152]
    assert access_event(Reason.GRANTED, passback=True) == 3
    assert access_event(Reason.GRANTED, passback=True, duress=True) == 4
    assert access_event(Reason.CLOCK_UNSET) == DENIED_OTHER == 164
    assert max(DENIED.values()) < DENIED_OTHER


def test_every_alarm_of_a_door_is_a_kind_of_entry() -> None:
    assert set(DOOR_ALARMS) < set(KINDS)
