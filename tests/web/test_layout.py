"""What every page shares: language, dates, navigation, headers, and no inline script or style."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from jinja2.filters import FILTERS as JINJA_FILTERS

import zone
from tests.world.people import a_member, signed_in
from zone.access.pass_page.pages import PARTS
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.i18n import Sentences, translations
from zone.members.roles import service as roles
from zone.members.sign_in_sessions import queries as sign_in_sessions_queries
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import filters, layout
from zone.web.feature import NavItem

pytestmark = pytest.mark.engines("sqlite")

ROOT = Path(zone.__file__).parent


@pytest.fixture
def engine_name() -> str:
    """The layout does not depend on the engine."""
    return "sqlite"


STATIC = ROOT / "web" / "static"
EVENING = datetime(2026, 9, 22, 14, 30, tzinfo=UTC)
HTML = {"Accept": "text/html"}


def templates() -> Iterator[Path]:
    return (path for path in ROOT.rglob("templates/**/*.html") if path.is_file())


@pytest.mark.parametrize(
    ("language", "clock", "day", "date_", "moment"),
    [
        ("fi", "17.30", "ti 22.9.", "22.9.2026", "ti 22.9. 17.30"),
        ("sv", "17.30", "tis 22.9", "22.9.2026", "tis 22.9 17.30"),
        ("en", "17.30", "Tue 22 Sept", "22 Sept 2026", "Tue 22 Sept 17.30"),
    ],
)
def test_times_are_helsinki_time_in_the_readers_language(
    app: Flask, language: str, clock: str, day: str, date_: str, moment: str
) -> None:
    with app.test_request_context(f"/?lang={language}"):
        assert filters.clock(EVENING) == clock
        assert filters.day(EVENING) == day
        assert filters.date_(EVENING) == date_
        assert filters.moment(EVENING) == moment


def test_a_bare_day_is_written_as_it_stands(app: Flask) -> None:
    with app.test_request_context("/?lang=fi"):
        assert filters.day(date(2026, 9, 22)) == "ti 22.9."


def test_the_repeated_hour_of_october_is_shown_with_its_meaning(app: Flask) -> None:
    first, second = (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )
    with app.test_request_context("/?lang=fi"):
        assert filters.span(first, second) == "3.30 kesäaikaa–3.30 talviaikaa"


def test_a_naive_instant_is_refused(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(ValueError, match="naive"):
        filters.clock(datetime(2026, 9, 22, 17, 30))  # noqa: DTZ001 -- the fault itself


def test_decimals_have_the_finnish_comma_in_every_language(app: Flask) -> None:
    for language in ("fi", "sv", "en"):
        with app.test_request_context(f"/?lang={language}"):
            assert filters.decimal(48.667, 2) == "48,67"


def test_the_chosen_language_stays(client: FlaskClient) -> None:
    client.get("/nowhere?lang=sv", headers=HTML)
    assert '<html lang="sv">' in client.get("/nowhere", headers=HTML).text


def test_a_page_looks_its_translations_up_once_and_in_its_own_language(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []

    def noted(language: str) -> Sentences:
        looked_up.append(language)
        return translations(language)

    monkeypatch.setattr(layout, "translations", noted)
    said = {"fi": "Valitse viikko", "sv": "Välj vecka", "en": "Choose a week"}
    for code, text in said.items():
        with app.app_context():  # of its own, as a request has it
            assert text in client.get(f"/classes?lang={code}", headers=HTML).text
    assert looked_up == list(said)


def test_an_unknown_language_is_not_remembered(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/nowhere?lang=xx", headers=HTML).headers


def test_changing_the_language_keeps_what_was_chosen_on_the_page(client: FlaskClient) -> None:
    assert (
        'href="?week=2026-W39&amp;lang=fi"'
        in client.get("/nowhere?week=2026-W39&lang=en", headers=HTML).text
    )


def test_the_manager_sees_the_targets_in_the_navigation_and_others_do_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "is_served", lambda _path: True)
    seen = {
        role: {item.key for item in _navigation_of(app, role)} for role in (None, "desk", "manager")
    }
    assert [{"targets", "desk"} & seen[role] for role in (None, "desk", "manager")] == [
        set(),
        {"desk"},
        {"targets", "desk"},
    ]
    assert all("pass" in keys for keys in seen.values())


def test_navigation_leads_only_to_pages_that_exist(app: Flask) -> None:
    for item in _navigation_of(app, "manager"):
        app.url_map.bind("").match(item.path)


def _navigation_of(app: Flask, role: str | None) -> list[NavItem]:
    with writing() as session:
        member = a_member(session)
        if role:
            roles.grant_role(session, member.id, role, utc_now())
        token = sign_in_sessions.open_session(session, member.id, now=utc_now())
    with app.test_request_context("/"):
        with writing() as session:
            g.actor = sign_in_sessions_queries.actor_of_token(session, token, utc_now())
        return layout.navigation()


def test_every_answer_forbids_other_origins(client: FlaskClient) -> None:
    for path in ("/nowhere", "/static/zone.css", "/pass/sw.js"):
        with client.get(path, headers=HTML) as response:
            policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_no_cache_keeps_the_pages_of_a_signed_in_person(app: Flask) -> None:
    with writing() as session:
        member_id = a_member(session).id
    assert (
        "no-store" in signed_in(app, member_id).get("/pass", headers=HTML).headers["Cache-Control"]
    )


INLINE = re.compile(
    r"""\s(style|on[a-z]+)\s*=\s*["']|<style\b|javascript:|<script\b(?![^>]*\bsrc=)(?![^>]*json)"""
)


def inline_parts(text: str) -> list[str]:
    """Return what the CSP would refuse to run or to apply."""
    return [found.group(0) for found in INLINE.finditer(text)]


def test_no_template_has_inline_script_or_style() -> None:
    assert {
        str(path): inline_parts(path.read_text())
        for path in templates()
        if inline_parts(path.read_text())
    } == {}


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="x">',
        "<script>x</script>",
        '<a onclick="x">',
        "<a href='javascript:x'>",
        "<style>",
    ],
)
@pytest.mark.planted_fault("inline script or style")
def test_inline_parts_are_found(bad: str) -> None:
    assert inline_parts(bad)


def test_font_icons_and_drawing_library_carry_their_licences() -> None:
    for folder, licence, words in (
        (STATIC, "figtree-LICENSE.txt", "SIL Open Font License"),
        (STATIC, "htmx-LICENSE.txt", "Zero-Clause BSD"),
        (STATIC, "icons-LICENSE.txt", "ISC License"),
        (PARTS, "lean-qr-LICENSE.txt", "MIT License"),
    ):
        assert words in (folder / licence).read_text()


def test_the_drawing_library_is_the_reviewed_one() -> None:
    digest = sha256((PARTS / "pass.mjs" / "lean-qr.mjs").read_bytes()).hexdigest()
    assert (
        digest == "0ce41cd6f92cc23cf057a1df7e1b3876767d678665dd65af4e1d22b4fad967dc"
    )  # lean-qr 2.7.4, from npm


def test_htmx_is_the_reviewed_one() -> None:
    digest = sha256((STATIC / "htmx.js" / "10-htmx-2.0.11.min.js").read_bytes()).hexdigest()
    assert (
        digest == "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
    )  # htmx.org 2.0.11, from npm


def test_modules_of_the_pass_import_only_each_other() -> None:
    for path in PARTS.glob("*.js"):
        for name in re.findall(r'^import .*? from "(.*?)";$', path.read_text(), re.MULTILINE):
            assert (PARTS / name).is_file(), f"{path.name} imports {name}"


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/manage/products/prices", "/manage/products"),
        ("/desk/people/5/suspension", "/desk"),
        ("/me/affiliations", "/me"),
        ("/classes", "/classes"),
        ("/nothing/at/all", "/"),
    ],
)
def test_another_language_is_on_a_page_that_can_be_opened(app: Flask, path: str, page: str) -> None:
    """Also where the page is that of a refused form, whose own address takes POST only."""
    with app.test_request_context(f"{path}?day=2&lang=fi", method="POST"):
        assert layout.address_in_language("sv") == f"{page}?day=2&lang=sv"


def test_a_typed_zero_stays_in_its_field(app: Flask) -> None:
    show = app.jinja_env.from_string(
        "{{ x.a | as_typed }}/{{ x.b | as_typed }}/{{ x.c | as_typed }}"
    )
    assert show.render(x={"a": 0, "b": None}) == "0//"


def test_no_field_takes_a_zero_for_nothing() -> None:
    numbers = re.compile(r"(?:capacity|length_days|percent|minutes|days|places) or [\"']{2}")
    assert [path.name for path in templates() if numbers.search(path.read_text("utf-8"))] == []


def test_no_filter_of_templates_takes_the_name_of_another() -> None:
    # Flask has one namespace for all blueprints, and the last one wins without a word.
    named = re.compile(r"""app_template_filter\(["'](\w+)["']\)""")
    names = [name for path in ROOT.rglob("*.py") for name in named.findall(path.read_text("utf-8"))]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert set(names) & {*filters.FILTERS, *JINJA_FILTERS} == set()
