"""The classes on the page of the week as cards in its grid, and the addresses that choose one."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from zone.reporting.week import rules
from zone.reporting.week.queries import Plan
from zone.reporting.week.rules import Clashes, Placed, PlannedClass
from zone.reporting.week.views import WeekCard
from zone.reporting.week_change.pages import Change, about, clock_of
from zone.web.filters import day

PATH: Final = "/manage/week"
NEAR_THE_END: Final = 14
"""The card of a class that ends so many days before its term, or more, says when."""
COLOURS: Final = {
    "strength": "strength",
    "cardio": "cardio",
    "mind": "mind",
    "body_and_mind": "mind",
    "dance": "dance",
    "ball": "ball",
    "martial_arts": "ball",
}
"""The colour of a kind of exercise, where it has one."""


def choice(planned: PlannedClass) -> dict[str, str]:
    """Return the query that chooses a class, and its weekday where it has several."""
    day = {"day": str(planned.weekday)} if planned.others else {}
    return {"class": str(planned.id)} | day


def address(**query: str) -> str:
    """Return the page's address, in the term that is chosen."""
    term = request.args.get("term")
    kept = {"term": term} if term else {}
    return f"{PATH}?{urlencode(kept | query)}"


def cards_of_day(
    plan: Plan,
    number: int,
    drawn: Sequence[PlannedClass],
    changed: Change | None,
    found: Clashes,
    hours: tuple[int, int],
) -> list[WeekCard]:
    """Return the cards of a weekday, 1 for Monday, in a grid from one full hour to another.

    `drawn` has the change's draft too, and `found` is what that clashes with.
    """
    placed = rules.place((one for one in drawn if one.weekday == number), *hours)
    draft = changed.draft if changed else None
    return [_card(plan, one, draft, changed, found) for one in placed]


def _card(
    plan: Plan,
    placed: Placed,
    draft: PlannedClass | None,
    changed: Change | None,
    found: Clashes,
) -> WeekCard:
    planned = placed.planned
    chosen = changed is not None and planned in (changed.stored, draft)
    ghost = chosen and draft is not None and planned is not draft
    clash = planned in (*found.place, *found.instructor)
    note = [] if planned is draft else _until(plan, planned)
    css = [COLOURS.get(planned.category, ""), f"q{placed.column}", f"d{_span(placed.span)}"]
    css += [f"n{placed.lane + 1}"] if placed.lane else []
    css += ["ghost"] if ghost else ["sel"] if chosen else ["clash"] if clash else []
    return WeekCard(
        id=planned.id,
        href=f"{address(**choice(planned))}#side",
        name=planned.name,
        clock=clock_of(planned.minute),
        about=_("was here") if ghost else " · ".join([*about(plan, planned), *note]),
        css=" ".join(filter(None, css)),
        minute=planned.minute,
        minutes=planned.minutes,
        ghost=ghost,
        current=chosen and not ghost,
        trouble=_trouble(planned, draft, found, clash=clash),
    )


def _span(columns: int) -> int:
    # Classes of style for each length up to four hours, and then for whole hours.
    return columns if columns <= 16 else -(-columns // 4) * 4


def _until(plan: Plan, planned: PlannedClass) -> list[str]:
    """Return when a class begins or ends, where that is within the term."""
    if planned.first_on > plan.first:
        return [_("from %(day)s", day=day(planned.first_on))]
    if (
        plan.term
        and planned.last_on < plan.last
        and (plan.last - planned.last_on).days >= NEAR_THE_END
    ):
        return [_("until %(day)s", day=day(planned.last_on))]
    return []


def _trouble(
    planned: PlannedClass, draft: PlannedClass | None, found: Clashes, *, clash: bool
) -> str | None:
    if draft is not None and planned is draft:
        if found.place:
            return str(_("Place is taken"))
        return str(_("Instructor is taken")) if found.instructor else None
    if clash and draft is not None:
        return str(_("Clashes with %(name)s", name=draft.name))
    return None
