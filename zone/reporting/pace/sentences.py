"""What the page says of each target, in the reader's language: tag, finding, and further lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

import flask_babel

from zone.core import formats
from zone.reporting.kpis.rules import DIGITS, Goal, growth_pct
from zone.reporting.pace.rules import (
    GRADE_DIGITS,
    Outlook,
    PartProgress,
    Progress,
    is_reached,
    most_urgent_first,
    shown_value,
)


def _(text: str, **values: object) -> str:
    """Return a sentence in the reader's language."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return a sentence about `num` things in the reader's language."""
    return str(flask_babel.ngettext(one, many, num, **values))


@dataclass(frozen=True, slots=True)
class TargetFinding:
    """What stands at the top: `strong` is the number of the sentence around it, `rest` the others.

    `lead` says how many targets are reached, or met.
    """

    lead: str
    before: str
    strong: str
    after: str
    rest: Sequence[str]


def language() -> str:
    """Return the reader's language."""
    return str(flask_babel.get_locale().language)


def number(value: Decimal) -> str:
    """Return a number with just the decimals that it has, in Finnish form."""
    digits = max(0, -int(value.as_tuple().exponent))
    return formats.format_number(value, language(), digits, exact=True)


def figure(key: str, value: Decimal) -> str:
    """Return the value of a target as the page shows it."""
    return number(shown_value(key, value))


def goal_of(item: Progress) -> str:
    """Return the goal with the decimals of its figure: 4,0."""
    goal = item.goal
    digits = max(DIGITS[goal.key] if goal.key == "C" else 0, -int(goal.goal.as_tuple().exponent))
    return number(goal.goal.quantize(Decimal(1).scaleb(-digits)))


def part_name(name: str) -> str:
    """Return the name of a term or wave, for `spring` as for the code `2026-spring`."""
    names = {"spring": _("Spring"), "summer": _("Summer"), "autumn": _("Autumn")}
    return next((text for kind, text in names.items() if kind in name), name)


def in_part(name: str) -> str:
    """Return when a term or wave was, inside a sentence."""
    names = {"spring": _("in spring"), "summer": _("in summer"), "autumn": _("in autumn")}
    return next((text for kind, text in names.items() if kind in name), name)


def unit(key: str, gap: Decimal) -> str:
    """Return a distance with its unit."""
    return _("%(hours)s h", hours=number(gap)) if key == "B" else number(gap)


def tag(item: Progress) -> str:
    """Return how a target stands, in two to five words."""
    gap = unit(item.goal.key, item.gap)
    words = {
        Outlook.AHEAD: _("Ahead by %(gap)s", gap=gap),
        Outlook.ON_PACE: _("On pace"),
        Outlook.BEHIND: _("Behind by %(gap)s", gap=gap),
        Outlook.UNREACHABLE: _("Cannot be reached any more"),
        Outlook.REACHED: _("Reached"),
        Outlook.OPEN: _("Not known yet"),
        Outlook.TOO_FEW: _("Fewer than five answers"),
        Outlook.NO_DATA: _("No data"),
        Outlook.MET: _("Met"),
        Outlook.MET_PCT_ONLY: _("Percentage met, number not"),
        Outlook.NOT_MET: _("Not met"),
    }
    return words[item.outlook]


def finding(items: Sequence[Progress], year: int, *, ended: bool) -> TargetFinding:
    """Return the finding: the most urgent target first, with the number that is missing."""
    first, *others = most_urgent_first(items)
    before, strong, after = emphasised(sentence(first))
    rest = ["".join(emphasised(sentence(item))) for item in others]
    return TargetFinding(lead(items, year, ended=ended), before, strong, after, rest)


def emphasised(text: str) -> tuple[str, str, str]:
    """Return a sentence as what stands before, inside and after its square brackets."""
    before, _start, rest = text.partition("[")
    strong, _end, after = rest.partition("]")
    return before, strong, after


def lead(items: Sequence[Progress], year: int, *, ended: bool) -> str:
    """Return how many targets are reached; of an ended year, how many were met."""
    reached, all_ = sum(map(is_reached, items)), len(items)
    if all(item.outlook in {Outlook.OPEN, Outlook.NO_DATA} for item in items):
        return _("There are no figures of %(year)s.", year=year)
    if ended:
        if reached in {0, all_}:
            met_all, none = (
                _("All targets of %(year)s were met.", year=year),
                _("No target of %(year)s was met.", year=year),
            )
            return met_all if reached else none
        return ngettext(
            "One target of %(year)s was met.",
            "%(num)s targets of %(year)s were met.",
            reached,
            year=year,
        )
    if reached == 0:
        return _("No target is reached yet.")
    return ngettext("One target is reached.", "%(num)s targets are reached.", reached)


def sentence(item: Progress) -> str:
    """Return what is said of a target, with the number that matters in square brackets."""
    says: dict[str, Callable[[Progress], str]] = {"A": _passes, "B": _hours, "C": _grade}
    return says[item.goal.key](item)


def _passes(item: Progress) -> str:
    words = {
        "gap": number(item.gap),
        "missing": number(item.missing),
        "goal": goal_of(item),
        "value": number(item.value or Decimal(0)),
        "pct": number(item.goal.pct or Decimal(0)),
    }
    if item.outlook is Outlook.AHEAD and item.missing == 0:
        return _("Passes have reached %(goal)s: [%(value)s are in use].", **words)
    sentences = {
        Outlook.BEHIND: _(
            "Passes are [%(missing)s short] of %(goal)s: %(gap)s behind pace.", **words
        ),
        Outlook.ON_PACE: _("Passes are on pace: [%(missing)s to go] to %(goal)s.", **words),
        Outlook.AHEAD: _(
            "Passes are %(gap)s ahead of pace: [%(missing)s to go] to %(goal)s.", **words
        ),
        Outlook.MET: _("Passes met the target with [%(value)s of %(goal)s].", **words),
        Outlook.MET_PCT_ONLY: _(
            "Passes met +%(pct)s %% but not the number: [%(missing)s short] of %(goal)s.", **words
        ),
        Outlook.NOT_MET: _("Passes ended at %(value)s, [%(missing)s short] of %(goal)s.", **words),
    }
    return sentences.get(item.outlook) or _("No pass was taken into use.")


def _hours(item: Progress) -> str:
    part = item.part
    if part is None or part.value is None:
        return _("Guided exercise: no regular week is over.")
    words = {
        "gap": number(part.gap),
        "goal": goal_of(item),
        "value": figure("B", part.value),
        "term": in_part(part.name),
        "pct": number(item.goal.pct or Decimal(0)),
    }
    sentences = {
        Outlook.BEHIND: _(
            "Guided exercise is [%(gap)s h a week short] of %(goal)s %(term)s.", **words
        ),
        Outlook.ON_PACE: _("Guided exercise is at [%(value)s h a week] %(term)s.", **words),
        Outlook.AHEAD: _(
            "Guided exercise is at %(value)s h a week %(term)s, [%(gap)s h ahead].", **words
        ),
        Outlook.UNREACHABLE: _(
            "Guided exercise cannot reach %(goal)s h in each term any more: it was "
            "[%(gap)s h short] %(term)s.",
            **words,
        ),
        Outlook.REACHED: _("Guided exercise reached [%(goal)s h a week] in each term.", **words),
        Outlook.MET: _("Guided exercise met [%(goal)s h a week] in each term.", **words),
        Outlook.MET_PCT_ONLY: _(
            "Guided exercise met +%(pct)s %% but not the number: it was [%(gap)s h short] "
            "%(term)s.",
            **words,
        ),
    }
    return sentences.get(item.outlook) or _(
        "Guided exercise missed %(goal)s h a week: it was [%(gap)s h short] %(term)s.", **words
    )


def _grade(item: Progress) -> str:
    part = item.part
    if part is None:
        return _("The grade is not known: no survey has closed.")
    words = {
        "gap": number(part.gap),
        "goal": goal_of(item),
        "value": "" if part.value is None else figure("C", part.value),
        "wave": in_part(part.name),
    }
    sentences = {
        Outlook.AHEAD: _("The grade was [%(value)s] %(wave)s, %(gap)s above %(goal)s.", **words),
        Outlook.UNREACHABLE: _(
            "The grade cannot be %(goal)s in both surveys any more: it was [%(gap)s short] "
            "%(wave)s.",
            **words,
        ),
        Outlook.TOO_FEW: _("The grade %(wave)s is not shown: [fewer than five] answered.", **words),
        Outlook.REACHED: _("The grade reached [%(goal)s] in both surveys.", **words),
        Outlook.MET: _("The grade met [%(goal)s] in both surveys.", **words),
        Outlook.NOT_MET: _("The grade missed %(goal)s: it was [%(gap)s short] %(wave)s.", **words),
    }
    return sentences.get(item.outlook) or _("The grade is not known: no survey has closed.")


def weeks_line(part: PartProgress) -> str:
    """Return how far a term is, and what its last weeks need."""
    left = part.weeks - part.done
    over = _("%(done)s of %(weeks)s regular weeks.", done=part.done, weeks=part.weeks)
    if part.needed is None or part.outlook is not Outlook.BEHIND:
        return over
    needed = ngettext(
        "The last one would need %(hours)s h.",
        "The last %(num)s would need %(hours)s h each.",
        left,
        hours=number(part.needed),
    )
    return f"{over} {needed}"


def cut_line(part: PartProgress, goal: Decimal) -> str | None:
    """Return the sentence that says why a grade that rounds up to the goal is below it."""
    if part.value is None or part.value >= goal:
        return None
    exact = shown_value("C", part.value)
    rounded = part.value.quantize(Decimal("0.1"), rounding="ROUND_HALF_UP")
    if rounded < goal:
        return None
    return _(
        "%(exact)s rounds to %(rounded)s but is not %(goal)s.",
        exact=number(exact),
        rounded=number(rounded),
        goal=number(goal.quantize(Decimal(1).scaleb(-GRADE_DIGITS))),
    )


def exact_line(part: PartProgress, goal: Goal) -> str | None:
    """Return the sentence that says why hours that round up to the goal, or to the growth that
    was written beside it, are below it.
    """
    if part.value is None:
        return None
    shown, levels = shown_value("B", part.value), (goal.goal, goal.pct_level)
    if not any(level is not None and part.value < level <= shown for level in levels):
        return None
    exact = part.value.quantize(Decimal("0.001"), rounding=ROUND_DOWN).normalize()
    return _("The exact figure is %(exact)s, which decides.", exact=number(exact))


def growth(item: Progress) -> str | None:
    """Return the growth of an ended year on the baseline, beside the one that was the target."""
    goal, value = item.goal, item.value
    grown = None if value is None else growth_pct(goal, value)
    if grown is None or goal.pct is None:
        return None
    return _(
        "%(growth)s %% against %(year)s (target +%(pct)s %%).",
        growth=("+" if grown > 0 else "") + number(grown),
        year=goal.baseline_of,
        pct=number(goal.pct),
    )


def percentage_line(item: Progress) -> str | None:
    """Return that the percentage can still be reached, where the number cannot."""
    goal = item.goal
    if item.outlook is not Outlook.UNREACHABLE or not item.pct_open or goal.pct_level is None:
        return None
    return _(
        "+%(pct)s %% (%(level)s h) can still be reached.",
        pct=number(goal.pct or Decimal(0)),
        level=number(goal.pct_level.normalize()),
    )
