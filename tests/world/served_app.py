"""The application on a free loopback port, and steps of tests on its pages."""

import io
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask import Flask
from PIL import Image
from werkzeug.serving import make_server

from firmware_bridge.wire import token
from tests.world.shop import a_pass, a_student, open_shop
from zone.access.credentials import queries as credentials_queries
from zone.access.issuer_keys import service as issuer_keys
from zone.access.pass_page.pages import PARTS
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web.context import settings_of
from zone.web.session_cookie import name_of

PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Site:
    """A running server. Its application context is open in the thread of the test."""

    app: Flask
    settings: Settings
    student: int

    @property
    def url(self) -> str:
        return self.settings.base_url

    def session_of(self, member_id: int) -> str:
        """Return the cookie value of a new session."""
        with writing() as session:
            return sign_in_sessions.open_session(session, member_id, now=utc_now())

    def cookie(self, member_id: int) -> str:
        """Return a Cookie header that signs a person in."""
        return f"{name_of(self.settings)}={self.session_of(member_id)}"

    def browser_cookie(self, member_id: int) -> dict[str, str]:
        """Return the same for a browser's jar."""
        return {
            "name": name_of(self.settings),
            "value": self.session_of(member_id),
            "url": self.url,
        }


@contextmanager
def serve(settings: Settings, *, days_left: int = 90) -> Iterator[Site]:
    """Serve until the block ends. The student's pass is valid for `days_left` more days."""
    with serving(settings) as app:
        yield Site(app, settings_of(app), _student(days_left))


@contextmanager
def serving(settings: Settings) -> Iterator[Flask]:
    """Serve an empty application until the block ends; its context is open in this thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    settings = replace(settings, base_url=f"http://localhost:{listener.getsockname()[1]}")
    app = create_app(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    with app.app_context():
        thread.start()
        try:
            yield app
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            listener.close()
            db.engine.dispose()


def _student(days_left: int) -> int:
    with writing() as session:
        open_shop(session)
    student = a_student()
    give_pass(student, days_left)
    return student


def give_pass(member_id: int, days_left: int, *, begins_in: int = 0) -> int:
    """Give a term pass that begins in `begins_in` days and ends in `days_left` days."""
    today = helsinki_date(utc_now())
    return a_pass(
        member_id,
        starts_on=today + timedelta(days=begins_in),
        ends_on=today + timedelta(days=days_left),
        now=utc_now(),
    )


@contextmanager
def a_phone(
    browser: Any, site: Site, member_id: int | None = None, **options: Any
) -> Iterator[Any]:
    """Yield a page of a new browser profile, signed in as the student by default."""
    context = browser.new_context(
        base_url=site.url, viewport=PHONE, device_scale_factor=2, **options
    )
    context.add_cookies([site.browser_cookie(member_id or site.student)])
    context.set_default_timeout(10_000)
    try:
        yield context.new_page()
    finally:
        context.close()


def open_pass(page: Any, state: str) -> None:
    """Open the pass page and wait until it shows `state`."""
    page.goto("/pass?lang=en")
    await_state(page, state)


def await_state(page: Any, state: str) -> None:
    page.wait_for_selector(f'main[data-state="{state}"]')


def put_on_phone(page: Any) -> None:
    """Open the page of a new phone, tap once, and wait for the code."""
    open_pass(page, "no_key")
    page.click("[data-enrol]:visible")
    await_state(page, "valid")
    page.wait_for_function(
        "() => document.querySelector('#code .ink').getAttribute('d').length > 100"
    )


def decoded(page: Any) -> str:
    """Return the text that an independent decoder reads in a screenshot, or None."""
    return str(scanned(page).text)


def scanned(page: Any) -> Any:
    """Return the one code that an independent decoder finds in a screenshot."""
    import zxingcpp  # only the extra `browser` has it

    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    assert len(found) == 1, f"{len(found)} codes in the picture"
    return found[0]


def token_in(page: Any) -> token.Token:
    """The code on the screen, parsed by the door's own parser."""
    return token.parse(decoded(page).encode())


def plant(page: Any, module: str, right: str, wrong: str) -> None:
    """Serve the page a module with a fault in it."""
    source = (PARTS / module).read_text()
    assert source.count(right) == 1, f"{module} no longer says {right!r} once"
    body = source.replace(right, wrong)
    page.route(
        f"**/{module}", lambda route: route.fulfill(body=body, content_type="text/javascript")
    )


def check_shown(page: Any, site: Site, *, certificate: bool) -> token.Token:
    """Check that the screenshot shows a current code of the student's key that a door accepts."""
    shown = token_in(page)
    now = utc_now().timestamp()
    with reading() as session:
        held = {key.kid: key.point for key in credentials_queries.live_keys(session, site.student)}
        holder = session.get_one(Member, site.student).holder
    assert (shown.cert is not None) is certificate
    assert shown.kid in held
    assert token.check_moment(shown.ts, now) is None
    assert token.verify_possession(shown, token.load_point(held[shown.kid]))
    if shown.cert is not None:
        assert shown.cert.holder == holder
        assert (
            token.verify_certificate(shown.cert, issuer_keys.issuers(site.settings.keys), now)
            is None
        )
    return shown


def wallet_path(page: Any) -> str:
    source = page.locator('script[type="module"]').first.get_attribute("src")
    return str(source).replace("pass.js", "wallet.js")
