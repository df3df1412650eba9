"""The finding of a year, as it is read in each language."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from flask import Flask

from zone.core.i18n import LANGUAGES
from zone.reporting.kpis.rules import Goal, judge, judge_grades
from zone.reporting.pace import rules, sentences
from zone.reporting.pace.rules import Outlook, Pace, Progress
from zone.reporting.pace.sentences import TargetFinding

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    with app.app_context(), app.test_request_context("/targets?lang=en"):
        yield


A = Goal("A", Decimal(1870), "2019", Decimal(33), Decimal(2500))
B = Goal("B", Decimal(35), "≈", Decimal(40), Decimal(50))
C = Goal("C", Decimal("3.6"), "4/2020", None, Decimal("4.00"))
TARGETS = (A, B, C)
DAY = date(2026, 12, 1)


def passes(count: int, *, ended: bool = False) -> Progress:
    pace = Pace(A.goal, 2026, {})
    return rules.passes_progress(A, judge(A, Decimal(count)), pace, DAY, ended=ended)


def hours(*means: tuple[str, str, int], ended: bool = False) -> Progress:
    parts = [
        rules.term_progress(B, name, judge(B, Decimal(mean)), done, 14, ended=ended)
        for name, mean, done in means
    ]
    status = min((judge(B, part.value).status for part in parts), key=list(rules.ENDED).index)
    return rules.whole_progress(B, status, parts, ended=ended)


def grade(**grades: Sequence[int]) -> Progress:
    parts = [
        rules.wave_progress(C, wave, judge_grades(C, of), closed=bool(of), ended=False)
        for wave, of in grades.items()
    ]
    return rules.whole_progress(C, judge(C, None).status, parts, ended=False)


SHORT = (
    passes(2141),
    hours(("2026-spring", "50.6", 14), ("2026-autumn", "47.3", 12)),
    grade(spring=[4] * 19 + [3], autumn=()),
)


def plain(text: str) -> str:
    """Return a sentence with ordinary spaces only."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def read(found: TargetFinding) -> str:
    text = f"{found.lead} {found.before}[{found.strong}]{found.after}"
    return plain(" | ".join([text, *found.rest]))


READS = {
    "en": (
        "No target is reached yet. Passes are [359 short] of 2 500: 154 behind pace.",
        "Guided exercise is 2,7 h a week short of 50 in autumn.",
        "The grade cannot be 4,00 in both surveys any more: it was 0,05 short in spring.",
    ),
    "fi": (
        (
            "Yksikään tavoite ei ole vielä täyttynyt. "
            "[359 passia puuttuu] 2 500 passin tavoitteesta: 154 tahdista jäljessä."
        ),
        "Ohjatusta liikunnasta puuttuu syksyllä 2,7 h viikossa 50 tunnin tavoitteesta.",
        "Arvosana ei voi enää olla 4,00 molemmissa kyselyissä: keväällä siitä jäi puuttumaan 0,05.",
    ),
    "sv": (
        "Inget mål är ännu nått. [359 motionskort fattas] till 2 500: 154 efter takten.",
        "Den ledda motionen är på hösten 2,7 h i veckan kort av målet 50.",
        "Betyget kan inte längre vara 4,00 i båda enkäterna: på våren fattades 0,05.",
    ),
}


def test_the_finding_says_what_is_missing_in_each_language(app: Flask) -> None:
    for language, lines in READS.items():
        # A context of its own, because the one of the fixture keeps the first language.
        with app.app_context(), app.test_request_context(f"/targets?lang={language}"):
            assert read(sentences.finding(SHORT, 2026, ended=False)) == " | ".join(lines)


def every_progress() -> Iterator[Progress]:
    """Yield each target with each outlook that it can have."""
    part = hours(("2026-spring", "48.1", 14)).part
    assert part is not None
    for goal in TARGETS:
        base = replace(passes(2141), goal=goal)
        for outlook in Outlook:
            parts = (replace(part, outlook=outlook),) if goal.key != "A" else ()
            yield replace(base, outlook=outlook, parts=parts, part=parts[0] if parts else None)


def test_every_outlook_has_a_sentence_and_a_tag(app: Flask) -> None:
    for language, item in product(LANGUAGES, every_progress()):
        # A context of its own, because the one of the fixture keeps the first language.
        with app.app_context(), app.test_request_context(f"/targets?lang={language}"):
            before, strong, after = sentences.emphasised(sentences.sentence(item))
            whole = plain(before + strong + after)
            assert whole.endswith("."), whole
            assert not set("[]%") & set(whole.replace(" %", "")), whole
            assert sentences.tag(item)


@pytest.mark.usefixtures("english")
def test_an_ended_year_says_how_many_targets_were_met() -> None:
    held = hours(("2026-spring", "50", 14), ended=True)
    for items, text in (
        ((passes(2500, ended=True), held), "All targets of 2026 were met."),
        ((passes(2148, ended=True), held), "One target of 2026 was met."),
        ((passes(2148, ended=True),), "No target of 2026 was met."),
        ((passes(0, ended=True),), "There are no figures of 2026."),
    ):
        assert sentences.finding(items, 2026, ended=True).lead == text
    found = sentences.finding((held, passes(2148, ended=True)), 2026, ended=True)
    assert read(found).startswith(
        "One target of 2026 was met. Passes ended at 2 148, [352 short] of 2 500. |"
    )


@pytest.mark.usefixtures("english")
def test_what_the_last_weeks_need_and_what_rounds_up_is_said() -> None:
    part = SHORT[1].part
    assert part is not None
    line = "12 of 14 regular weeks. The last 2 would need 66,2 h each."
    assert plain(sentences.weeks_line(part)) == line
    short = SHORT[2].part
    assert short is not None
    assert sentences.cut_line(short, C.goal) == "3,95 rounds to 4,0 but is not 4,00."
    assert sentences.cut_line(replace(short, value=Decimal("3.9")), C.goal) is None
    exact = sentences.exact_line(replace(part, value=Decimal("49.96")), B)
    assert exact == "The exact figure is 49,96, which decides."
    exact = sentences.exact_line(replace(part, value=Decimal("48.96")), B)
    assert exact == "The exact figure is 48,96, which decides.", "+40 % are 49,0 h"
    assert sentences.exact_line(replace(part, value=Decimal("48.94")), B) is None
    lost = hours(("2026-spring", "49.2", 14), ("2026-autumn", "52", 3))
    assert plain(sentences.percentage_line(lost) or "") == "+40 % (49 h) can still be reached."
