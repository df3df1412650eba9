"""The page's modules follow the published test vectors, and have a state for every case."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.wire import token
from tests.world.served_app import MODULES, Site, serve_modules
from zone.core import formats
from zone.core.i18n import LANGUAGES, LOCALES

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]
VECTORS = json.loads(Path(token.__file__).with_name("vectors.json").read_text())
NOW = 1_800_000_000
DAY = 86_400
Run = Callable[..., Any]


@pytest.fixture
def page(browser: Any, site: Site) -> Iterator[Any]:
    """A page of the site that needs no sign-in."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/pass/manifest.webmanifest")
    serve_modules(page)
    yield page
    context.close()


@pytest.fixture
def run(page: Any) -> Run:
    """Run a JavaScript function body; `m` is a module of the page, `x` the argument."""

    def call(module: str, body: str, argument: Any = None) -> Any:
        path = f"/module/{module}"
        code = f"async ([path, x]) => {{ const m = await import(path); {body} }}"
        return page.evaluate(code, [path, argument])

    return call


def test_base45_writes_the_published_texts(run: Run) -> None:
    cases = VECTORS["base45"]
    script = """const t = await import(path.replace('base45', 'token'));
    return x.map((hex) => m.encode(t.fromHex(hex)));"""
    assert run("base45.js", script, [case["hex"] for case in cases]) == [
        case["text"] for case in cases
    ]


def test_the_short_code_is_put_together_as_published(run: Run) -> None:
    script = """return x.map((c) => {
      const head = m.shortHead(m.fromHex(c.kid), c.ts, c.flags);
      return { head: m.toHex(head), message: m.toHex(m.shortMessage(head)),
               text: m.textOf(m.join(head, m.fromHex(c.signature))) };
    });"""
    wanted = [
        {name: case[name] for name in ("head", "message", "text")} for case in VECTORS["short"]
    ]
    assert run("token.js", script, VECTORS["short"]) == wanted


def test_the_long_code_signs_what_is_published(run: Run) -> None:
    script = """return Promise.all(x.map(async (c) =>
      m.toHex(await m.longMessage(m.fromHex(c.cert), c.ts, c.flags))));"""
    assert run("token.js", script, VECTORS["long"]) == [case["message"] for case in VECTORS["long"]]


SIGN = """
  const name = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", x.key.jwk, name, false, ["sign"]);
  const { d, ...open } = x.key.jwk;
  const kid = await m.kidOf(await crypto.subtle.importKey("jwk", open, name, true, ["verify"]));
  return { kid: m.toHex(kid), short: await m.shortCode(key, kid, x.ts),
           long: await m.longCode(key, m.fromHex(x.cert), x.ts) };
"""


def test_a_door_believes_what_the_page_signs(run: Run) -> None:
    key, cert = VECTORS["keys"][0], VECTORS["long"][0]["cert"]
    made = run("token.js", SIGN, {"key": key, "cert": cert, "ts": NOW})
    assert made["kid"] == key["kid"]
    public = token.load_point(bytes.fromhex(key["point"]))
    for text, length in ((made["short"], token.S_CHARS), (made["long"], token.L_CHARS)):
        parsed = token.parse(text.encode())
        assert len(text) == length
        assert (parsed.kid.hex(), parsed.ts) == (key["kid"], NOW)
        assert token.verify_possession(parsed, public)


PASS = {
    "state": "valid",
    "valid_from": NOW - DAY,
    "valid_until": NOW + 90 * DAY,
    "devices": [{"kid": "aa"}],
}
KNOWN = {"storable": True, "key": {"kid": "aa"}, "now": NOW, "online": True, "lastSeen": NOW - 5}

STATES: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "valid": ({}, {}),
    "valid without a network": ({"online": False}, {}),
    "valid without an end": ({}, {"valid_from": None, "valid_until": None}),
    "expires_soon": ({}, {"valid_until": NOW + 13 * DAY}),
    "expired by the server's word": ({}, {"state": "expired"}),
    "expired since the last visit": ({"online": False}, {"valid_until": NOW}),
    "not_yet": ({}, {"valid_from": NOW + DAY}),
    "not_yet by the server's word": ({}, {"state": "not_yet", "valid_from": NOW + DAY}),
    "suspended": ({}, {"state": "suspended"}),
    "no_pass": ({"key": None}, {"state": "no_pass", "valid_from": None, "valid_until": None}),
    "no_key": ({"key": None}, {}),
    "moved": ({"key": {"kid": "bb"}}, {}),
    "clock_wrong": ({"online": False, "lastSeen": NOW + 61}, {}),
    "valid with a clock that the server has just corrected": ({"lastSeen": NOW + 61}, {}),
    "connect_once": ({"key": None}, None),
    "no_storage": ({"storable": False}, {}),
}


def states(run: Run) -> dict[str, str]:
    cases = {
        case: KNOWN | known | {"pass": None if held is None else _iso(PASS | held)}
        for case, (known, held) in STATES.items()
    }
    script = """const clean = (v) =>
      JSON.parse(JSON.stringify(v), (k, i) => (i === null ? undefined : i));
    return Object.fromEntries(
      Object.entries(x).map(([name, known]) => [name, m.stateOf(clean(known))]));"""
    return dict(run("state.js", script, cases))


def _iso(held: dict[str, Any]) -> dict[str, Any]:
    at = {name: held[name] for name in ("valid_from", "valid_until")}
    return held | {
        name: value and datetime.fromtimestamp(value, UTC).isoformat() for name, value in at.items()
    }


def check_states(shown: dict[str, str]) -> None:
    assert shown == {case: case.split()[0] for case in STATES}


def test_every_case_has_its_state(run: Run) -> None:
    check_states(states(run))


@pytest.mark.planted_fault("the page trusts the last answer")
def test_a_page_that_trusts_the_last_answer_would_show_a_code_after_the_end(
    run: Run, page: Any
) -> None:
    planted = (MODULES / "state.js").read_text().replace("|| seconds(pass.valid_until) <= now", "")
    page.route(
        "**/module/state.js",
        lambda route: route.fulfill(body=planted, content_type="text/javascript"),
    )
    with pytest.raises(AssertionError):
        check_states(states(run))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_phone_writes_times_as_the_server_does(run: Run, language: str) -> None:
    moments = [datetime.fromtimestamp(NOW + hours * 3_600, UTC) for hours in range(0, 9_000, 997)]
    script = """const f = m.formats(x.locale); return x.moments.map((at) =>
      ["day", "date", "time"].map((name) => f[name].format(new Date(at))));"""
    argument = {
        "locale": LOCALES[language].replace("_", "-"),
        "moments": [at.isoformat() for at in moments],
    }
    forms = (formats.format_day, formats.format_date, formats.format_clock)
    assert run("clock.js", script, argument) == [
        [form(at, language) for form in forms] for at in moments
    ]
