"""What the forms of classes and of single sessions share: their choices and their words."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask_babel import gettext as _
from marshmallow import Schema, validate
from sqlalchemy.orm import Session

from zone.booking.cards.pages import kind_names
from zone.booking.cards.views import KINDS, SAME_KIND
from zone.booking.class_forms.schemas import ONLINE
from zone.booking.sessions.pages import level_names
from zone.booking.weekly_classes.models import SessionRule
from zone.booking.weekly_classes.schemas import ClassChangeForm
from zone.core.i18n import OWN_NAMES
from zone.members.people.queries import member_by_id
from zone.members.roles.queries import staff
from zone.passes.entitlements.views import activity_names
from zone.places.campuses import queries as campuses_queries
from zone.places.spaces import queries as spaces_queries
from zone.web import conflicts, filters
from zone.web.forms import FormState
from zone.web.language import language

MONDAY: Final = date(2024, 1, 1)
"""Any Monday, to write the names of weekdays."""


def choices(
    session: Session, values: Mapping[str, Any], rule: SessionRule | None = None
) -> dict[str, Any]:
    """Return what a template needs of the choices of a form, by its values as they are shown."""
    spaces = space_choices(session)
    # A new one begins without a space, so that none is stored unasked.
    prompt = [] if values.get("space") else [("", _("Choose a space"))]
    return {
        "languages": OWN_NAMES,
        "spaces": [*prompt, *spaces, (ONLINE, _("None, it is online"))],
        "people": [("", _("nobody named")), *instructors(session, rule)],
        "kinds": list(activity_names(language()).items()),
        "levels": list(level_names().items()),
        "categories": categories(values.get("category") or ""),
    }


def refused(state: FormState) -> dict[str, Any]:
    """Return what a template needs of why a form was refused."""
    return {
        "refusals": state.sentences(field_sentences()),
        "taken": [taken_sentence(item) for item in state.details.get("taken_by", [])],
        "free": state.details.get("alternatives", []),
    }


def space_choices(session: Session) -> list[tuple[str, str]]:
    """Return the spaces to choose from."""
    names = space_names(session)
    return sorted(
        ((str(space.public_id), names[space.id]) for space in spaces_queries.spaces(session)),
        key=lambda option: option[1],  # the campus stands first, so its spaces stand together
    )


def space_names(session: Session) -> dict[int, str]:
    campus_names = {campus.id: campus.name for campus in campuses_queries.campuses(session)}
    column = f"name_{language()}"
    return {
        space.id: f"{campus_names[space.campus_id]}, {getattr(space, column)}"
        for space in spaces_queries.spaces(session)
    }


def instructors(session: Session, rule: SessionRule | None) -> list[tuple[str, str]]:
    people = [
        (str(person.id), person.name or person.email)
        for person in staff(session)
        if "instructor" in person.roles
    ]
    if rule is None or rule.instructor_id is None:
        return people
    member = member_by_id(session, rule.instructor_id)
    if str(member.public_id) in dict(people):
        return people
    # Without this option a browser would send "nobody", whatever else was changed.
    name = _("%(name)s (no longer an instructor)", name=member.name or member.email)
    return [*people, (str(member.public_id), name)]


def weekdays() -> list[tuple[int, str]]:
    """Return (1 for Monday … 7, the name as used outside a sentence)."""
    return [
        (number, filters.weekday(MONDAY + timedelta(days=number - 1), "long"))
        for number in range(1, 8)
    ]


def chosen_weekdays(values: Mapping[str, Any]) -> list[int]:
    """Return the weekdays of a form: numbers where they are stored, text where they were typed."""
    return [number for number in range(1, 8) if str(number) in map(str, values["weekdays"])]


def weekday_names(days: Sequence[Any]) -> str:
    return conflicts.some_of(dict(weekdays()))(chosen_weekdays({"weekdays": days}))


def categories(chosen: str) -> list[tuple[str, str]]:
    """Return the kinds of exercise to choose from; one that only this class has stays among them.

    A new class begins without any, so that none is stored unasked.
    """
    kinds = [(kind, category_name(kind)) for kind in KINDS]
    if not chosen:
        return [("", _("Choose")), *kinds]
    return kinds if chosen in KINDS else [(chosen, category_name(chosen)), *kinds]


def only_offered(schema: Schema, chosen: str = "") -> Schema:
    """Let a form take only the kinds of exercise that it offers; programs may have others."""
    offered = [kind for kind, _name in categories(chosen)]
    field = schema.fields["category"]
    # A list of its own: all schemas of the class share that of the field.
    field.validators = [*field.validators, validate.OneOf(offered)]
    return schema


def category_name(category: str) -> str:
    """Return a kind of exercise in the reader's language; what has no word there, as it is."""
    return kind_names().get(SAME_KIND.get(category, category), category)


def taken_sentence(item: Mapping[str, Any]) -> str:
    start, end = (datetime.fromisoformat(item[name]) for name in ("starts_at", "ends_at"))
    # A reservation has no name here: who reserved a space is not shown to others.
    name = item["name"][language()] if item["name"] else _("a space booked for own use")
    return f"{filters.moment(start)}–{filters.clock(end)}: {name}"


def field_labels(
    spaces: Sequence[tuple[str, str]], people: Sequence[tuple[str, str]]
) -> conflicts.Labels:
    """Return the labels of the form and how its values read, also of those that it only keeps."""
    gone = _("not in the list any more")
    texts = {
        f"{field}-{code}": (f"{label}, {name}", str)
        for field, label in (
            ("name", _("Name")),
            ("description", _("What it is about")),
            ("bring", _("What to bring")),
        )
        for code, name in OWN_NAMES.items()
    }
    return texts | {
        "kind": (_("What it is"), conflicts.one_of(activity_names(language()))),
        "category": (_("Kind of exercise"), category_name),
        "level": (_("Whom it suits"), conflicts.one_of(level_names())),
        "instructor": (_("Instructor"), conflicts.one_of(dict(people), gone)),
        "live": (_("Held live"), conflicts.yes_or_no),
        "space": (_("Space"), conflicts.one_of(dict(spaces), gone)),
        "capacity": (_("Places"), str),
        "bookable_percent": (_("Share of the places that can be booked (percent)"), str),
        "weekdays": (_("Weekdays"), weekday_names),
        "starts_at": (_("Start"), conflicts.clock_time),
        "minutes": (_("Minutes"), str),
        "last_on": (_("Last day"), conflicts.day),
    }


def field_sentences() -> dict[str, str]:
    """Return what is wrong with each field of a class, where it is wrong."""
    defaults = {
        name: _("Check the field: %(name)s", name=name) for name in ClassChangeForm().fields
    }
    return defaults | {
        "name": _("Give the name in all three languages, at most 120 characters each."),
        "category": _("Choose the kind of exercise."),
        "description": _("Describe the class in at most 1000 characters in each language."),
        "bring": _("Say what to bring in at most 200 characters in each language."),
        "space": _(
            "Choose a space. Only an online session has none; say then how many places it has."
        ),
        "weekdays": _("Choose one weekday at least."),
        "starts_at": _("Give the start as a time of day, such as 17:00."),
        "minutes": _("Give the length in minutes, from 5 to 1440."),
        "first_on": _("Choose the first day."),
        "last_on": _("Choose the last day, not before the first."),
        "from_day": _("Choose the day from which the change holds."),
        "capacity": _("Give the number of places, from 1 to 10 000."),
        "reason": _("Say why, in at most 300 characters: those who booked will read it."),
    }
