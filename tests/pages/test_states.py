"""Every state of every screen: accessible, narrow enough, nothing hidden and no word cut off.

Each state in one language, on a phone, and of every two the first by axe and the second by its
layout; the tier `thorough` takes both, all languages, both themes and three widths.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from typing import Any, Final

import pytest

from tests.pages.test_accessible import runs_over, violations
from tests.world.daytime import AT_NOON
from tests.world.people import a_member
from tests.world.served_app import Site, serving
from zone.app import FEATURES
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.i18n import LANGUAGES
from zone.web.context import settings_of
from zone.web.states import State

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]

STATES: Final = [state for feature in FEATURES for state in feature.leaves.states]
Size = dict[str, int]
PHONE: Final[Size] = {"width": 390, "height": 844}
SIZES: Final[tuple[Size, ...]] = (
    {"width": 320, "height": 568},
    PHONE,
    {"width": 1280, "height": 800},
)
LEAST_TARGET: Final = 24
"""CSS pixels of a side (WCAG 2.5.8)."""

# WCAG 1.4.12: people may set these, and nothing may get lost.
TEXT_SPACING: Final = """* {
  line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important;
} p { margin-block-end: 2em !important }"""

SMALL_TARGETS: Final = """(least) => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((e) => e.checkVisibility() && getComputedStyle(e).display !== 'inline')
  .filter((e) => !e.closest('.vh, .skip') && !e.matches('label input'))
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < least || box.height < least))
  .map(([e, box]) => `${e.outerHTML.slice(0, 80)} is ${box.width} x ${box.height}`)"""

HIDDEN_FOCUS: Final = """() => [...document.querySelectorAll(
    'main a[href], main button, main input:not([type=hidden]), main select, main summary')]
  .filter((e) => e.checkVisibility() && !e.disabled && !e.closest('.vh'))
  .filter((e) => {
    e.focus();
    // Of what is larger than the window, or scrolled to in part, what is inside counts.
    const box = e.getClientRects()[0];
    const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)];
    const [right, bottom] = [Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)];
    const middle = [(left + right) / 2, (top + bottom) / 2];
    const points = [middle, [left + 2, top + 2], [right - 2, bottom - 2]];
    return !points.some(([x, y]) => {
      const seen = document.elementFromPoint(x, y);
      return seen && (e.contains(seen) || seen.closest('label')?.contains(e));
    });
  }).map((e) => `${e.outerHTML.slice(0, 80)} is covered when it has the focus`)"""

BROKEN_LABELS: Final = """() =>
  [...document.querySelectorAll('.tag, .state, .btn, main :is(p, li, dt, dd)')]
  .filter((e) => e.checkVisibility() && e.firstElementChild?.matches('svg.icon:not(.big)'))
  .filter((e) => {
    const words = document.createRange();
    words.selectNodeContents(e);
    words.setStartAfter(e.querySelector('svg.icon'));
    const { top, height } = words.getBoundingClientRect();
    return height && e.querySelector('svg.icon').getBoundingClientRect().bottom <= top;
  }).map((e) => `${e.outerHTML.slice(0, 80)} has its icon above its words`)"""

# A day of the week planner is a place to drop a class on.
BARE_HEADINGS: Final = """() => [...document.querySelectorAll('main section:not(.wd)')]
  .filter((e) => e.checkVisibility())
  .filter((e) => !e.querySelector('input, select, textarea, button, img, svg:not(.icon)'))
  .filter((e) => {
    const heading = e.querySelector('h1, h2, h3, h4');
    return heading && e.innerText.trim() === heading.innerText.trim();
  }).map((e) => `${e.outerHTML.slice(0, 80)} has a heading and nothing else`)"""

# A translation is often 40 % longer; the vowels of words are doubled, which is about as much.
LONGER: Final = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    text.data = text.data.replace(/[aeiouyåäö]/gi, '$&$&');
  }
}"""

CUT_OFF: Final = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.checkVisibility() && !e.closest('.vh, .wk, .nm'))
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .filter((e) => ['hidden', 'clip'].includes(getComputedStyle(e).overflowX))
  .filter((e) => e.clientWidth > 1) // of 1 px: for screen readers only, as the pass's heading
  .filter((e) => e.scrollWidth > e.clientWidth + 1)
  .map((e) => `${e.outerHTML.slice(0, 80)} is cut off`)"""

CUT_PLACEHOLDERS: Final = """() => [...document.querySelectorAll('input[placeholder]')]
  .filter((e) => e.checkVisibility())
  .filter((e) => {
    const style = getComputedStyle(e);
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(e.placeholder).width > room;
  }).map((e) => `${e.placeholder} is cut off`)"""


@dataclass(frozen=True, slots=True)
class StatesSite:
    """A demo that shows the states, and one page of a browser, on which they are opened in turn.

    A state keeps nothing in the browser. A profile and a page of its own would cost as much time as
    everything that is looked at.
    """

    page: Any

    def open(
        self, state: State, language: str, size: Size = PHONE, theme: str | None = None
    ) -> Any:
        """Open a state on the page."""
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        self.page.set_viewport_size(size)
        answer = self.page.goto(f"{state.path}?lang={language}")
        assert answer.status == 200, state.path
        return self.page


@pytest.fixture(scope="module")
def shown(
    browser: Any, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StatesSite]:
    """A served demo, and a person who has signed in: the bars of navigation are there."""
    folder = tmp_path_factory.mktemp("states")
    (folder / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    with serving(Settings(data_dir=folder, demo=True, demo_clock_shift=AT_NOON)) as app:
        with writing() as session:
            member = a_member(session).id
        site = Site(app, settings_of(app), member)
        context = browser.new_context(base_url=site.url, bypass_csp=True)
        context.add_cookies([site.browser_cookie(member)])
        yield StatesSite(context.new_page())
        kept = context.storage_state()["origins"]
        context.close()
    assert kept == [], "nothing that another state would see"


def layout_faults(page: Any) -> list[str]:
    """Return what is too small, covered, cut off or too wide; the page is changed by looking."""
    size = page.viewport_size
    found = list(page.evaluate(SMALL_TARGETS, LEAST_TARGET))
    found += page.evaluate(HIDDEN_FOCUS)
    found += page.evaluate(BROKEN_LABELS)
    found += page.evaluate(BARE_HEADINGS)
    found += page.evaluate(CUT_PLACEHOLDERS)
    spacing = page.add_style_tag(content=TEXT_SPACING)
    found += [f"at 320 px {one} sticks out" for one in runs_over(page)]
    spacing.evaluate("(style) => style.remove()")
    page.set_viewport_size(size)
    page.evaluate(LONGER)
    return found + list(page.evaluate(CUT_OFF))


def faults_of(page: Any) -> list[str]:
    """Return every fault of the open page; it is changed by looking."""
    return violations(page) + layout_faults(page)


# axe takes 0.3 s of CPU, the layout 0.1 s; axe looks at every page of the tour too.
LOOKS: Final[tuple[Callable[[Any], list[str]], ...]] = (violations, layout_faults, layout_faults)
IN_TURN: Final = list(zip(STATES, cycle(product(LANGUAGES, LOOKS)), strict=False))


@pytest.mark.parametrize(
    ("state", "turn"),
    IN_TURN[::2],  # all are rendered by `tests/operation/test_states.py`
    ids=[f"{state.screen}-{state.name}" for state, _ in IN_TURN[::2]],
)
def test_a_state_can_be_seen_and_used(
    shown: StatesSite, state: State, turn: tuple[str, Callable[[Any], list[str]]]
) -> None:
    language, faults_in = turn
    assert faults_in(shown.open(state, language)) == []


@pytest.mark.thorough
@pytest.mark.parametrize("state", STATES, ids=[f"{state.screen}-{state.name}" for state in STATES])
def test_a_state_can_be_seen_and_used_in_every_language_theme_and_size(
    shown: StatesSite, state: State
) -> None:
    faults = []
    for theme, size, language in product(("light", "dark"), SIZES, LANGUAGES):
        page = shown.open(state, language, size, theme)
        faults += [f"{language} {theme} {size}: {one}" for one in faults_of(page)]
    assert faults == []


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ("main a { font-size: 1px; padding: 0; min-height: 0; display: block }", " x 1"),
        ("body::after { content: ''; position: fixed; inset: 0; background: #fff }", "is covered"),
        ("h1 { overflow: hidden; white-space: nowrap; width: 40px }", "is cut off"),
        (".btn { display: grid }", "has its icon above its words"),
    ],
)
@pytest.mark.planted_fault("a small or covered target, a heading cut off, a label in two rows")
def test_a_page_with_such_a_fault_is_found(shown: StatesSite, style: str, said: str) -> None:
    page = shown.open(STATES[0], "en")
    page.add_style_tag(content=style)
    faults = faults_of(page)
    assert any(said in one for one in faults), faults


@pytest.mark.planted_fault("a section of a heading alone")
def test_a_section_with_nothing_in_it_is_found(shown: StatesSite) -> None:
    page = shown.open(STATES[0], "en")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', "
        "'<section><h2>Campuses</h2><ul></ul></section>')"
    )
    faults = faults_of(page)
    assert any("has a heading and nothing else" in one for one in faults), faults
