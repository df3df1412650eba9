"""Notifications are turned on in a browser, shown by its worker, opened by a tap, and turned off.

The browser's own `subscribe()` is replaced: it asks the service of the browser's maker, which no
test reaches. The product's own job sends the message to a push service of ours, which opens it; it
then arrives as the browser's developer tools let one arrive. No tool taps on a notification, so the
worker's own listener is called.
"""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, select, update

from tests.pages.conftest import RunningSite
from tests.world.push import PushBrowser, PushService, posted, push_service, subscriptions
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.demo.tour import STUDENT
from zone.members.people.models import Member
from zone.members.push import flows
from zone.members.push.models import PushSubscription

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.system("chromium")]

PUBLIC: Final = "https://[2606:4700::1111]/send/browser"
"""An address of the open internet that needs no name server; nothing is sent there."""
SUBSCRIBE: Final = (Path(__file__).parent / "subscribe.js").read_text("utf-8")


@pytest.fixture(name="site")
def with_notifications(site: RunningSite, whole_browser: Any) -> RunningSite:
    """The running Zone, opened in a browser that shows notifications."""
    return replace(site, browser=whole_browser, kept={})


def a_phone(page: Any, site: RunningSite, browser: PushBrowser) -> None:
    """Let the browser subscribe at our push service, and allow notifications."""
    page.context.grant_permissions(["notifications"], origin=site.stage.url)
    page.add_init_script(
        SUBSCRIBE.replace("SAID", json.dumps(browser.as_json() | {"endpoint": PUBLIC}))
    )


def turn_on(page: Any) -> None:
    page.goto("/me")
    page.locator("#push-on").click()
    page.locator("[data-push=on]").wait_for()


def arrive(page: Any, shown: dict[str, Any], url: str) -> None:
    """Let a message arrive at the worker, as the developer tools do."""
    tools = page.context.new_cdp_session(page)
    found: list[str] = []

    def note(event: dict[str, Any]) -> None:
        found.extend(one["registrationId"] for one in event["registrations"])

    tools.on("ServiceWorker.workerRegistrationUpdated", note)
    tools.send("ServiceWorker.enable")
    while not found:
        page.wait_for_timeout(20)
    message = {"origin": url, "registrationId": found[0], "data": json.dumps(shown)}
    tools.send("ServiceWorker.deliverPushMessage", message)


SHOWN: Final = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const shown = await registration.getNotifications();
  return shown.map(({ title, body, tag, lang, data }) => ({ title, body, tag, lang, data }));
}"""


def await_shown(page: Any) -> dict[str, Any]:
    while not (shown := page.evaluate(SHOWN)):
        page.wait_for_timeout(20)
    [one] = shown
    found: dict[str, Any] = one
    return found


# The browser opens windows only after a tap of a person, and waits only for events of its own.
TAP: Final = """async () => {
  const [notification] = await self.registration.getNotifications();
  const opened = [], waited = [];
  self.clients.openWindow = async (url) => { opened.push(url); };
  const event = new NotificationEvent("notificationclick", { notification });
  event.waitUntil = (promise) => waited.push(promise);
  self.dispatchEvent(event);
  await Promise.all(waited);
  return { opened, left: (await self.registration.getNotifications()).length };
}"""


def tap(page: Any) -> dict[str, Any]:
    """Tap on the notification; return what it opened, and how many are still shown."""
    [worker] = page.context.service_workers
    found: dict[str, Any] = worker.evaluate(TAP)
    return found


def send_one(site: RunningSite, service: PushService, browser: PushBrowser) -> dict[str, Any]:
    """Send a notification through the product's job; return what the browser opened."""
    # An hour ahead, so that the scheduler of the site, which may not reach our service, leaves it.
    now = utc_now()
    later = now + timedelta(hours=1)
    with writing() as session:
        member = session.scalars(select(Member.id).where(Member.email == STUDENT)).one()
        session.execute(update(PushSubscription).values(endpoint=browser.endpoint))
    assert posted(member, now, minutes=120, begins=later, title="Paikka sinulle: Jooga") == 1
    assert flows.deliver(later, site.stage.settings, service.reach()) == 1
    with writing() as session:
        session.execute(update(PushSubscription).values(endpoint=PUBLIC))
    [one] = service.received
    return one.shown


def test_on_shown_opened_and_off(site: RunningSite, tmp_path: Path) -> None:
    with push_service(tmp_path) as service, site.reader(STUDENT) as page:
        browser = service.a_browser(flows.server_key(site.stage.settings))
        a_phone(page, site, browser)
        turn_on(page)
        [row] = subscriptions()
        assert (row.point, row.secret) == (browser.point, browser.secret)
        shown = send_one(site, service, browser)
        arrive(page, shown, site.stage.url)
        seen = await_shown(page)
        assert seen == {
            "title": "Paikka sinulle: Jooga",
            "body": "Yoga",
            "tag": shown["tag"],
            "lang": "en",
            "data": "/bookings",
        }
        assert tap(page) == {"opened": [f"{site.stage.url}/bookings"], "left": 0}
        page.locator("form[data-current] button").click()
        page.locator("#push-on").wait_for()
        assert page.evaluate("sessionStorage.getItem('unsubscribed')") == "yes"
        assert list(subscriptions()) == []


def test_a_browser_with_another_address_is_subscribed_anew(
    site: RunningSite, tmp_path: Path
) -> None:
    with site.reader(STUDENT) as page:
        key = flows.server_key(site.stage.settings)
        a_phone(page, site, PushBrowser(PUBLIC, key))
        turn_on(page)
        with writing() as session:
            session.execute(update(PushSubscription).values(endpoint=f"{PUBLIC}/before"))
        with page.expect_response(lambda one: one.request.method == "POST"):
            page.goto("/me")
        assert [row.endpoint for row in subscriptions()] == [PUBLIC]
        page.locator("form[data-current] button").click()
        page.locator("#push-on").wait_for()


# The browser waits only for events of its own, and asks its maker's service for a subscription.
CHANGED: Final = """async (said) => {
  const asked = [], waited = [];
  PushManager.prototype.getSubscription = async () => null;
  PushManager.prototype.subscribe = async (options) => {
    asked.push(options);
    const { endpoint, p256dh, auth } = said;
    return { toJSON: () => ({ endpoint, keys: { p256dh, auth } }) };
  };
  const event = new Event("pushsubscriptionchange");
  event.waitUntil = (promise) => waited.push(promise);
  self.dispatchEvent(event);
  await Promise.all(waited);
  return asked;
}"""


def change_subscription(page: Any, browser: PushBrowser) -> list[dict[str, Any]]:
    """Let the browser drop its subscription; return with what its worker asked for another one."""
    [worker] = page.context.service_workers
    asked: list[dict[str, Any]] = worker.evaluate(CHANGED, browser.as_json())
    return asked


def test_a_subscription_that_the_browser_changes_is_told_without_an_open_page(
    site: RunningSite,
) -> None:
    with site.reader(STUDENT) as page:
        key = flows.server_key(site.stage.settings)
        a_phone(page, site, PushBrowser(PUBLIC, key))
        turn_on(page)
        after = PushBrowser(f"{PUBLIC}/after", key)
        assert change_subscription(page, after) == [
            {"userVisibleOnly": True, "applicationServerKey": key}
        ]
        [row] = subscriptions()
        assert (row.endpoint, row.point) == (after.endpoint, after.point)
        page.context.clear_cookies()
        assert change_subscription(page, PushBrowser(f"{PUBLIC}/signed-out", key)) == []
        assert [one.endpoint for one in subscriptions()] == [after.endpoint]
        with writing() as session:
            session.execute(delete(PushSubscription))


def test_what_the_server_refuses_is_said(site: RunningSite) -> None:
    with site.reader(STUDENT) as page:
        here = PushBrowser("https://127.0.0.1/1", flows.server_key(site.stage.settings))
        page.context.grant_permissions(["notifications"], origin=site.stage.url)
        page.add_init_script(SUBSCRIBE.replace("SAID", json.dumps(here.as_json())))
        page.goto("/me?lang=en")
        page.locator("#push-on").click()
        page.locator("#push-problem").wait_for()
        assert "do not reach its push service" in page.locator("#push-problem").inner_text()
        assert list(subscriptions()) == []


IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1"


@pytest.mark.parametrize(("user_agent", "part"), [(IPHONE, "home_screen"), (None, "unsupported")])
def test_a_browser_that_cannot_says_what_helps(
    site: RunningSite, user_agent: str | None, part: str
) -> None:
    options: dict[str, Any] = {"user_agent": user_agent} if user_agent else {}
    with site.reader(STUDENT, **options) as page:
        page.add_init_script("delete window.PushManager")
        page.goto("/me")
        page.locator(f"[data-push={part}]").wait_for()
        assert page.locator("[data-push]:visible").count() == 1


def test_where_they_are_blocked_the_page_says_so(site: RunningSite) -> None:
    with site.reader(STUDENT) as page:
        page.add_init_script(
            "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
        )
        page.goto("/me")
        page.locator("[data-push=blocked]").wait_for()
        assert not page.locator("#push-on").is_visible()


def test_without_a_script_the_page_says_what_is_needed(site: RunningSite) -> None:
    with site.reader(STUDENT, java_script_enabled=False) as page:
        page.goto("/me")
        assert page.locator("#push .hint:visible").count() == 1
        assert not page.locator("#push-on").is_visible()
