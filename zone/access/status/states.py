"""The states of the page of doors and bridges, of invented ones."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from zone.access.alarms.queries import AlarmView
from zone.access.alarms.rules import ALARM_KINDS
from zone.access.bridges.queries import BridgeView, DoorPolicyView
from zone.access.doors.queries import DoorView, LastEntry
from zone.access.doors.states import DOOR
from zone.access.occupancy.queries import AreaOccupancy
from zone.access.status.pages import render_page
from zone.access.status.views import DoorsNow, ShownInvitation
from zone.booking.timetable.states import NOW
from zone.core.errors import DomainError, edited_meanwhile
from zone.core.identity import PERMISSIONS_OF, Permission, Role
from zone.web import forms
from zone.web.forms import FormState
from zone.web.images import qr_path
from zone.web.problems import INVALID_INPUT
from zone.web.states import State

MINUTE: Final = timedelta(minutes=1)
ADMIN: Final = PERMISSIONS_OF[Role.ADMIN]
DESK: Final = PERMISSIONS_OF[Role.DESK]
CAMPUSES: Final = {"myllypuro": "Metropolia Myllypuro", "myyrmaki": "Metropolia Myyrmäki"}


def _bridge(number: int, campus: str, **values: Any) -> BridgeView:
    """Return a bridge that is connected and has nothing to send or to fetch."""
    view = BridgeView(
        id=uuid.UUID(int=number),
        name=f"{campus}-{number}",
        campus=campus,
        state="enrolled",
        online=True,
        online_since=NOW - timedelta(days=3),
        seen_at=NOW,
        backlog=0,
        clock="synced",
        software="1.4.0",
        roster_version=812,
        behind=0,
        alarms=0,
        quarantined=0,
        wire=3,
    )
    return replace(view, **values)


OFFLINE: Final[Mapping[str, Any]] = {
    "online": False,
    "online_since": None,
    "seen_at": NOW - 28 * MINUTE,
    "backlog": 41,
    "clock": "holdover",
    "behind": 7,
}
NEVER: Final[Mapping[str, Any]] = {
    "online": False,
    "online_since": None,
    "seen_at": None,
    "clock": None,
    "software": None,
    "behind": None,
}


OF_A_DOOR: Final = (
    "forced_open",
    "relay_fault",
    "input_fault",
    "reader_lost",
    "unreadable",
    "held_open",
    "unknown_word",
)
OF_AN_ENTRY: Final = {
    "chain_break": 4817,
    "code_used_twice": 4836,
    "unproven": 4850,
    "set_aside": 4851,
    "forced_open": 4856,
}


def _door(number: int, bridge: BridgeView | None, name: str, **values: Any) -> DoorView:
    """Return a door in use whose last entry let somebody in."""
    view = replace(
        DOOR,
        id=uuid.UUID(int=100 + number),
        name=name,
        area=uuid.UUID(int=200 + number),
        bridge=bridge.id if bridge else None,
        bridge_name=bridge.name if bridge else None,
        online=bridge is not None and bridge.online,
        last_entry=LastEntry("scan", NOW - 4 * MINUTE, True, None),
    )
    return replace(view, **values)


def _doors(bridge: BridgeView, **values: Any) -> list[DoorView]:
    """Return three doors of the bridge; the values are those of the first."""
    refused = LastEntry("scan", NOW - 9 * MINUTE, False, "expired")
    return [
        _door(1, bridge, "Gym door", **values),
        _door(2, bridge, "Hall door", area_name="Sports hall", last_entry=refused),
        _door(3, bridge, "Back door", campus="myyrmaki", last_entry=None),
    ]


def _alarm(number: int, kind: str, door: str | None = None, seq: int | None = None) -> AlarmView:
    since = NOW - 28 * number * MINUTE
    name = uuid.UUID(int=300 + number)
    return AlarmView(name, kind, "myllypuro-1", door, seq, since, None, None)


def _page(
    bridges: Sequence[BridgeView] | None = None,
    doors: Sequence[DoorView] | None = None,
    alarms: Sequence[AlarmView] = (),
    *,
    permissions: Collection[Permission] = ADMIN,
    waiting: int = 0,
    form: FormState | None = None,
    **shown: Any,
) -> str:
    bridges = [_bridge(1, "myllypuro"), _bridge(2, "myyrmaki")] if bridges is None else bridges
    doors = _doors(bridges[0]) if doors is None else doors
    policy = DoorPolicyView(None, 1)
    stored = DoorsNow(
        NOW, CAMPUSES, bridges, doors, alarms, waiting, policy, occupancy=_occupancy(bridges)
    )
    return render_page(stored, permissions, form or FormState(), **shown)


def _occupancy(bridges: Sequence[BridgeView]) -> list[AreaOccupancy]:
    """Return a full gym, and a hall without a limit; of an offline bridge nothing is known."""
    heard = bool(bridges) and bridges[0].online
    return [
        AreaOccupancy(uuid.UUID(int=201), "Gym", "myllypuro", 40 if heard else None, 40, NOW),
        AreaOccupancy(uuid.UUID(int=202), "Sports hall", "myllypuro", 17, None, NOW),
    ]


def _offline(*alarms: AlarmView, **values: Any) -> str:
    bridge = _bridge(1, "myllypuro", **{**OFFLINE, **values})
    return _page([bridge, _bridge(2, "myyrmaki")], alarms=alarms, waiting=7)


def _with_alarms() -> str:
    kinds = [
        _alarm(n, kind, "Gym door" if kind in OF_A_DOOR else None, OF_AN_ENTRY.get(kind))
        for n, kind in enumerate(ALARM_KINDS, 1)
    ]
    return _page([_bridge(1, "myllypuro", alarms=len(kinds), quarantined=2)], alarms=kinds)


def _refused(refusal: DomainError, **more: Any) -> str:
    """Return the page after a form of the first door."""
    values = {"typed": {}, "key": "", **more}

    def page(state: FormState) -> str:
        return _page(form=state, door=uuid.UUID(int=101))

    return forms.refused(page, refusal, **values).get_data(as_text=True)


def _no_reason() -> str:
    return _refused(DomainError(INVALID_INPUT, fields={"reason": ["Say why."]}))


def _no_day() -> str:
    refusal = DomainError(INVALID_INPUT, fields={"unproven_until": ["Not a valid date."]})
    typed = {"version": 1, "unproven_until": "soon"}

    def page(state: FormState) -> str:
        return _page([_bridge(1, "myllypuro", wire=2)], form=state)

    return forms.refused(page, refusal, typed=typed, key="").get_data(as_text=True)


def _changed_meanwhile() -> str:
    typed = {"version": 4, "unproven_until": "2026-12-31"}
    stored = {"version": 5, "unproven_until": "2027-01-31"}
    return _refused(edited_meanwhile(5, ["unproven_until"]), typed=typed, stored=lambda: stored)


def _replaced() -> str:
    waiting = _bridge(3, "myllypuro", state="waiting", **NEVER)
    revoked = _bridge(4, "myllypuro", state="revoked", **{**NEVER, "seen_at": NOW - 90 * MINUTE})
    bridges = [_bridge(1, "myllypuro"), waiting, revoked]
    code = qr_path(f"ZB1 https://zone.example {'0' * 43}")
    return _page(bridges, shown=ShownInvitation(waiting.name, "7K3M-9QXC-H2TV", *code))


_BLOCKED: Final = partial(_doors, _bridge(1, "myllypuro"))

STATES: Final = (
    State("doors", "all-well", _page),
    State("doors", "changes-to-fetch", partial(_page, waiting=12)),
    State("doors", "seen-by-the-desk", partial(_page, permissions=DESK)),
    State("doors", "alarms-of-each-kind", _with_alarms),
    State("doors", "bridge-offline", lambda: _offline(_alarm(1, "offline"), alarms=1)),
    State("doors", "bridge-silent-before-the-alarm", _offline),
    State("doors", "bridge-never-heard", lambda: _page([_bridge(1, "myllypuro", **NEVER)])),
    State("doors", "bridge-with-older-software", lambda: _page([_bridge(1, "myllypuro", wire=2)])),
    State("doors", "last-day-is-no-day", _no_day),
    State("doors", "clock-not-set", lambda: _page([_bridge(1, "myllypuro", clock="unset")])),
    State("doors", "door-blocked", lambda: _page(doors=_BLOCKED(state="blocked"))),
    State("doors", "door-in-lockdown", lambda: _page(doors=_BLOCKED(state="lockdown"))),
    State("doors", "door-without-a-bridge", lambda: _page(doors=[_door(1, None, "Gym door")])),
    State("doors", "code-for-a-new-bridge", _replaced),
    State("doors", "opened", partial(_page, done="opened")),
    State("doors", "last-day-set", partial(_page, done="last_unproven")),
    State("doors", "bridge-added", partial(_page, done="added")),
    State("doors", "bridge-replaced", partial(_page, done="replaced")),
    State("doors", "revoked", partial(_page, done="revoked")),
    State("doors", "no-reason-given", _no_reason),
    State("doors", "changed-meanwhile", _changed_meanwhile),
    State("doors", "nothing-installed", partial(_page, [], [])),
    State(
        "doors",
        "nothing-connected-yet",
        lambda: _page([_bridge(1, "myllypuro", state="waiting", **NEVER)], []),
    ),
)
