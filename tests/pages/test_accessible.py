"""Accessibility of every page, on a phone, on a desktop and at 320 px.

Every second page in one language and at 320 px and one other width, in turn; the tier `thorough`
takes all pages, languages and widths.
"""

import uuid
from collections.abc import Callable, Sequence
from functools import cache
from itertools import cycle, product
from typing import Any

import pytest
from flask import Flask

from tests.pages.conftest import DESKTOP, PHONE, RunningSite
from zone.app import create_app
from zone.core.config import Settings
from zone.core.i18n import LANGUAGES
from zone.demo.example import SELLER
from zone.demo.tour import BOOKED, MANAGER, STOPS, STUDENT, TourPage

pytestmark = [pytest.mark.slow, pytest.mark.browser]
NARROW = {"width": 320, "height": 640}
"""WCAG 1.4.10: no page needs two directions of scrolling at 320 px."""
SHORTEN = (
    "document.querySelectorAll('article:nth-of-type(n+3), dl > .card:nth-of-type(n+6)').forEach(e"
    " => e.remove())"
)
"""In the lists of all operations and all error codes axe checks the first of each kind."""
NO_PAGES = {
    "colours",
    "logo",
    "passes_books_pages.export",  # a file for the accountant
    "operation_demo_mails.mail_html",
    "static",
    "operation_monitoring_pages.healthz",
    "operation_monitoring_pages.readyz",
    "operation_monitoring_pages.metrics",
    "access_pass_page_pages.icon",
    "access_pass_page_pages.manifest",
    "access_pass_page_pages.worker",
    "access_pass_page_pages.printed_png",
    "booking_lotteries_pages.download",
    "passes_takeover_pages.template",
    "passes_takeover_pages.example",
    "booking_timetable_pages.calendar",
    "booking_calendar_feeds_pages.own",
    "booking_calendar_feeds_pages.campus",
    "booking_calendar_feeds_pages.space",
    "booking_calendar_feeds_pages.instructor",
    # Only while a place is offered; its states are tried, and tests/booking/offers.
    "booking_offers_pages.linked_offer",
    "booking_offers_pages.own_offer",
    # Only by the link of a mail; its states are tried, and tests/booking/moves.
    "booking_moves_pages.give_up_form",
    # Only of a deleted year; its states are tried, and tests/passes/retention.
    "passes_retention_pages.certificate",
    # Leads to another page.
    "booking_pauses_pages.show_paused",
    "passes_receipts_pages.receipt_code",
    "passes_receipts_pages.receipt_pdf",
    "passes_invoices_pages.finvoice_file",
    "passes_invoices_pages.invoice_pdf",
    "passes_payments_pages.callback",
    "desk_live_doors_pages.show_live",
    "access_attendance_pages.show_live",
    "access_live_counts_pages.show_live",
    "reporting_reports_pages.sheet",
    "reporting_shares_pages.sheet",
}
"""Addresses that answer a GET with no page: files, figures, redirects, a part of a page."""
EMPTY = (
    ("booking_timetable_pages.classes", ""),
    ("booking_reservations_pages.day_page", ""),
    ("access_pass_page_pages.show", BOOKED),
    ("members_people_pages.me", BOOKED),
    ("booking_bookings_pages.bookings", BOOKED),
    ("passes_shop_pages.shop", BOOKED),
    ("passes_receipts_pages.receipts", BOOKED),
)
"""Pages that differ for a guest, or for a person who has no data."""


SIZES = (PHONE, DESKTOP)
TURNS = tuple(
    (tour_page, language, size)
    for tour_page, (language, size) in zip(
        STOPS[::2], cycle(product(LANGUAGES, SIZES)), strict=False
    )
)
"""Every second page in one language and width: the frame is common, and states show the rest."""


@cache
def axe() -> str:
    """Return the script of axe, imported late so that this file can be collected without it."""
    from axe_playwright_python.base import AXE_FILE_PATH

    return str(AXE_FILE_PATH.read_text("utf-8"))


def violations(page: Any) -> list[str]:
    """Return the findings of axe on a page: rule, place and advice."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']} at {node['target']}: {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


def runs_over(page: Any) -> list[str]:
    """Return the elements wider than a window of 320 px, except what scrolls by itself."""
    page.set_viewport_size(NARROW)
    return list(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? []
            : [...document.querySelectorAll('body *')]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .filter(e => !e.parentElement.closest('.filters, .tabbar'))
            .map(e => e.tagName + '.' + e.className).concat('the page').slice(0, 8)"""
        )
    )


def faults_of(page: Any, sizes: Sequence[dict[str, int]] = SIZES) -> list[str]:
    """Return every fault of the open page, in windows of these sizes and at 320 px."""
    faults = [f"{page.url} 320: {one} sticks out" for one in runs_over(page)]
    page.evaluate(SHORTEN)
    for size in sizes:
        page.set_viewport_size(size)
        faults += [f"{page.url} {size['width']}: {one}" for one in violations(page)]
    return faults


def faults_at(
    page: Any,
    address: str,
    status: int = 200,
    languages: Sequence[str] = LANGUAGES,
    sizes: Sequence[dict[str, int]] = SIZES,
) -> list[str]:
    """Return every fault of one address in these languages and sizes."""
    faults = []
    for language in languages:
        answer = page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
        assert answer.status == status, f"{address}: {answer.status}"
        assert page.get_attribute("html", "lang") == language
        faults += faults_of(page, sizes)
    return faults


@pytest.mark.parametrize(
    ("tour_page", "language", "size"),
    TURNS,
    ids=[f"{tour_page.endpoint}-{language}-{size['width']}" for tour_page, language, size in TURNS],
)
def test_a_page_is_accessible(
    site: RunningSite, tour_page: Any, language: str, size: dict[str, int]
) -> None:
    page, address = site.page_of(tour_page.reader), site.address(tour_page)
    assert faults_at(page, address, languages=[language], sizes=[size]) == []


@pytest.mark.thorough
@pytest.mark.parametrize("tour_page", STOPS, ids=[tour_page.endpoint for tour_page in STOPS])
def test_a_page_is_accessible_in_every_language(site: RunningSite, tour_page: Any) -> None:
    assert faults_at(site.page_of(tour_page.reader), site.address(tour_page)) == []


def test_pages_without_data_are_accessible(site: RunningSite) -> None:
    faults = []
    for (endpoint, reader), language in zip(EMPTY, cycle(LANGUAGES), strict=False):
        address = site.address(tour_page_of(endpoint))
        faults += faults_at(site.page_of(reader), address, languages=[language], sizes=[PHONE])
    assert faults == []


@pytest.mark.thorough
@pytest.mark.parametrize(("endpoint", "reader"), EMPTY)
def test_a_page_without_data_is_accessible_in_every_language(
    site: RunningSite, endpoint: str, reader: str
) -> None:
    assert faults_at(site.page_of(reader), site.address(tour_page_of(endpoint))) == []


def tour_page_of(endpoint: str) -> TourPage:
    return next(tour_page for tour_page in STOPS if tour_page.endpoint == endpoint)


REFUSALS = (
    (STUDENT, f"/classes/{uuid.UUID(int=1)}", 404),
    ("", "/bookings", 401),
    (STUDENT, "/desk", 403),
)


@pytest.mark.parametrize(
    ("refusal", "language"), list(zip(REFUSALS, LANGUAGES, strict=True)), ids=["404", "401", "403"]
)
def test_a_refusal_is_accessible(
    site: RunningSite, refusal: tuple[str, str, int], language: str
) -> None:
    reader, address, status = refusal
    assert faults_at(site.page_of(reader), address, status, languages=[language]) == []


@pytest.mark.thorough
@pytest.mark.parametrize(("reader", "address", "status"), REFUSALS)
def test_a_refusal_is_accessible_in_every_language(
    site: RunningSite, reader: str, address: str, status: int
) -> None:
    assert faults_at(site.page_of(reader), address, status) == []


def ask_for_a_code(page: Any) -> None:
    page.fill("#f-email", f"{uuid.uuid4().hex}@zone.example")
    page.click("form[action='/sign-in/code'] button.primary")
    page.wait_for_selector("#f-code")


def type_a_wrong_code(page: Any) -> None:
    ask_for_a_code(page)
    page.fill("#f-code", "000000")
    page.click("form[action='/sign-in'] button")
    page.wait_for_selector("#e-code")


@pytest.mark.parametrize(
    "language",
    [LANGUAGES[0], *(pytest.param(one, marks=pytest.mark.thorough) for one in LANGUAGES[1:])],
)
@pytest.mark.parametrize("walk", [ask_for_a_code, type_a_wrong_code])
def test_a_page_after_a_form_is_accessible(
    site: RunningSite, walk: Callable[[Any], None], language: str
) -> None:
    with site.reader("") as page:
        page.goto(f"/sign-in?lang={language}")
        walk(page)
        page.wait_for_load_state()  # without its styles a page is too wide
        assert page.get_attribute("html", "lang") == language
        assert faults_of(page) == []


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("/manage/products/new", "/manage/products"),
        ("/manage/surveys/drafts/new", "/manage/surveys/drafts"),
    ],
)
def test_a_refused_form_is_accessible(site: RunningSite, address: str, form: str) -> None:
    """Of text fields, choices and boxes; what the browser would hold back is sent."""
    with site.reader(MANAGER) as page:
        page.goto(f"{address}?lang=en")
        page.evaluate(
            """action => {
              const form = document.querySelector(`form[action="${action}"]`)
              for (const field of form.elements) {
                if (field.type === 'checkbox' || field.type === 'radio') field.checked = false
                else if (field.type !== 'hidden') field.value = ''
              }
              form.submit()
            }""",
            form,
        )
        page.wait_for_selector("[aria-invalid=true]")
        page.wait_for_load_state()  # without its styles a page is too wide
        assert faults_of(page) == []


@pytest.mark.planted_fault("a field without a label")
def test_a_field_without_a_label_is_found(site: RunningSite) -> None:
    with site.reader("") as page:
        page.goto("/sign-in")
        page.evaluate("document.querySelector('main').append(document.createElement('input'))")
        assert any("label" in one for one in violations(page))


@pytest.mark.planted_fault("a page that is too wide")
def test_a_page_that_is_too_wide_is_found(site: RunningSite) -> None:
    with site.reader("") as page:
        page.goto("/sign-in")
        page.evaluate(
            "document.querySelector('main').insertAdjacentHTML('beforeend', '<p>' + "
            "'x'.repeat(300) + '</p>')"
        )
        page.evaluate("document.querySelector('main > p:last-child').style.whiteSpace = 'nowrap'")
        assert runs_over(page) != []


@pytest.fixture
def every_page(tmp_path: Any) -> set[str]:
    app: Flask = create_app(
        Settings(data_dir=tmp_path, demo=True, payment_provider="development", **SELLER)
    )
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/v1/")
    }


def test_no_page_is_left_out(every_page: set[str]) -> None:
    assert every_page - NO_PAGES == {tour_page.endpoint for tour_page in STOPS}
