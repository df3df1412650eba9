"""The chosen class on the page of the week: its form, and what its change does, in words."""

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext

from zone.booking.affected_people.pages import people_of_preview
from zone.booking.class_change.pages import clock_sentences, day_sentences, move_sentences
from zone.booking.class_forms.pages import MONDAY, chosen_weekdays, field_sentences
from zone.booking.class_forms.schemas import ONLINE
from zone.booking.weekly_classes.schemas import ClassChangeForm
from zone.core.time import parse_day
from zone.reporting.week import rules
from zone.reporting.week.queries import Plan
from zone.reporting.week.rules import Clashes, PlannedClass
from zone.reporting.week.views import AlternativeButton, ClassPanel, Effect, TimeAndPlace, Trouble
from zone.web import conflicts, filters, forms
from zone.web.forms import FormState
from zone.web.language import language

CLOCK: Final = re.compile(r"([01]?\d|2[0-3])(?:[.:]([0-5]\d))?")
"""A start as people write it: 17.30, 17:30 or 17."""
NOT_YET: Final = "–"
"""Stands for the reason in a preview, which nobody reads."""
MOVING: Final = ("weekdays", "starts_at", "minutes", "space", "from_day", "reason")
"""The fields that the panel shows; the others stay as they are stored."""
MOST_NAMED: Final = 4
"""How many things in the way are named."""


@dataclass(frozen=True, slots=True)
class Change:
    """The chosen class, how its form stands, and where it would be; None: it is not changed."""

    stored: PlannedClass
    state: FormState
    draft: PlannedClass | None
    from_day: date

    @property
    def previewed(self) -> bool:
        """Whether it is known what the change does."""
        return self.draft is not None and self.state.preview is not None


def typed_change() -> forms.Data:
    """Return what was typed into this request's form, in the shape of a change's JSON."""
    typed = forms.read(ClassChangeForm())
    # An alternative is a button that previews: its value is a space and a start.
    space, _between, start = request.form.get(forms.PREVIEW, "").partition(" ")
    if start:
        typed |= {"space": space, "starts_at": start}
    if found := CLOCK.fullmatch(str(typed.get("starts_at", ""))):
        typed["starts_at"] = f"{int(found[1]):02}:{found[2] or '00'}"
    # The chosen day stands last, after the other weekdays of the class.
    typed["weekdays"] = [*typed["weekdays"], request.form.get("weekday", "")]
    if forms.PREVIEW in request.form:
        typed.setdefault("reason", NOT_YET)
    return typed


def change_of(plan: Plan, stored: PlannedClass, state: FormState) -> Change:
    """Return the change that a form of the class holds."""
    values = state.values
    from_day = _day(values.get("from_day")) or stored.first_on
    start = CLOCK.fullmatch(str(values.get("starts_at", "")))
    weekday, minutes = weekday_in(values), values.get("minutes")
    if not start or weekday is None or not _within(minutes, 5, rules.DAY):
        return Change(stored, state, None, from_day)
    spaces = {str(space.public_id): space.id for space in plan.spaces.values()}
    draft = replace(
        stored,
        weekday=weekday,
        starts_at=time(int(start[1]), int(start[2] or 0)),
        minutes=int(str(minutes)),
        space_id=spaces.get(str(values.get("space")), stored.space_id),
    )
    if draft == stored:
        return Change(stored, state, None, from_day)
    draft = replace(draft, first_on=max(from_day, stored.first_on))
    return Change(stored, state, draft, from_day)


def weekday_in(values: Mapping[str, Any]) -> int | None:
    """Return the chosen day in the values of a form: it stands last."""
    last = str(values["weekdays"][-1])
    return int(last) if last in set("1234567") else None


def _within(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and least <= value <= most


def _day(text: Any) -> date | None:
    try:
        return parse_day(str(text or ""))
    except ValueError:
        return None


def panel_of(
    plan: Plan, change: Change, clashes: Clashes, campus: int | None, undo: str, action: str
) -> ClassPanel:
    """Return the panel of the chosen class."""
    stored, state, draft = change.stored, change.state, change.draft
    spaces = [
        (str(space.public_id), getattr(space, f"name_{language()}"))
        for space in plan.spaces.values()
        if space.campus_id == campus or space.id == stored.space_id
    ]
    if stored.space_id is None:
        spaces.insert(0, (ONLINE, str(_("Online"))))
    sentences = field_sentences() | {
        "starts_at": _("Give the start as a time of day, such as 17.30."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
    taken = state.details.get("taken_by", [])
    refused = [] if taken else state.sentences(sentences)
    settled = draft is not None and state.preview is not None
    return ClassPanel(
        id=stored.id,
        name=stored.name,
        before=time_and_place_of(plan, stored),
        after=time_and_place_of(plan, draft) if draft else None,
        undo=undo,
        action=action,
        values=_values(state),
        key=state.key,
        weekdays=[(number, weekday_name(number)) for number in range(1, 8)],
        spaces=spaces,
        wants_reason="reason" in state.errors,
        publish=settled and not state.preview.get("unchanged"),
        why_not=_why_not(bool(taken), draft is not None and not settled),
        refusals=refused,
        stored=_saved_meanwhile(plan, state, spaces),
        troubles=_troubles(plan, change, clashes, taken),
        effects=_effects(plan, change, clashes) if settled else [],
        affected=people_of_preview(state.preview) if settled else [],
    )


def _values(state: FormState) -> dict[str, Any]:
    typed = dict(state.values)
    if state.stored is not None:
        # What somebody else has saved meanwhile stays; only the move is this person's.
        typed = dict(state.stored) | {name: typed.get(name) for name in MOVING}
    values = {"name": {}, "description": {}, "bring": {}} | typed
    if values.get("reason") == NOT_YET:
        values["reason"] = ""
    values["weekday"] = weekday_in(values)
    return values | {"starts_at": str(values.get("starts_at", "")).replace(":", ".").lstrip("0")}


def _saved_meanwhile(
    plan: Plan, state: FormState, spaces: Sequence[tuple[str, str]]
) -> list[conflicts.StoredField] | None:
    weekdays = {number: weekday_name(number) for number in range(1, 8)}
    labels: conflicts.Labels = {
        "weekdays": (
            _("Weekdays"),
            lambda days: conflicts.some_of(weekdays)(chosen_weekdays({"weekdays": days})),
        ),
        "starts_at": (_("Start"), conflicts.clock_time),
        "minutes": (_("Minutes"), str),
        "space": (_("Place"), conflicts.one_of(dict(spaces))),
    }
    return conflicts.differing(labels, state.stored, state.values)


def _why_not(taken: bool, unseen: bool) -> str | None:
    if taken:
        return str(_("First choose a free place or time."))
    return str(_("First look at what the change does.")) if unseen else None


def time_and_place_of(plan: Plan, planned: PlannedClass) -> TimeAndPlace:
    """Return when and where a class is held, in words."""
    return TimeAndPlace(
        weekday_name(planned.weekday), span_of(planned), " · ".join(about(plan, planned))
    )


def about(plan: Plan, planned: PlannedClass) -> list[str]:
    """Return the space of a class, and the first name of its instructor."""
    space = plan.spaces[planned.space_id] if planned.space_id else None
    where = getattr(space, f"name_{language()}") if space else _("Online")
    name = plan.people.get(planned.instructor_id or 0, "").split(" ")[0]
    return [where, name] if name else [where]


def span_of(planned: PlannedClass) -> str:
    """Return the clock times between which a class is held."""
    return f"{clock_of(planned.minute)}–{clock_of(planned.end)}"


def clock_of(minute: int) -> str:
    """Return a minute of the day as a clock time: 17.05."""
    return f"{minute // 60 % 24}.{minute % 60:02}"


def weekday_name(number: int, width: str = "short") -> str:
    """Return the name of a weekday, 1 for Monday; see `filters.weekday`."""
    return filters.weekday(MONDAY.replace(day=number), width)


def _troubles(
    plan: Plan, change: Change, clashes: Clashes, taken: Iterable[Mapping[str, Any]]
) -> list[Trouble]:
    draft, found = change.draft, []
    lines = _taken_lines(taken)
    if draft and lines:
        found.append(
            Trouble(
                "bad",
                _("%(place)s is taken", place=about(plan, draft)[0]),
                lines,
                [_alternative(draft, plan, one) for one in change.state.details["alternatives"]],
            )
        )
    preview = change.state.preview or {}
    if preview.get("closed") and not (preview.get("made") or preview.get("sessions")):
        days = ", ".join(filters.day(date.fromisoformat(day)) for day in preview["closed"])
        found.append(Trouble("warn", _("Closed then, so nothing is held"), [days]))
    if draft and clashes.instructor:
        person = plan.people.get(draft.instructor_id or 0, "")
        title = _("%(person)s teaches something else then", person=person)
        meets = [
            f"{one.name}, {weekday_name(one.weekday)} {span_of(one)}, {about(plan, one)[0]}"
            for one in clashes.instructor[:MOST_NAMED]
        ]
        found.append(Trouble("warn", title, meets))
    return found


def _taken_lines(taken: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what holds the space, each once with the number of its days."""
    counted: Counter[str] = Counter()
    for item in taken:
        start, end = (datetime.fromisoformat(item[name]) for name in ("starts_at", "ends_at"))
        # A reservation has no name here: who reserved a space is not shown to others.
        name = item["name"][language()] if item["name"] else _("a space booked for own use")
        counted[f"{name}, {filters.span(start, end)}"] += 1
    lines = [
        ngettext("%(what)s (%(num)s day)", "%(what)s (%(num)s days)", days, what=what)
        for what, days in counted.most_common(MOST_NAMED)
    ]
    more = len(counted) - MOST_NAMED
    if more > 0:
        lines.append(ngettext("and %(num)s other", "and %(num)s others", more))
    return lines


def _alternative(draft: PlannedClass, plan: Plan, free: Mapping[str, Any]) -> AlternativeButton:
    clock = clock_of(int(free["starts_at"][:2]) * 60 + int(free["starts_at"][3:5]))
    own = plan.spaces[draft.space_id].public_id if draft.space_id else None
    text = (
        _("Start at %(time)s", time=clock)
        if uuid.UUID(free["space"]) == own
        else _("Use %(place)s", place=free["name"][language()])
    )
    return AlternativeButton(text, f"{free['space']} {free['starts_at']}")


def _has_people(moved: Mapping[str, Any]) -> bool:
    return bool(moved["booked"] or moved["waiting"])


def _effects(plan: Plan, change: Change, clashes: Clashes) -> list[Effect]:
    done, draft = change.state.preview, change.draft
    if done.get("unchanged"):
        return [Effect("info", _("Nothing changes."))]
    cancelled, people = len(done["cancelled"]), done["people"]
    held = done["made"] + len(done["sessions"])
    sessions = ngettext(
        "%(num)s session is held at the new time.",
        "%(num)s sessions are held at the new time.",
        held,
    )
    off = ngettext(
        "%(num)s booking is cancelled; that person gets a mail.",
        "%(num)s bookings are cancelled; those people get a mail.",
        people,
    )
    moves = [] if not any(map(_has_people, done["sessions"])) else move_sentences(done["sessions"])
    effects = [Effect("calendar-days", sessions)] if held else []
    effects += [Effect("users-round", text) for text in [*moves, *([off] if people else [])]]
    if not moves and not people:
        effects.append(Effect("mail", _("Nobody has booked: no mails go out.")))
    if draft and draft.instructor_id and not clashes.instructor:
        free = _("%(person)s has no other class then.", person=plan.people[draft.instructor_id])
        effects.append(Effect("user-round", free))
    closed = ", ".join(filters.day(date.fromisoformat(day)) for day in done["closed"])
    if closed and held:
        effects.append(Effect("calendar-x", _("Closed, so left out: %(days)s.", days=closed)))
    fewer = cancelled - done["made"] - len(done["closed"])
    if fewer > 0:
        effects.append(
            Effect(
                "triangle-alert",
                ngettext(
                    "%(num)s session has no new time.", "%(num)s sessions have no new time.", fewer
                ),
            )
        )
    skipped, repeated = (
        [datetime.fromisoformat(at) for at in done[name]] for name in ("skipped", "repeated")
    )
    effects += [
        Effect("calendar-range", text) for text in day_sentences(done["days"], done["closed"])
    ]
    return effects + [Effect("clock", text) for text in clock_sentences(skipped, repeated)]
