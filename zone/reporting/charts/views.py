"""The charts as their SVG is drawn: places in percent, classes, and the rows behind them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from zone.feedback.results.queries import QuestionShares
from zone.reporting.charts.rules import CurvePoint, HourMean, tick_step
from zone.reporting.pace.rules import Outlook, Progress, compared
from zone.reporting.supporting.rules import ShownPeople

LEFT: Final = 8
RIGHT: Final = 97
TOP: Final = 6
BOTTOM: Final = 92
"""The field of the curve, in percent of its picture."""
LABELLED: Final = 7
"""A part of a bar with this many percent has room for its number."""
DARK_GRADES: Final = frozenset({1, 5})
"""The grades whose colour takes white text."""
SMALL_GAP: Final = Decimal("0.05")
"""Behind by less than this share is a warning, by more it is bad."""

GOOD: Final = frozenset({Outlook.AHEAD, Outlook.ON_PACE, Outlook.REACHED, Outlook.MET})
UNKNOWN: Final = frozenset({Outlook.OPEN, Outlook.NO_DATA, Outlook.TOO_FEW})


def colour(item: Progress) -> str:
    """Return the kind of a target's mark: ok, warn, bad or info."""
    if item.outlook in UNKNOWN:
        return "info"
    if item.outlook in GOOD:
        return "ok"
    if item.outlook is Outlook.MET_PCT_ONLY:
        return "warn"
    behind = item.outlook is Outlook.BEHIND and item.gap < item.expected * SMALL_GAP
    return "warn" if behind else "bad"


def percent(value: Decimal | int, whole: Decimal | int) -> str:
    """Return a part of a whole as the length of a bar, 0 to 100 percent."""
    share = Decimal(value) / Decimal(whole) * 100 if whole else Decimal(0)
    return f"{min(Decimal(100), max(Decimal(0), share)):.1f}%"


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve of the year. Lines are points of a polyline; `ticks` and `months` are labels.

    `last_year` is empty where there is none; `now` is the place of the last known point.
    """

    points: Sequence[CurvePoint]
    known: CurvePoint
    ticks: Sequence[tuple[str, int]]
    months: Sequence[tuple[str, date]]
    actual: str
    area: str
    target: str
    last_year: str
    now: tuple[str, str]
    end: str

    @property
    def label_anchor(self) -> str:
        """On which side of the last known point its number stands: inside the field."""
        return "end" if float(self.now[0]) > (LEFT + RIGHT) / 2 else "start"

    @property
    def label_dx(self) -> int:
        """How far the number stands from the line of the last known point."""
        return -10 if self.label_anchor == "end" else 10


def curve_view(points: Sequence[CurvePoint], until: date) -> Curve:
    """Return the curve through some points, of which the one of `until` is the last known."""
    known = next(point for point in points if point.day == until)
    # At least 1: a goal may be less than half a pass.
    most = max(1, *(max(one.actual or 0, one.target, one.last_year or 0) for one in points))
    step = tick_step(most)
    top = step * -(-most // step)
    actual = _line([(point.day, point.actual) for point in points], top)
    now = f"{_x(known.day):.2f}", f"{_y(known.actual or 0, top):.2f}"
    last_year = [(point.day, point.last_year) for point in points]
    return Curve(
        points,
        known,
        [(f"{_y(value, top):.2f}", value) for value in range(0, top + 1, step)],
        [(f"{_x(date(until.year, n, 15)):.2f}", date(until.year, n, 1)) for n in range(1, 13)],
        actual,
        f"{LEFT},{BOTTOM} {actual} {now[0]},{BOTTOM}",
        _line([(point.day, point.target) for point in points], top),
        "" if known.last_year is None else _line(last_year, top),
        now,
        f"{_y(points[-1].target, top):.2f}",
    )


def _x(day: date) -> float:
    days = date(day.year, 12, 31).timetuple().tm_yday
    return LEFT + (RIGHT - LEFT) * day.timetuple().tm_yday / days


def _y(value: int, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _line(points: Sequence[tuple[date, int | None]], top: int) -> str:
    placed = [f"{_x(day):.2f},{_y(value, top):.2f}" for day, value in points if value is not None]
    return " ".join([f"{LEFT},{BOTTOM}", *placed])


@dataclass(frozen=True, slots=True)
class Bar:
    """A group of people or visits; `size` None: too few to show. `before`: a year ago, if shown.

    `share` and `before_share` are lengths in percent.
    """

    name: str
    size: int | None
    before: int | None
    share: str
    before_share: str

    @property
    def difference(self) -> int | None:
        """How many more than a year ago; None where either is not shown."""
        return None if self.size is None or self.before is None else self.size - self.before

    @property
    def behind(self) -> bool:
        """Whether there are fewer than a year ago, by more than SMALL_GAP of those."""
        return self.difference is not None and -self.difference > SMALL_GAP * (self.before or 0)


def bars(
    shown: Mapping[str, ShownPeople | None],
    before: Mapping[str, ShownPeople | None],
    names: Mapping[str, str],
) -> list[Bar]:
    """Return the bars of some groups by code, the largest first."""
    sizes = {code: found.size if found else None for code, found in shown.items()}
    earlier = {code: found.size for code, found in before.items() if found and code in shown}
    most = max((size for size in [*sizes.values(), *earlier.values()] if size), default=0)
    return [
        Bar(
            names.get(code, code),
            size,
            earlier.get(code),
            percent(size or 0, most),
            percent(earlier.get(code, 0), most),
        )
        for code, size in sorted(sizes.items(), key=lambda item: (-(item[1] or 0), item[0]))
    ]


@dataclass(frozen=True, slots=True)
class GradePart:
    """A part of a bar of grades: its place and width, and whether its number has room."""

    grade: int
    share: int
    x: str
    width: str
    middle: str
    labelled: bool
    ink: str


@dataclass(frozen=True, slots=True)
class GradeBar:
    """A question of the survey; without `parts` it has a mean, but too few grades for a bar."""

    text: dict[str, str]
    n: int
    mean: Decimal | None
    shares: Sequence[int]
    parts: Sequence[GradePart]


def grade_bars(questions: Sequence[QuestionShares]) -> list[GradeBar]:
    """Return the bars of a survey's questions."""
    return [
        GradeBar(
            question.text,
            question.summary.n,
            question.summary.mean,
            question.shares or (),
            _parts(question.shares or ()),
        )
        for question in questions
    ]


def _parts(shares: Sequence[int]) -> list[GradePart]:
    starts = [sum(shares[:at]) for at in range(len(shares))]
    return [
        GradePart(
            grade,
            share,
            f"{start}%",
            f"{share}%",
            f"{start + share / 2:.1f}%",
            share >= LABELLED,
            "tw" if grade in DARK_GRADES else "tb",
        )
        for grade, (share, start) in enumerate(zip(shares, starts, strict=True), start=1)
        if share
    ]


def busiest(rows: Sequence[Sequence[HourMean]]) -> HourMean | None:
    """Return the hour with the highest mean; None where all are too small to show."""
    shown = [cell for row in rows for cell in row if cell.mean]
    return max(shown, key=lambda cell: cell.mean or 0, default=None)


def against(curve: Curve) -> tuple[Outlook, Outlook | None]:
    """Return how the last known total compares with the pace, and with last year's."""
    actual = Decimal(curve.known.actual or 0)
    last = curve.known.last_year
    return (
        compared(actual, Decimal(curve.known.target)),
        None if last is None else compared(actual, Decimal(last)),
    )
