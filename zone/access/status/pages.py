"""The page Status: what to look at and what to do next, doors and bridges. Plain forms."""

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from firmware_bridge.wire.messages.enrol import Invitation
from firmware_bridge.wire.version import CODE_WIRE
from zone.access.alarms import service as alarms
from zone.access.alarms.queries import AlarmView
from zone.access.alarms.rules import ALARM_KINDS
from zone.access.bridge_sign_on.service import BridgeInvitation
from zone.access.bridges import queries as bridges_queries
from zone.access.bridges import service as bridges
from zone.access.bridges.queries import BridgeView
from zone.access.bridges.schemas import NewBridgeSchema
from zone.access.door_commands.service import open_once
from zone.access.doors import service as doors
from zone.access.doors.queries import DoorView, LastEntry
from zone.access.status import queries
from zone.access.status.schemas import (
    CLOCKS,
    DOOR_STATES,
    ENTRIES,
    BridgeForm,
    DoorPolicyForm,
    OpenOnceForm,
)
from zone.access.status.views import (
    BridgeCard,
    CampusDoors,
    DoorCard,
    DoorsNow,
    ShownInvitation,
    StatusProblem,
    StatusTag,
)
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.web import filters, forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, day, differing
from zone.web.context import current_settings
from zone.web.forms import Data, FormState
from zone.web.images import qr_path
from zone.web.kept_form import shows_again

pages = Blueprint("access_status_pages", __name__, template_folder="templates")


@pages.get("/status")
@may(Permission.DOORS_READ)
def show() -> str:
    """Show what to look at, the doors and the bridges as they are now."""
    return _page(FormState())


@pages.post("/status/alarms/<uuid:alarm_id>/acknowledge")
@may(Permission.DOORS_WRITE)
def acknowledge(alarm_id: uuid.UUID) -> Response:
    """Record that the member of staff takes care of an alarm."""
    with writing() as session:
        alarms.acknowledge(session, alarm_id, actor=current_actor(), now=utc_now())
    return redirect(url_for("access_status_pages.show"), 303)


@pages.post("/status/doors/<uuid:door_id>/open")
@may(Permission.DOORS_OPEN)
@shows_again
def open_door(door_id: uuid.UUID) -> Response:
    """Open a door once, for a reason that stays in the audit."""

    def work(session: Session, data: Data) -> Data:
        actor, now = current_actor(), utc_now()
        command = open_once(session, door_id, actor=actor, reason=data["reason"], now=now)
        return {"order": str(command.id)}

    return forms.handle(
        OpenOnceForm(), work, page=partial(_page, door=door_id), then=_done("opened")
    )


@pages.post("/status/bridges")
@may(Permission.BRIDGES_WRITE)
@shows_again
def add_bridge() -> Response:
    """Make a bridge, which has then to be enrolled."""

    def work(session: Session, data: Data) -> Data:
        bridges.add_bridge(session, data, actor=current_actor(), now=utc_now())
        return {}

    return forms.handle(NewBridgeSchema(), work, page=_page, then=_done("added"))


@pages.post("/status/bridges/<uuid:bridge_id>/replace")
@may(Permission.BRIDGES_WRITE)
def replace_bridge(bridge_id: uuid.UUID) -> Response:
    """Revoke a bridge, and make another that drives its doors and has then to be enrolled."""

    def work(session: Session, _data: Data) -> Data:
        doors.replace_bridge(session, bridge_id, actor=current_actor(), now=utc_now())
        return {}

    return forms.handle(BridgeForm(), work, page=_page, then=_done("replaced"))


@pages.post("/status/bridges/<uuid:bridge_id>/token")
@may(Permission.BRIDGES_WRITE)
def renew_token(bridge_id: uuid.UUID) -> str:
    """Make a new enrolment code and show it this once; earlier ones end."""
    with writing() as session:
        actor, now = current_actor(), utc_now()
        invitation = bridges.renew_invitation(session, bridge_id, actor=actor, now=now)
        name = bridges_queries.bridge(session, bridge_id, now).name
    return _page(FormState(), shown=_shown(name, invitation))


def _shown(bridge: str, invitation: BridgeInvitation) -> ShownInvitation:
    text = Invitation(current_settings().base_url, invitation.token).to_text()
    return ShownInvitation(bridge, invitation.code, *qr_path(text))


@pages.post("/status/unproven")
@may(Permission.BRIDGES_WRITE)
@shows_again
def set_last_unproven() -> Response:
    """Set the last day on which the entries of bridges count that cannot prove them."""

    def work(session: Session, data: Data) -> Data:
        until, version = data["unproven_until"], data["version"]
        bridges.set_last_unproven(
            session, until, version=version, actor=current_actor(), now=utc_now()
        )
        return {}

    return forms.handle(
        DoorPolicyForm(), work, page=_page, then=_done("last_unproven"), stored=_stored_policy
    )


@pages.post("/status/bridges/<uuid:bridge_id>/revoke")
@may(Permission.BRIDGES_WRITE)
def revoke(bridge_id: uuid.UUID) -> Response:
    """Revoke a bridge for good: its next request is refused."""

    def work(session: Session, _data: Data) -> Data:
        bridges.revoke_bridge(session, bridge_id, actor=current_actor(), now=utc_now())
        return {}

    return forms.handle(BridgeForm(), work, page=_page, then=_done("revoked"))


def _done(what: str) -> Callable[[Data], str]:
    return lambda _result: f"/status?done={what}"


def _stored_policy() -> dict[str, Any]:
    with reading() as session:
        policy = bridges_queries.door_policy(session)
    until = policy.unproven_until
    return {"version": policy.version, "unproven_until": until.isoformat() if until else ""}


def _page(
    state: FormState, door: uuid.UUID | None = None, shown: ShownInvitation | None = None
) -> str:
    now, actor = utc_now(), current_actor()
    with reading() as session:
        stored = queries.doors_now(session, current_settings().keys, now)
    return render_page(stored, actor.permissions, state, door, shown, one_time.done())


def render_page(
    stored: DoorsNow,
    permissions: Collection[Permission],
    state: FormState,
    door: uuid.UUID | None = None,
    shown: ShownInvitation | None = None,
    done: str | None = None,
) -> str:
    """Return the page with what these permissions allow; `door` is that of the form."""
    bridge_cards = [_bridge_card(bridge, stored.campuses) for bridge in stored.bridges]
    cards = [_door_card(one, stored.released) for one in stored.doors]
    return render_template(
        "access/status/status.html",
        problems=[
            *_problems(stored.alarms, cards, bridge_cards),
            *([_of_conflicts(stored.conflicts)] if stored.conflicts else []),
        ],
        campuses=[
            CampusDoors(
                code, name, of_campus, [one for one in stored.occupancy if one.campus == code]
            )
            for code, name in stored.campuses.items()
            if (of_campus := [card for card in cards if card.door.campus == code])
        ],
        bridges=bridge_cards,
        places=list(stored.campuses.items()),
        shutdowns=stored.shutdowns,
        waiting=stored.waiting,
        policy=stored.policy,
        server_keys=stored.server_keys,
        # A bridge that cannot prove its entries makes the question one.
        unproven=stored.policy.unproven_until is not None
        or any(one.state == "enrolled" and one.wire < CODE_WIRE for one in stored.bridges),
        now=stored.now,
        form=state,
        asked=door,
        refusals=state.sentences(
            {
                "reason": _("Say why, in at most 500 characters."),
                "name": _("Give the bridge a name of at most 120 characters."),
            }
        ),
        stored=differing(_labels(), state.stored, state.values),
        shown=shown,
        done=_said(done),
        may=Permission.DOORS_WRITE in permissions,
        may_open=Permission.DOORS_OPEN in permissions,
        may_shut=Permission.DOORS_SHUT in permissions,
        may_bridges=Permission.BRIDGES_WRITE in permissions,
        nav="desk",
    )


def _said(done: str | None) -> str | None:
    said = {
        "opened": _("The door is asked to open. It opens within some seconds if it is connected."),
        "last_unproven": _("Saved. It holds for the entries that bridges send from now on."),
        "added": _("The bridge is there. Show its code, and enrol its box with it."),
        "replaced": _("Revoked. Another bridge drives its doors: show its code, and enrol a box."),
        "revoked": _("Revoked. The next request of that bridge is refused."),
    }
    return said.get(done or "")


def _labels() -> Labels:
    return {"unproven_until": (_("Last day"), day)}


def _problems(
    open_alarms: Sequence[AlarmView], cards: Sequence[DoorCard], bridge_cards: Sequence[BridgeCard]
) -> list[StatusProblem]:
    """Return what to look at: what is wrong first, then what has still to be done."""
    with_alarm = {alarm.bridge for alarm in open_alarms if alarm.kind == "offline"}
    silent = [
        card
        for card in bridge_cards
        if card.bridge.state == "enrolled"
        and not card.bridge.online
        and card.bridge.name not in with_alarm
    ]
    waiting = [card for card in bridge_cards if card.bridge.state == "waiting"]
    return [
        *map(_of_alarm, open_alarms),
        *(_of_silent(card) for card in silent),
        *(_of_lonely(card) for card in cards if card.door.bridge is None),
        *([_of_waiting(waiting)] if waiting else []),
    ]


def _of_alarm(alarm: AlarmView) -> StatusProblem:
    parts = [alarm.bridge, alarm.door]
    if alarm.seq:
        parts.append(_("entry %(number)s", number=alarm.seq))
    parts.append(_("since %(when)s", when=filters.moment(alarm.recorded_at)))
    return StatusProblem(
        StatusTag("bad", "bell", _("Alarm")),
        _(ALARM_KINDS[alarm.kind].title),
        " · ".join(part for part in parts if part),
        _(ALARM_KINDS[alarm.kind].steps[0]),
        alarm=alarm.id,
    )


def _of_silent(card: BridgeCard) -> StatusProblem:
    seen = card.bridge.seen_at
    since = _("last heard %(when)s", when=filters.moment(seen)) if seen else _("never heard")
    about = f"{card.campus} · {since}"
    step = ALARM_KINDS["offline"].steps[0]
    return StatusProblem(card.connection, card.bridge.name, about, _(step))


def _of_lonely(card: DoorCard) -> StatusProblem:
    return StatusProblem(
        StatusTag("warn", "triangle-alert", _("No bridge")),
        card.door.name,
        card.door.area_name,
        _("Nobody gets in with a phone. Choose the bridge that drives it."),
        href=f"/manage/doors/{card.door.id}",
        link=_("To the door"),
    )


def _of_waiting(waiting: Sequence[BridgeCard]) -> StatusProblem:
    count = len(waiting)
    title = ngettext("%(num)s bridge is not enrolled", "%(num)s bridges are not enrolled", count)
    return StatusProblem(
        waiting[0].connection,
        title,
        ", ".join(card.bridge.name for card in waiting),
        _("Start each box with a code of an administrator."),
        href="#h-bridges",
        link=_("To the bridges"),
    )


def _of_conflicts(count: int) -> StatusProblem:
    title = ngettext("%(num)s conflict at the doors", "%(num)s conflicts at the doors", count)
    return StatusProblem(
        StatusTag("warn", "triangle-alert", _("Conflict")),
        title,
        _("People were let in who should not have been."),
        _("See what to do about each."),
        href="/manage/doors/conflicts",
        link=_("To the conflicts"),
    )


def _bridge_card(bridge: BridgeView, campus_names: Mapping[str, str]) -> BridgeCard:
    return BridgeCard(
        bridge,
        campus_names[bridge.campus],
        _connection_tag(bridge),
        _tag(CLOCKS[bridge.clock]) if bridge.clock else None,
    )


def _connection_tag(bridge: BridgeView) -> StatusTag:
    if bridge.state == "revoked":
        return StatusTag("info", "ban", _("Revoked"))
    if bridge.state == "waiting":
        return StatusTag("info", "hourglass", _("Not enrolled yet"))
    if bridge.online:
        return StatusTag("ok", "circle-check", _("Connected"))
    return StatusTag("bad", "wifi-off", _("Not connected"))


def _door_card(door: DoorView, released: Collection[uuid.UUID]) -> DoorCard:
    # A state without a text is one that staff cannot set: shown as it is stored.
    state = DOOR_STATES.get(door.state, ("warn", "triangle-alert", door.state))
    if door.state == "normal" and door.id in released:
        state = ("info", "door-open", _("Open to everybody"))
    return DoorCard(door, _tag(state), _bridge_fault(door), _entry_text(door.last_entry))


def _bridge_fault(door: DoorView) -> StatusTag | None:
    if door.bridge is None:
        return StatusTag("warn", "triangle-alert", _("No bridge"))
    if not door.online:
        return StatusTag("bad", "wifi-off", _("Not connected"))
    return None


def _entry_text(entry: LastEntry | None) -> str | None:
    if entry is None:
        return None
    if entry.kind == "scan":
        if entry.granted and entry.leaving:
            return str(_("Let out"))
        return str(_("Let in") if entry.granted else _("Refused"))
    return str(ENTRIES.get(entry.kind, entry.kind))


def _tag(parts: tuple[str, str, Any]) -> StatusTag:
    colour, icon, text = parts
    return StatusTag(colour, icon, str(text))
