"""The pass page in a browser: a door accepts the code that the screen shows."""

import re
from functools import wraps
from threading import Event
from typing import Any

import pytest
from flask import request

from firmware_bridge.wire import token
from tests.access.pass_page.test_updates import _break_worker
from tests.world.served_app import (
    Site,
    a_phone,
    await_state,
    check_shown,
    decoded,
    open_pass,
    plant,
    put_on_phone,
    scanned,
    wallet_path,
)
from zone.web import session_cookie

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


def forget_new_key(page: Any) -> None:
    """Make the page act as if the doors had fetched its key."""
    page.evaluate(
        """async (path) => {
      const wallet = await import(path);
      await wallet.write("key", { ...(await wallet.read("key")), showLongUntil: 0 });
    }""",
        wallet_path(page),
    )


def await_next(page: Any, before: str) -> str:
    """Wait for the next code after `before`."""
    page.wait_for_function(
        "(before) => document.querySelector('#code .ink').getAttribute('d') !== before",
        arg=before,
        timeout=30_000,
    )
    return path_of(page)


def path_of(page: Any) -> str:
    return str(page.locator("#code .ink").get_attribute("d"))


def test_one_tap_puts_the_pass_on_the_phone_and_a_door_believes_it(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        check_shown(page, site, certificate=True)


def test_a_key_that_the_doors_know_shows_the_short_code(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        forget_new_key(page)
        open_pass(page, "valid")
        assert len(decoded(page)) == token.S_CHARS
        check_shown(page, site, certificate=False)


@pytest.mark.planted_fault("a signature without its context")
def test_a_signature_without_its_context_is_believed_by_no_door(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        plant(
            page, "token.js", 'join(ascii("zone-pop-l1"), await', 'join(ascii("zone-pop-xx"), await'
        )
        put_on_phone(page)
        with pytest.raises(AssertionError):
            check_shown(page, site, certificate=True)


def show_booking(page: Any, *, online: bool) -> None:
    """Show a booking whose door is broken."""
    page.evaluate(
        """async ([path, online]) => {
      const view = await import(path);
      const at = new Date().toISOString();
      view.showPass({ campuses: [], next_booking: {
        starts_at: at, name: { fi: "Jooga", sv: "Yoga", en: "Yoga" }, campus: "Myllypuro",
        space: "Studio", door_notice: "Use another one: Back door." } }, online);
    }""",
        [wallet_path(page).replace("wallet.js", "view.js"), online],
    )


def test_a_door_that_is_out_is_said_at_the_next_booking_while_that_is_known(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        show_booking(page, online=True)
        assert page.get_by_text("Use another one: Back door.").is_visible()
        show_booking(page, online=False)
        assert page.get_by_text("Yoga").is_visible()
        assert not page.get_by_text("Use another one: Back door.").is_visible(), "it may be over"


def test_the_codes_have_the_size_and_level_that_the_readers_are_set_up_for(
    browser: Any, site: Site
) -> None:
    """S is QR version 5 (37 modules) at level M, L is version 8 (49 modules) at level L."""
    with a_phone(browser, site) as page:
        put_on_phone(page)
        assert (side_of(page), scanned(page).ec_level) == (49 + 8, "L")
        forget_new_key(page)
        open_pass(page, "valid")
        assert decoded(page)
        assert (side_of(page), scanned(page).ec_level) == (37 + 8, "M")


def side_of(page: Any) -> int:
    return int(page.locator("#code").get_attribute("viewBox").split()[2])


@pytest.mark.planted_fault("a code without its quiet zone")
def test_a_code_without_its_quiet_zone_is_another_picture(browser: Any, site: Site) -> None:
    """The quiet zone is 4 modules on each side."""
    with a_phone(browser, site) as page:
        put_on_phone(page)
        check_quiet(page)
    with a_phone(browser, site) as page:
        plant(page, "draw.js", "const QUIET = 4;", "const QUIET = 0;")
        put_on_phone(page)
        with pytest.raises(AssertionError):
            check_quiet(page)


def check_quiet(page: Any) -> None:
    xs = [int(x) for x in re.findall(r"M(\d+) ", path_of(page))]
    assert min(xs) == 4
    assert (side_of(page) - 8 - 17) % 4 == 0, "no QR size with 4 modules of white on each side"


def test_without_a_network_the_pass_keeps_drawing_fresh_codes_and_opens_again(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.evaluate("navigator.serviceWorker.ready")
        page.context.set_offline(True)
        first = check_shown(page, site, certificate=True)
        await_next(page, path_of(page))
        assert check_shown(page, site, certificate=True).ts > first.ts
        reopen_offline(page)
        check_shown(page, site, certificate=True)
        assert page.locator('[data-flag="offline"]').is_visible()
        assert page.locator(".langs button:disabled").count() == 3, "they would lead away"


def reopen_offline(page: Any) -> None:
    from playwright.sync_api import Error

    try:
        page.reload()
    except Error as error:
        raise AssertionError("the page does not open without a network") from error
    await_state(page, "valid")


@pytest.mark.planted_fault("no service worker")
def test_without_its_worker_the_page_does_not_open_offline(browser: Any, site: Site) -> None:
    with a_phone(browser, site, service_workers="block") as page:
        put_on_phone(page)
        page.context.set_offline(True)
        with pytest.raises(AssertionError):
            reopen_offline(page)


def kept(page: Any) -> dict[str, str]:
    """The contents of the worker's caches by path."""
    return dict(
        page.evaluate("""async () => {
          const found = {};
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const request of await cache.keys()) {
              found[new URL(request.url).pathname] = await (await cache.match(request)).text();
            }
          }
          return found;
        }""")
    )


def check_nothing_personal(page: Any) -> None:
    cached = kept(page)
    assert "/pass" in cached
    assert [path for path in cached if path.startswith("/api/")] == []
    assert [path for path, text in cached.items() if "Opiskelija" in text] == []


def test_the_caches_hold_nobodys_data(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        open_pass(page, "no_key")
        page.evaluate("navigator.serviceWorker.ready")
        check_nothing_personal(page)


@pytest.mark.planted_fault("the service worker keeps answers of the server")
def test_a_worker_that_keeps_answers_of_the_server_is_found_out(
    browser: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zone.access.pass_page import pages as pass_page_pages

    parts = pass_page_pages.kept_parts
    monkeypatch.setattr(pass_page_pages, "kept_parts", lambda: [*parts(), "/api/v1/me/pass"])
    with a_phone(browser, site) as page:
        open_pass(page, "no_key")
        page.evaluate("navigator.serviceWorker.ready")
        with pytest.raises(AssertionError):
            check_nothing_personal(page)


def test_the_private_key_cannot_be_read_out(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        error = page.evaluate(
            """async (path) => {
              const { privateKey } = await (await import(path)).read("key");
              return crypto.subtle.exportKey("jwk", privateKey)
                .then(() => "read", (error) => error.name);
            }""",
            wallet_path(page),
        )
        assert error == "InvalidAccessError"


def test_an_ended_session_keeps_the_pass_at_the_door_and_asks_to_sign_in(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.evaluate("navigator.serviceWorker.ready")
        page.context.clear_cookies()
        page.reload()
        await_state(page, "valid")
        page.get_by_role("link", name="Sign in to update your pass").wait_for()
        check_shown(page, site, certificate=True)


def sign_out(page: Any) -> None:
    page.goto("/me?lang=en")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/me"))


def check_forgotten(page: Any, site: Site) -> None:
    """The next person who signs in on this phone finds no key and no page of the last one."""
    page.context.add_cookies([site.browser_cookie(site.student)])
    page.goto("/pass/printed")
    assert page.evaluate("indexedDB.databases().then((found) => found.length)") == 0
    assert page.evaluate("caches.keys().then((found) => found.length)") == 0


def test_signing_out_clears_the_phone(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.evaluate("navigator.serviceWorker.ready")
        sign_out(page)
        check_forgotten(page, site)


@pytest.mark.planted_fault("signing out only drops the cookie")
def test_a_sign_out_that_only_drops_the_cookie_leaves_the_pass_behind(
    browser: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_cookie, "clear_browser", session_cookie.delete_cookie)
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.evaluate("navigator.serviceWorker.ready")
        sign_out(page)
        with pytest.raises(AssertionError):
            check_forgotten(page, site)


def await_worker(page: Any) -> None:
    """Wait until the worker answers for the page."""
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def seen_offline(page: Any, path: str) -> str:
    """Return the heading and, if the page is an older one, what it says about itself."""
    page.context.set_offline(True)
    page.goto(path)
    note = page.locator("#last-seen:visible")
    said = f"{page.locator('h1').first.inner_text()} | {note.inner_text() if note.count() else ''}"
    page.context.set_offline(False)
    return said


def test_without_a_network_the_other_tabs_show_what_was_seen_last_or_say_why_not(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        await_worker(page)
        page.goto("/bookings")
        assert not page.locator("#last-seen").is_visible()
        assert re.match(
            r"My bookings \| No connection. This is how it was \w", seen_offline(page, "/bookings")
        )
        assert seen_offline(page, "/classes") == "No connection | "
        assert seen_offline(page, "/me") == "No connection | "


def test_without_a_network_the_page_that_says_so_speaks_the_language_last_seen(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        await_worker(page)
        said = {"sv": "Ingen anslutning", "fi": "Ei yhteyttä", "en": "No connection"}
        for code, words in said.items():
            page.goto(f"/bookings?lang={code}")
            await_offline_page(page, code)
            assert seen_offline(page, "/me") == f"{words} | "


OFFLINE_LANGUAGE = """async () => {
  const kept = await (await caches.match('/offline')).text();
  return kept.match(/<html lang="([a-z]+)"/)[1];
}"""


def await_offline_page(page: Any, code: str) -> None:
    """Wait until the worker keeps the page for no connection in this language."""
    page.evaluate(
        f"""async (code) => {{
          const language = {OFFLINE_LANGUAGE};
          while (await language() !== code) await new Promise((go) => setTimeout(go, 20));
        }}""",
        code,
    )


def test_the_language_chosen_last_is_kept_though_that_before_comes_later(
    browser: Any, site: Site
) -> None:
    endpoint, finnish = "access_pass_page_pages.offline", Event()
    offline = site.app.view_functions[endpoint]

    @wraps(offline)
    def slow_in_finnish() -> Any:
        if request.args.get("lang") == "fi":
            finnish.wait(60)
        return offline()

    site.app.view_functions[endpoint] = slow_in_finnish
    with a_phone(browser, site) as page:
        put_on_phone(page)
        await_worker(page)
        page.goto("/bookings?lang=fi")
        page.goto("/bookings?lang=sv")
        await_offline_page(page, "sv")
        finnish.set()
        page.wait_for_timeout(1_000)  # for what must not come
        assert page.evaluate(OFFLINE_LANGUAGE) == "sv"


def check_forgotten_at_signing_in(page: Any) -> None:
    """Check that the worker keeps a page that was seen until somebody signs in."""
    put_on_phone(page)
    await_worker(page)
    page.goto("/bookings")
    until_kept = """async () => {
      while (!(await caches.match('/bookings'))) await new Promise((go) => setTimeout(go, 20));
    }"""
    page.evaluate(until_kept)
    page.context.clear_cookies()
    page.goto("/sign-in")
    assert seen_offline(page, "/bookings") == "No connection | "


def test_what_one_person_saw_is_gone_when_another_signs_in(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        check_forgotten_at_signing_in(page)


@pytest.mark.planted_fault("the worker keeps what was seen for whoever comes next")
def test_a_worker_that_forgets_nothing_is_found_out(browser: Any, site: Site) -> None:
    _break_worker(site.app, "? forgetSeen() :", "? Promise.resolve() :")
    with a_phone(browser, site) as page, pytest.raises(AssertionError):
        check_forgotten_at_signing_in(page)


def test_an_ended_session_does_not_show_what_was_seen_last(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        await_worker(page)
        page.goto("/bookings")
        page.context.clear_cookies()
        assert page.goto("/bookings").status == 401


@pytest.mark.parametrize(("width", "height"), [(320, 568), (568, 320), (390, 844), (844, 390)])
def test_the_whole_code_is_seen_and_read_without_scrolling(
    browser: Any, site: Site, width: int, height: int
) -> None:
    with a_phone(browser, site) as page:
        page.set_viewport_size({"width": width, "height": height})
        put_on_phone(page)
        check_shown(page, site, certificate=True)
        check_uncovered(page)


def check_uncovered(page: Any) -> None:
    """Check that the code's corners lie in the window, with nothing over them."""
    assert (
        page.evaluate(
            """() => {
          const code = document.getElementById("code");
          const { left, top, right, bottom } = code.getBoundingClientRect();
          const corners = [[left, top], [right, top], [left, bottom], [right, bottom]];
          const inwards = (value, middle) => value + Math.sign(middle - value);
          return corners.map(([x, y]) => {
            const at = [inwards(x, (left + right) / 2), inwards(y, (top + bottom) / 2)];
            return code.contains(document.elementFromPoint(...at));
          });
        }"""
        )
        == [True] * 4
    )


@pytest.mark.planted_fault("something lies over the code")
def test_a_covered_code_is_found(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.evaluate("document.querySelector('.tabbar').style.blockSize = '70dvh'")
        with pytest.raises(AssertionError):
            check_uncovered(page)
