"""The tile of each target and the headings of the charts, in the reader's language."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from zone.core import formats
from zone.core.time import monday_of
from zone.reporting.charts import views as charts
from zone.reporting.charts.queries import ChartRows, WaveState
from zone.reporting.charts.rules import HourMean
from zone.reporting.charts.views import Bar, Curve, GradeBar
from zone.reporting.kpis.rules import Goal
from zone.reporting.pace import sentences
from zone.reporting.pace.rules import Basis, Outlook, PartProgress, Progress
from zone.reporting.pace.sentences import _, number
from zone.reporting.reports.views import Tile, bar_of, pace_of

ICONS: Final = {
    Outlook.AHEAD: "trending-up",
    Outlook.ON_PACE: "check",
    Outlook.BEHIND: "trending-down",
    Outlook.UNREACHABLE: "circle-x",
    Outlook.REACHED: "circle-check",
    Outlook.OPEN: "hourglass",
    Outlook.TOO_FEW: "hourglass",
    Outlook.NO_DATA: "minus",
    Outlook.MET: "circle-check",
    Outlook.MET_PCT_ONLY: "trending-up",
    Outlook.NOT_MET: "circle-x",
}


def tile(item: Progress, rows: ChartRows) -> Tile:
    """Return the tile of a target."""
    kind, key = charts.colour(item), item.goal.key
    share, target = bar_of(item)
    numbers = _numbers(item)
    return Tile(
        key,
        {
            "A": _("Passes taken into use"),
            "B": _("Guided exercise"),
            "C": _("Grade for the service"),
        }[key],
        (kind, ICONS[item.outlook], sentences.tag(item)),
        numbers,
        _about(item),
        share,
        target,
        {"ok": "", "info": ""}.get(kind, kind),
        [line for line in _lines(item, rows) if line],
    )


def _numbers(item: Progress) -> list[tuple[str, str]]:
    goal, key = sentences.goal_of(item), item.goal.key
    if key == "A":
        value = "–" if item.outlook is Outlook.NO_DATA else number(item.value or Decimal(0))
        return [(value, _("of %(goal)s", goal=goal))]
    if key == "B":
        part = item.shown
        value = "–" if part is None or part.value is None else sentences.figure(key, part.value)
        return [(value, _("of %(goal)s h a week", goal=goal))]
    known = [part for part in item.parts if part.value is not None]
    return [
        (sentences.figure(key, part.value), sentences.in_part(part.name))
        for part in reversed(known)
        if part.value is not None
    ] or [("–", _("of 5"))]


def _about(item: Progress) -> str:
    value = item.shown.value if item.shown else item.value
    words = {
        "value": "–" if value is None else sentences.figure(item.goal.key, value),
        "expected": number(item.expected),
        "goal": sentences.goal_of(item),
    }
    if item.goal.key == "A":
        return _("%(value)s now; %(expected)s would be on pace; the target is %(goal)s", **words)
    return _("%(value)s; the target is %(goal)s", **words)


def _lines(item: Progress, rows: ChartRows) -> list[str | None]:
    lines = {"A": _pass_lines, "B": _hour_lines, "C": _grade_lines}
    return lines[item.goal.key](item, rows)


def _pass_lines(item: Progress, rows: ChartRows) -> list[str | None]:
    pace = pace_of(rows, item.goal.goal)
    last_year = number(Decimal(pace.last_year_by(rows.until)))
    if rows.ended:
        grown = item.value is not None and item.outlook is not Outlook.NO_DATA
        return [
            sentences.growth(item) if grown else None,
            _("The year before %(last)s.", last=last_year)
            if pace.basis is Basis.LAST_YEAR
            else None,
        ]
    expected = number(item.expected)
    if pace.basis is Basis.CALENDAR:
        return [
            _(
                "On pace would be %(expected)s by this day, by the days of the year: there is no "
                "last year to compare with.",
                expected=expected,
            )
        ]
    return [
        _(
            "On pace would be %(expected)s by this day, as last year went. Last year %(last)s.",
            expected=expected,
            last=last_year,
        )
    ]


def _hour_lines(item: Progress, _rows: ChartRows) -> list[str | None]:
    part = item.shown
    if part is None:
        return [_("There are no terms with regular weeks.")]
    return [
        f"{sentences.part_name(part.name)}: {sentences.weeks_line(part)}",
        sentences.exact_line(part, item.goal),
        sentences.percentage_line(item),
        *(_other(one, item.goal) for one in item.parts if one is not part),
    ]


def _other(part: PartProgress, goal: Goal) -> str | None:
    name = sentences.part_name(part.name)
    if part.value is None:
        return None
    line = _("%(term)s: %(value)s h.", term=name, value=sentences.figure("B", part.value))
    return " ".join(filter(None, (line, sentences.exact_line(part, goal))))


def _grade_lines(item: Progress, rows: ChartRows) -> list[str | None]:
    states = {wave.wave: wave for wave in rows.waves}
    return [
        line
        for part in reversed(item.parts)
        for line in (
            sentences.cut_line(part, item.goal.goal),
            _wave_line(part, states.get(part.name), rows),
        )
    ]


def _wave_line(part: PartProgress, wave: WaveState | None, rows: ChartRows) -> str | None:
    name = sentences.part_name(part.name)
    if part.value is not None:
        return None
    if part.outlook is Outlook.TOO_FEW:
        return _("%(wave)s: fewer than five answers, which are not published.", wave=name)
    if wave is None:
        return _("%(wave)s: no survey yet.", wave=name) if not rows.ended else None
    if rows.as_of < wave.opens_at:
        return _("%(wave)s: opens on %(day)s.", wave=name, day=_day(wave.opens_at))
    return _("%(wave)s: open until %(day)s.", wave=name, day=_day(wave.closes_at))


def _day(at: datetime) -> str:
    return formats.format_day(at, sentences.language())


def short_month(day: date) -> str:
    """Return the short name of a day's month; the Swedish ones without their full stop."""
    return formats.format_month_alone(day, sentences.language())


def grade(mean: Decimal) -> str:
    """Return a mean grade with two decimals, cut."""
    return sentences.figure("C", mean)


def curve_title(curve: Curve) -> str:
    """Return what the curve says."""
    titles = {
        (Outlook.BEHIND, Outlook.AHEAD): _("Behind the target, ahead of last year"),
        (Outlook.BEHIND, Outlook.BEHIND): _("Behind the target and last year"),
        (Outlook.AHEAD, Outlook.AHEAD): _("Ahead of the target and last year"),
        (Outlook.AHEAD, Outlook.BEHIND): _("Ahead of the target, behind last year"),
    }
    pace, last_year = charts.against(curve)
    alone = {
        Outlook.BEHIND: _("Behind the target"),
        Outlook.AHEAD: _("Ahead of the target"),
        Outlook.ON_PACE: _("On pace with the target"),
    }
    return (titles.get((pace, last_year)) if last_year else None) or alone[pace]


def institutions_title(bars: Sequence[Bar]) -> str:
    """Return what the bars of the institutions say."""
    behind = [bar.name for bar in bars if bar.behind]
    if behind:
        return _("Fewer than a year ago: %(names)s", names=", ".join(behind[:3]))
    if any(bar.difference is not None for bar in bars):
        return _("About as many as a year ago, or more")
    return _("People by institution")


def campuses_title(bars: Sequence[Bar]) -> str:
    """Return what the bars of the campuses say."""
    shown = [bar.name for bar in bars if bar.size]
    if not shown:
        return _("Visits by campus")
    return _("Most visits: %(names)s", names=", ".join(shown[:2]))


def heat_title(busiest: HourMean | None) -> str:
    """Return what the hours say."""
    if busiest is None:
        return _("Visits by hour")
    return _(
        "Busiest: %(day)s %(from)s–%(to)s",
        **{"day": weekday(busiest.weekday), "from": busiest.hour, "to": busiest.hour + 1},
    )


def survey_title(bars: Sequence[GradeBar], language: str) -> str:
    """Return what the bars of the survey say."""
    known = [bar for bar in bars if bar.mean is not None]
    if len(known) < 2:
        return _("What the survey says")
    lowest = min(known, key=lambda bar: bar.mean or 0)
    return _(
        "Lowest, %(mean)s: %(question)s",
        mean=sentences.figure("C", lowest.mean) if lowest.mean is not None else "–",
        question=lowest.text[language],
    )


def weekday(number_: int) -> str:
    """Return the short name of an ISO weekday."""
    day = monday_of(2026, 1) + timedelta(days=number_ - 1)
    return formats.format_weekday(day, sentences.language())
