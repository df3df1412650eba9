"""How each figure of the page is counted, in the reader's language. Source: docs/targets.md."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from zone.reporting.kpis.queries import Figure, Provenance, Report
from zone.reporting.pace.sentences import _, number, part_name
from zone.reporting.supporting.queries import SupportingFigure

_SPACES: Final = re.compile("[ \u00a0]{2,}")
"""What a unit that is empty leaves behind."""
Definition = tuple[str, str, str]
"""(anchor, title, text)."""


def definitions(report: Report, *, by_calendar: bool) -> list[Definition]:
    """Return how the figures of a report and its charts are counted."""
    return [*(_of_target(figure) for figure in report.figures), *_of_charts(by_calendar)]


def _of_target(figure: Figure) -> Definition:
    key = figure.goal.key
    title, counted, unit, per = {
        "A": (
            _("Passes taken into use"),
            _(
                "Sports and gym passes whose first activation falls in the calendar year. A "
                "replacement or an upgrade counts once, a renewal is a new pass. Test, "
                "complimentary, guest and companion passes do not count, nor does a pass that was "
                "refunded in full without a use."
            ),
            "",
            _("in the calendar year"),
        ),
        "B": (
            _("Guided exercise"),
            _(
                "Classes, courses, low-threshold groups and live online sessions that were held, "
                "in hours of 60 minutes: the mean over the regular weeks of a term that are over. "
                "A regular week without a session counts as 0."
            ),
            _("h a week"),
            _("in each term"),
        ),
        "C": (
            _("Grade for the service"),
            _(
                "The mean of one question, 1 to 5, without those who could not say. The exact mean "
                "decides. Survey rounds are never averaged. Fewer than five answers are not "
                "published."
            ),
            _("of 5"),
            _("in spring and in autumn"),
        ),
    }[key]
    target = _(
        "Target %(goal)s %(unit)s %(per)s; baseline %(baseline)s (%(when)s)",
        goal=number(figure.goal.goal),
        unit=unit,
        per=per,
        baseline=number(figure.goal.baseline),
        when=figure.goal.baseline_of,
    )
    return key.lower(), f"{key} · {title}", f"{counted} {_SPACES.sub(' ', target)}."


def _of_charts(by_calendar: bool) -> Sequence[Definition]:
    pace = (
        _(
            "The target times the days of the year that have begun, divided by all its days: there "
            "are no passes of last year to compare with."
        )
        if by_calendar
        else _(
            "The target times the share of last year's passes that were taken into use by the same "
            "day. 29 February is compared with the 28th."
        )
    )
    return (
        ("pace", _("Pace"), pace + " " + _("Nothing is forecast.")),
        (
            "groups",
            _("People by institution, visits by campus"),
            _(
                "People are counted ten days after the end of each month. A number of an "
                "institution begins with five and grows by five at least, so that no two reports "
                "tell of fewer; the others are added in a later month."
            )
            + " "
            + _("Visits at a campus are shown by the same rule."),
        ),
        (
            "visits",
            _("Visits by hour"),
            _(
                "Visits through doors and at the desk in four full weeks, divided by four. An hour "
                "with fewer than five on average shows <5."
            ),
        ),
        (
            "survey",
            _("Survey"),
            _(
                "The newest survey of the year that has closed. Shares are whole percents of the "
                "grades given; they are shown from 25 grades on, and where nobody or at least five "
                "could not say."
            ),
        ),
    )


def receipts(
    report: Report,
    others: Iterable[SupportingFigure],
    labels: Mapping[str, tuple[str, str]],
    institutions: Mapping[str, str],
) -> list[tuple[str, Provenance]]:
    """Return the provenance of each figure with its name."""
    rows = list[tuple[str, Provenance]]()
    for figure in report.figures:
        key = figure.goal.key
        rows.append((key, figure.provenance))
        rows += [(f"{key} · {part_name(part.name)}", part.provenance) for part in figure.parts]
    for item in others:
        name = labels[item.key][0]
        if item.group is not None:
            name = f"{name}: {institutions.get(item.group, item.group) or '–'}"
        rows.append((name, item.provenance))
    return rows
