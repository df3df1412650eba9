"""The pass page names each fault and its remedy, and shows no code that would be refused."""

from datetime import timedelta
from typing import Any

import pytest

from tests.world.served_app import (
    Site,
    a_phone,
    await_state,
    check_shown,
    decoded,
    give_pass,
    open_pass,
    put_on_phone,
    wallet_path,
)
from tests.world.shop import a_student
from zone.access.credentials import queries as credentials_queries
from zone.access.credentials import service as credentials
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.demo.phone import Phone
from zone.members.suspensions import service as suspensions

pytestmark = [pytest.mark.browser, pytest.mark.engines("sqlite")]


def test_a_browser_without_storage_is_told_what_to_do(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        page.add_init_script(
            "Object.defineProperty(window, 'indexedDB', { get() { throw new Error('blocked'); } });"
        )
        open_pass(page, "no_storage")
        assert page.get_by_role("link", name="Printed code").is_visible()


def test_a_browser_that_loses_the_key_after_writing_is_told_too(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        page.add_init_script("""const put = IDBObjectStore.prototype.put;
          IDBObjectStore.prototype.put = function (value, name) {
            return put.call(this, name === "draft" ? undefined : value, name); };""")
        open_pass(page, "no_key")
        page.click("[data-enrol]:visible")
        await_state(page, "no_storage")
    with reading() as session:
        assert not credentials_queries.live_keys(session, site.student)


def test_a_key_that_no_longer_signs_is_replaced_with_one_tap(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.evaluate(
            """async (path) => {
              const wallet = await import(path);
              await wallet.write("key", { ...(await wallet.read("key")), privateKey: null });
            }""",
            wallet_path(page),
        )
        open_pass(page, "no_key")
        page.click("[data-enrol]:visible")
        await_state(page, "valid")
        check_shown(page, site, certificate=True)


def test_a_revoked_phone_says_that_the_pass_has_moved_and_brings_it_back(
    browser: Any, site: Site
) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        with writing() as session:
            for key in credentials_queries.live_keys(session, site.student):
                credentials.revoke_key(session, site.student, key.kid, utc_now())
        open_pass(page, "moved")
        page.click("[data-enrol]:visible")
        await_state(page, "valid")
        check_shown(page, site, certificate=True)


def test_another_phone_can_be_taken_off_the_pass(browser: Any, site: Site) -> None:
    Phone(site.url, cookie=site.cookie(site.student)).enrol("my old phone")
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.get_by_role("button", name="Remove my old phone").click()
        page.get_by_text("my old phone").first.wait_for(state="hidden")
        page.evaluate("() => scrollTo(0, 0)")
        check_shown(page, site, certificate=True)
    with reading() as session:
        assert len(credentials_queries.live_keys(session, site.student)) == 1


@pytest.mark.system("chromium")
def test_the_screen_stays_on_only_while_a_code_is_shown(whole_browser: Any, site: Site) -> None:
    with a_phone(whole_browser, site) as page:
        page.add_init_script("""window.locks = [];
          const request = WakeLock.prototype.request;
          WakeLock.prototype.request = async function (kind) {
            const lock = await request.call(this, kind);
            window.locks.push(lock); return lock; };""")
        open_pass(page, "no_key")
        assert page.evaluate("locks.length") == 0
        page.click("[data-enrol]:visible")
        page.wait_for_function("() => locks.length === 1 && !locks[0].released")


def test_a_suspended_person_is_sent_to_the_desk(browser: Any, site: Site) -> None:
    with writing() as session:
        suspensions.add_suspension(
            session,
            site.student,
            reason="test",
            ends_at=utc_now() + timedelta(days=3),
            now=utc_now(),
            recorded_by=site.student,
        )
    with a_phone(browser, site) as page:
        open_pass(page, "suspended")
        assert page.get_by_text("Ask at the desk").is_visible()
        ticket = page.get_by_role("region", name="Pass")
        assert ticket.get_by_role("link", name="Campuses and opening hours").is_visible()


@pytest.mark.parametrize(
    ("state", "days_left", "begins_in"),
    [("expires_soon", 5, 0), ("not_yet", 90, 3), ("no_pass", None, 0)],
)
def test_each_kind_of_pass_shows_its_state(
    browser: Any, site: Site, state: str, days_left: int | None, begins_in: int
) -> None:
    student = a_student("toinen@zone.example")
    if days_left is not None:
        give_pass(student, days_left, begins_in=begins_in)
    with a_phone(browser, site, student) as page:
        if state == "expires_soon":
            open_pass(page, "no_key")
            page.click("[data-enrol]:visible")
            await_state(page, state)
            assert decoded(page)
        else:
            open_pass(page, state)
            assert not page.locator("#code").is_visible()


def test_an_expired_pass_shows_a_ticket_and_the_way_to_renew(browser: Any, site: Site) -> None:
    student = a_student("kolmas@zone.example")
    give_pass(student, -1, begins_in=-30)
    with a_phone(browser, site, student) as page:
        open_pass(page, "expired")
        assert page.get_by_role("link", name="Renew the pass").is_visible()
        assert not page.locator("#code").is_visible()


def test_a_wrong_phone_clock_is_corrected_by_the_server(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        page.add_init_script("const real = Date.now; Date.now = () => real() + 600_000;")
        put_on_phone(page)
        check_shown(page, site, certificate=True)
        assert page.get_by_text("Your phone's clock is off").is_visible()


def test_a_clock_set_back_without_a_network_shows_no_code(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.evaluate("navigator.serviceWorker.ready")
        page.context.set_offline(True)
        page.add_init_script("const real = Date.now; Date.now = () => real() - 3_600_000;")
        page.reload()
        await_state(page, "clock_wrong")
        assert not page.locator("#code").is_visible()


def test_two_people_on_one_phone_never_see_each_others_code(browser: Any, site: Site) -> None:
    other = a_student("neljas@zone.example")
    give_pass(other, 90)
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.context.add_cookies([site.browser_cookie(other)])
        open_pass(page, "moved")
        assert not page.locator("#code").is_visible()


def test_the_page_reflows_at_320_pixels_in_every_language(browser: Any, site: Site) -> None:
    with a_phone(browser, site) as page:
        put_on_phone(page)
        page.set_viewport_size({"width": 320, "height": 640})
        for language in ("fi", "sv", "en"):
            page.goto(f"/pass?lang={language}")
            await_state(page, "valid")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_javascript_the_page_says_how_to_get_in(browser: Any, site: Site) -> None:
    with a_phone(browser, site, java_script_enabled=False) as page:
        page.goto("/pass?lang=en")
        page.get_by_role("link", name="Printed code").click()
        assert page.get_by_role("img", name="QR code that names you to the desk").is_visible()
