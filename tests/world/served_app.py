"""The application on a free loopback port with members, and helpers for tests in a browser."""

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
from zone.access.issuer_keys import queries as issuer_queries
from zone.access.pass_page.pages import PARTS
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import script_modules
from zone.web.context import settings_of
from zone.web.session_cookie import name_of

PHONE = {"width": 390, "height": 844}
MODULES = PARTS / "pass.mjs"


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, with an open application context in the test's thread."""

    app: Flask
    settings: Settings
    student: int

    @property
    def url(self) -> str:
        return self.settings.base_url

    def session_of(self, member_id: int) -> str:
        """Open a sign-in session; return its cookie's value."""
        with writing() as session:
            return sign_in_sessions.open_session(session, member_id, now=utc_now())

    def cookie(self, member_id: int) -> str:
        """Return the Cookie header of a new sign-in session."""
        return f"{name_of(self.settings)}={self.session_of(member_id)}"

    def browser_cookie(self, member_id: int) -> dict[str, str]:
        """Return the cookie of a new sign-in session for a browser."""
        return {
            "name": name_of(self.settings),
            "value": self.session_of(member_id),
            "url": self.url,
        }


@contextmanager
def serve(settings: Settings, *, days_left: int = 90) -> Iterator[Site]:
    """Serve a student with a pass for `days_left` more days, until the block ends."""
    with serving(settings) as app:
        yield Site(app, settings_of(app), _student(days_left))


@contextmanager
def serving(settings: Settings) -> Iterator[Flask]:
    """Serve an empty application until the block ends, with its context open in this thread."""
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
    """Store a pass from `begins_in` days on that lasts until `days_left` days from today."""
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
    """Open a page in a new browser profile, signed in as `member_id` or the student."""
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
    """Open the pass page and wait for `state`."""
    page.goto("/pass?lang=en")
    await_state(page, state)


def await_state(page: Any, state: str) -> None:
    page.wait_for_selector(f'main[data-state="{state}"]')


def put_on_phone(page: Any) -> None:
    """Open the page on a new phone, enrol it, and wait for the code."""
    open_pass(page, "no_key")
    page.click("[data-enrol]:visible")
    await_state(page, "valid")
    page.wait_for_function(
        "() => document.querySelector('#code .ink').getAttribute('d').length > 100"
    )


def decoded(page: Any) -> str:
    """Return the text that an independent decoder reads in a screenshot."""
    return str(scanned(page).text)


def scanned(page: Any) -> Any:
    """Return the one code that an independent decoder finds in a screenshot."""
    import zxingcpp  # only the extra `browser` has it

    barcodes = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))
    assert len(barcodes) == 1, f"{len(barcodes)} codes in the picture"
    return barcodes[0]


def token_in(page: Any) -> token.Token:
    """Return the code on the screen, parsed as a door parses it."""
    return token.parse(decoded(page).encode())


def plant(page: Any, module: str, original: str, broken: str) -> None:
    """Serve the page a script in which `original`, of one module, is replaced by `broken`."""
    source = (MODULES / module).read_text()
    assert source.count(original) == 1, f"{module} no longer says {original!r} once"
    body = script_modules.bundle(MODULES).decode().replace(original, broken)
    page.route(
        f"**/{MODULES.name}", lambda route: route.fulfill(body=body, content_type="text/javascript")
    )


def serve_modules(page: Any) -> None:
    """Serve the modules of the page one by one too, at `/module/…`, for tests of one of them."""

    def answer(route: Any) -> None:
        body = (MODULES / route.request.url.rpartition("/")[2]).read_text()
        route.fulfill(body=body, content_type="text/javascript")

    page.route("**/module/*js", answer)


def check_shown(page: Any, site: Site, *, certificate: bool) -> token.Token:
    """Check that a door would accept the code on the screen, and return it."""
    shown = token_in(page)
    now = utc_now().timestamp()
    with reading() as session:
        points = {
            key.kid: key.point for key in credentials_queries.live_keys(session, site.student)
        }
        holder = session.get_one(Member, site.student).holder
    assert (shown.cert is not None) is certificate
    assert shown.kid in points
    assert token.check_time(shown.ts, now) is None
    assert token.verify_possession(shown, token.load_point(points[shown.kid]))
    if shown.cert is not None:
        assert shown.cert.holder == holder
        assert (
            token.verify_certificate(shown.cert, issuer_queries.issuers(site.settings.keys), now)
            is None
        )
    return shown


def wallet_path(page: Any) -> str:
    """Return the address of the module that stores the key."""
    serve_modules(page)
    return "/module/wallet.js"
