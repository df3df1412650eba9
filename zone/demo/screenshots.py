"""Pictures of the main pages, for the README."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import ViewportSize, sync_playwright
from sqlalchemy import select

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.demo import tour
from zone.demo.machine.browsers import CHROMIUM, FLAGS
from zone.demo.supervisor import Installation
from zone.demo.tour import DESK, MANAGER, STUDENT, TourPage
from zone.members.people.models import Member
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie
from zone.web.context import states_of_screens

PHONE: Final = ViewportSize(width=390, height=844)
DESKTOP: Final = ViewportSize(width=1280, height=800)
CODE_DRAWN: Final = "#code .ink[d^=M]"
LOOKS: Final = (("", PHONE, "light"), ("-dark", PHONE, "dark"), ("-wide", DESKTOP, "light"))
"""Of a state: the end of the picture's name, size, theme."""
PICTURED: Final = (
    ("pass", "access_pass_page_pages.show", PHONE),
    ("classes", "booking_timetable_pages.classes", PHONE),
    ("courts", "booking_reservations_pages.day_page", PHONE),
    ("bookings", "booking_bookings_pages.bookings", PHONE),
    ("buy", "passes_orders_pages.review", PHONE),
    ("desk", "desk_live_doors_pages.show_desk", DESKTOP),
    ("person", "desk_people_pages.show_person", DESKTOP),
    ("targets", "reporting_reports_pages.targets", DESKTOP),
    ("status", "access_status_pages.show", DESKTOP),
    ("week", "reporting_week_pages.week", DESKTOP),
)
"""Name of the picture, page, size."""


def take(stage: Installation, folder: Path) -> Iterator[Path]:
    """Store every picture in a folder, over earlier ones. The pages are in English."""
    folder.mkdir(parents=True, exist_ok=True)
    stops = {stop.endpoint: stop for stop in tour.STOPS}
    with tour.opened(stage) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        readers = {email: _reader(browser, stage, email) for email in (STUDENT, DESK, MANAGER)}
        for name, endpoint, size in PICTURED:
            page, stop = readers[stops[endpoint].reader], stops[endpoint]
            page.set_viewport_size(size)
            address = tour.address_of(app, stop, stage.url)
            page.goto(f"{address}{'&' if '?' in address else '?'}lang=en")
            _await_code(page, stop)
            path = folder / f"{name}.png"
            page.screenshot(path=path)
            yield path
        browser.close()


def take_states(stage: Installation, folder: Path) -> Iterator[Path]:
    """Store every state of every screen in a folder: on a phone light and dark, and on a desktop.

    The last path of each state is yielded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tour.opened(stage) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        pages = {
            name: _reader(browser, stage, MANAGER, viewport=size, color_scheme=theme)
            for name, size, theme in LOOKS
        }
        with app.app_context():
            states = states_of_screens()
        for state in states:
            for name, page in pages.items():
                page.goto(f"{state.path}?lang=en")
                path = folder / f"{state.screen}-{state.name}{name}.png"
                page.screenshot(path=path, full_page=True)
            yield path
        browser.close()


def _reader(browser: Any, stage: Installation, email: str, **looks: Any) -> Any:
    with writing() as session:
        member = session.scalars(select(Member.id).where(Member.email == email)).one()
        token = sign_in_sessions.open_session(session, member, now=utc_now())
    context = browser.new_context(
        base_url=stage.url,
        locale="en-FI",
        timezone_id="Europe/Helsinki",
        reduced_motion="reduce",
        device_scale_factor=1.5,
        **looks,
    )
    context.clock.install(time=utc_now())  # that of the demo, which `--at` shifts
    context.add_cookies(
        [{"name": session_cookie.name_of(stage.settings), "value": token, "url": stage.url}]
    )
    return context.new_page()


def _await_code(page: Any, stop: TourPage) -> None:
    """Put the pass on the phone, and wait until its code is drawn."""
    if stop.endpoint == "access_pass_page_pages.show":
        page.locator("[data-enrol]:visible").first.click()
        page.locator(CODE_DRAWN).wait_for(state="attached")
