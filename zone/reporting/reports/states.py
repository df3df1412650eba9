"""The states of the page of targets, from invented figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from zone.core.time import day_window, year_window
from zone.feedback.results.queries import QuestionShares
from zone.feedback.results.rules import PublishedSummary
from zone.reporting.charts.queries import ChartRows, WaveState, known_until
from zone.reporting.charts.rules import HourVisits
from zone.reporting.kpis.queries import Figure, FigurePart, Provenance, Report, whole_of
from zone.reporting.kpis.rules import Goal, judge, judge_grades
from zone.reporting.reports.pages import Shown, targets_page
from zone.reporting.supporting.queries import SupportingFigure, people_figure
from zone.reporting.supporting.rules import ShownPeople
from zone.web.states import State

YEAR: Final = 2026
NOW: Final = datetime(2026, 12, 1, 14, 20, tzinfo=UTC)
GOAL_A: Final = Goal("A", Decimal(1870), "2019", Decimal(33), Decimal(2500))
GOAL_B: Final = Goal("B", Decimal(35), "≈", Decimal(40), Decimal(50))
GOAL_C: Final = Goal("C", Decimal("3.6"), "4/2020", None, Decimal("4.00"))
OF_LAST_YEAR: Final = (380, 150, 80, 50, 40, 20, 30, 150, 520, 260, 220, 161)
"""Passes that were taken into use in each month of the year before."""
PEOPLE: Final = {"metropolia": 934, "haaga-helia": 571, "laurea": 402, "arcada": 173, "diak": 12}
CAMPUSES: Final = {"myyrmaki": 6120, "myllypuro": 5480, "pasila": 3560, "otaniemi": 2410}
NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "institutions": {
        "metropolia": "Metropolia",
        "haaga-helia": "Haaga-Helia",
        "laurea": "Laurea",
        "arcada": "Arcada",
        "diak": "Diak",
        "humak": "Humak",
    },
    "campuses": {
        "myyrmaki": "Metropolia Myyrmäki",
        "myllypuro": "Metropolia Myllypuro",
        "pasila": "Haaga-Helia Pasila",
        "otaniemi": "Laurea Otaniemi",
        "malmi": "Haaga-Helia Malmi",
    },
}
BUSY: Final = (18, 27, 21, 21, 19, 40, 32, 22, 29, 43, 73, 99, 91, 65, 34)
"""Mean visits in the hours from 7 on, of a Monday."""
QUESTIONS: Final = (
    ("The service as a whole", "4.06", (3, 4, 15, 40, 38)),
    ("Classes", "4.21", (2, 4, 12, 35, 47)),
    ("Gym equipment", "3.83", (4, 9, 17, 40, 30)),
    ("Opening hours", "3.38", (9, 17, 21, 31, 22)),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """The figures of a state; `growth` is this year's passes in percent of the last year's, and
    `extra` as many more on its last day.

    `terms` are (name, hours a week, weeks that are over) of 14 weeks, `waves` the number of
    answers and the grade of each closed survey. Without `last_year` there was no year before.
    """

    growth: int = 113
    extra: int = 0
    terms: Sequence[tuple[str, str | None, int]] = (
        ("2026-spring", "50.6", 14),
        ("2026-autumn", "47.3", 12),
    )
    waves: Mapping[str, Sequence[int]] = field(
        default_factory=lambda: {"spring": [4] * 376 + [5] * 28}
    )
    last_year: bool = True
    empty: bool = False
    day: date | None = None
    now: datetime = NOW


def _passes(year: int, until: date, percent: int) -> dict[date, int]:
    return {
        day: count * percent // 100
        for month, count in enumerate(OF_LAST_YEAR, start=1)
        if (day := date(year, month, 15)) <= until
    }


def _shown(scene: Scene) -> Shown:
    as_of = min(scene.now, day_window(scene.day)[1]) if scene.day else scene.now
    until = known_until(YEAR, as_of)
    passes = {} if scene.empty else _passes(YEAR, until, scene.growth) | {until: scene.extra}
    report = Report(YEAR, as_of, (_a(passes, as_of), _b(scene, as_of), _c(scene, as_of)))
    others = [] if scene.empty else _others(as_of)
    return Shown(report, others, _rows(scene, passes, until, as_of), None)


def _provenance(as_of: datetime, rows: dict[str, int], name: str) -> Provenance:
    return Provenance(name, year_window(YEAR), as_of, rows, "5f" * 32)


def _a(passes: Mapping[date, int], as_of: datetime) -> Figure:
    count = sum(passes.values())
    return Figure(
        GOAL_A, judge(GOAL_A, Decimal(count)), _provenance(as_of, {"passes": count}, "A-1")
    )


def _b(scene: Scene, as_of: datetime) -> Figure:
    parts = [
        FigurePart(
            name,
            judge(GOAL_B, None if mean is None else Decimal(mean)),
            _provenance(as_of, {"sessions": 60 * done, "weeks": done}, "B-1"),
        )
        for name, mean, done in scene.terms
    ]
    return whole_of(GOAL_B, YEAR, as_of, parts)


def _c(scene: Scene, as_of: datetime) -> Figure:
    parts = [
        FigurePart(
            wave,
            judge_grades(GOAL_C, scene.waves.get(wave, [])),
            _provenance(as_of, {"answers": len(scene.waves.get(wave, []))}, "C-1"),
        )
        for wave in ("spring", "autumn")
    ]
    return whole_of(GOAL_C, YEAR, as_of, parts)


def _others(as_of: datetime) -> list[SupportingFigure]:
    shares = (("no_shows", 214, 3480), ("filled", 15210, 21400), ("captured", 17110, 18400))
    window, until = year_window(YEAR), date(YEAR, 10, 31)
    people = [
        people_figure(code, ShownPeople(size, until), window, as_of, [])
        for code, size in PEOPLE.items()
    ]
    return [
        *(
            SupportingFigure(key, _provenance(as_of, {"bookings": whole}, "S-1"), part, whole)
            for key, part, whole in shares
        ),
        *people,
        people_figure("humak", None, window, as_of, None),
    ]


def _rows(scene: Scene, passes: dict[date, int], until: date, as_of: datetime) -> ChartRows:
    before: dict[str, ShownPeople | None] = {
        code: ShownPeople(size * 107 // 100, until) for code, size in PEOPLE.items()
    }
    campuses = {code: ShownPeople(size, until) for code, size in CAMPUSES.items()}
    last = until - timedelta(days=until.isoweekday())
    visits = {
        (day, hour): 4 * mean // day
        for day in range(1, 7)
        for hour, mean in enumerate(BUSY, start=7)
    }
    return ChartRows(
        year=YEAR,
        as_of=as_of,
        until=until,
        ended=as_of >= year_window(YEAR)[1],
        passes=passes,
        last_passes=_passes(YEAR - 1, date(YEAR, 1, 1), 100) if scene.last_year else {},
        people_before=before if scene.last_year else {},
        campuses={} if scene.empty else campuses | {"malmi": None},
        hours=HourVisits(last - timedelta(days=27), last, {} if scene.empty else visits, 93 * 40),
        term_weeks={name: 14 for name, _mean, _done in scene.terms},
        waves=_waves(scene),
        survey=("spring", _questions()) if len(scene.waves.get("spring", ())) >= 5 else None,
    )


def _waves(scene: Scene) -> list[WaveState]:
    opens = {
        "spring": datetime(YEAR, 4, 1, 5, tzinfo=UTC),
        "autumn": datetime(YEAR, 11, 2, 6, tzinfo=UTC),
    }
    return [
        WaveState(wave, at, at + timedelta(days=34), wave in scene.waves)
        for wave, at in opens.items()
        if not scene.empty
    ]


def _questions() -> list[QuestionShares]:
    return [
        QuestionShares(
            {"fi": text, "sv": text, "en": text},
            PublishedSummary(412, 404, Decimal(mean)),
            list(shares),
        )
        for text, mean, shares in QUESTIONS
    ]


def _page(scene: Scene) -> str:
    return targets_page(YEAR, scene.day, _shown(scene), NAMES, scene.now)


def _no_targets() -> str:
    return targets_page(YEAR, date(2020, 12, 31), None, NAMES, NOW)


BEHIND: Final = Scene()
AFTER: Final = datetime(2027, 1, 20, 8, tzinfo=UTC)
GOOD_TERMS: Final = (("2026-spring", "50.6", 14), ("2026-autumn", "51.2", 12))
ENDED: Final = (("2026-spring", "50.6", 14), ("2026-autumn", "49.4", 14))
SCENES: Final = (
    ("behind", BEHIND),
    ("ahead", replace(BEHIND, growth=135, terms=GOOD_TERMS)),
    ("on-pace", replace(BEHIND, growth=121, extra=11, terms=(("2026-autumn", "50", 12),))),
    (
        "cannot-be-reached",
        replace(
            BEHIND,
            terms=(("2026-spring", "49.1", 14), ("2026-autumn", "52", 12)),
            waves={"spring": [4] * 380 + [3] * 20},
        ),
    ),
    ("fewer-than-five-answers", replace(BEHIND, waves={"spring": [5, 4, 4]})),
    ("by-the-calendar", replace(BEHIND, last_year=False)),
    ("past-day", replace(BEHIND, day=date(YEAR, 5, 31), terms=(("2026-spring", "50.6", 14),))),
    ("no-data", Scene(terms=(), waves={}, last_year=False, empty=True)),
    (
        "ended-not-met",
        replace(BEHIND, now=AFTER, terms=ENDED, waves={"spring": [4] * 9, "autumn": [4] * 9}),
    ),
    (
        "ended-met",
        replace(
            BEHIND,
            now=AFTER,
            growth=123,
            terms=(("2026-spring", "50.6", 14), ("2026-autumn", "50", 14)),
            waves={"spring": [4] * 99, "autumn": [4] * 98 + [5]},
        ),
    ),
)
STATES: Final = (
    *(State("targets", name, partial(_page, scene)) for name, scene in SCENES),
    State("targets", "no-targets", _no_targets),
)
