"""Of two who save the same, the later one is shown what differs, as people read it."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Final

import pytest
from flask import Flask

import zone
from tests.pages.test_rendered_forms import Tour, visit
from tests.world.rendered_forms import RenderedForm, forms_in
from zone.core.i18n import LANGUAGES
from zone.demo import tour
from zone.demo.tour import STOPS
from zone.web import conflicts

__all__ = ["visit"]  # the fixture

pytestmark = pytest.mark.engines("sqlite")

ZONE: Final = Path(zone.__file__).parent
PANEL: Final = re.compile(r'<section[^>]*aria-labelledby="stored">(.*?)</section>', re.DOTALL)
ROWS: Final = re.compile(r"<dt>(.*?)</dt><dd>(.*?)</dd>", re.DOTALL)
RAW: Final = re.compile(r"[0-9a-f]{8}-|\d{4}-\d\d-\d\d|\d:\d\d|_|\{|\[|True|False|None")
"""An id, a day or a time as programs write it, a name of code, a structure."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A form of a page of the tour, found by one of its fields.

    The first one saves `saved`, the later one types `typed`; `says` are some rows of the panel.
    """

    endpoint: str
    field: str
    saved: dict[str, str | list[str]]
    typed: dict[str, str]
    says: dict[str, dict[str, str]]


EDITED: Final = (
    Edited(
        "booking_weekly_classes_pages.one_class",
        "weekdays",
        {"name-sv": "Styrka", "last_on": "2099-01-02", "reason": "Why"},
        {"weekdays": "7", "starts_at": "23:05", "kind": "event", "reason": "Why"},
        {
            "en": {
                "Name, svenska": "Styrka",
                "Last day": "2 Jan 2099",
                "What it is": "Group class",
            },
            "fi": {"Nimi, svenska": "Styrka", "Viimeinen päivä": "2.1.2099"},
            "sv": {"Namn, svenska": "Styrka", "Sista dagen": "2.1.2099"},
        },
    ),
    Edited(
        "reporting_week_pages.week",
        "weekday",
        {"name-fi": "Uusi", "reason": "Why"},
        {"minutes": "77", "reason": "Why"},
        {"en": {"Minutes": "55"}, "fi": {"Minuutit": "55"}, "sv": {"Minuter": "55"}},
    ),
    Edited(
        "access_doors_pages.show",
        "bridge",
        {"bridge": ""},
        {},
        {
            "en": {"Bridge": "No bridge"},
            "fi": {"Ovikeskus": "Ei ovikeskusta"},
            "sv": {"Dörrcentral": "Ingen dörrcentral"},
        },
    ),
    Edited(
        "access_areas_pages.show",
        "passback",
        {"occupancy_limit": "40", "passback": "off"},
        {"passback": "hard"},
        {
            "en": {
                "At most so many people inside": "40",
                "Somebody who comes in again": "Let them in",
            },
            "fi": {"Kun sama henkilö tulee uudelleen": "Päästetään sisään"},
            "sv": {"Den som kommer in igen": "Släpp in"},
        },
    ),
    Edited(
        "booking_sessions_pages.one_session",
        "capacity",
        {"capacity": "3", "reason": "Why"},
        {"reason": "Why"},
        {"en": {"Places": "3"}, "fi": {"Paikat": "3"}, "sv": {"Platser": "3"}},
    ),
    Edited(
        "booking_moves_pages.move_form",
        "starts_at",
        {"minutes": "77", "reason": "Why"},
        {"reason": "Why"},
        {"en": {"Minutes": "77"}, "fi": {"Minuutit": "77"}, "sv": {"Minuter": "77"}},
    ),
    Edited(
        "booking_policies_pages.change",
        "opens_days",
        {"opens_days": "14", "cancel_minutes": "90"},
        {"opens_days": "9"},
        {
            "en": {
                "Days ahead that can be booked": "14",
                "Cancelling is free until so many minutes before the start": "90",
            },
            "fi": {"Kuinka monta päivää eteenpäin voi varata": "14"},
            "sv": {"Hur många dagar framåt man kan boka": "14"},
        },
    ),
    Edited(
        "passes_catalogue_pages.products",
        "code",
        {"name-fi": "Uusi", "kind": "single_visit", "entitlements": "court", "length_days": "9"},
        {},
        {
            "en": {
                "Name in Finnish": "Uusi",
                "Kind": "Single visit",
                "What it opens": "Courts",
                "Length in days": "9",
            },
            "fi": {"Kesto päivinä": "9"},
            "sv": {"Längd i dagar": "9"},
        },
    ),
    Edited(
        "passes_entitlements_pages.entitlements",
        "companions",
        {"companions": "3", "weekdays": ["1-6", "1-7"], "opens": ["08:00", "", "", ""]},
        {},
        {
            "en": {"Weekdays": "Sat, Sun", "From": "08.00", "Companions a day": "3"},
            "fi": {"Viikonpäivät": "la, su", "Alkaen": "08.00"},
            "sv": {"Veckodagar": "lör, sön", "Sällskap per dag": "3"},
        },
    ),
    Edited(
        "booking_pass_activities_pages.activities",
        "activities",
        {"activities": []},
        {},
        {
            "en": {"Of the classes only": "–"},
            "fi": {"Tunneista vain": "–"},
            "sv": {"Av gruppassen endast": "–"},
        },
    ),
    Edited(
        "passes_bundles_pages.parts",
        "share",
        {"share": ["15", "1", "", "", "", ""]},
        {},
        {
            "en": {"Share of the price": "15 : 1"},
            "fi": {"Osuus hinnasta": "15 : 1"},
            "sv": {"Andel av priset": "15 : 1"},
        },
    ),
    Edited(
        "passes_customer_groups_pages.customer_groups",
        "version",
        {"name-fi": "Uusi"},
        {},
        {
            "en": {"Name in Finnish": "Uusi"},
            "fi": {"Nimi suomeksi": "Uusi"},
            "sv": {"Namn på finska": "Uusi"},
        },
    ),
    Edited(
        "members_institutions_pages.institutions",
        "admits_students",
        {"name": "Uusi", "study_region": "capital"},
        {},
        {
            "en": {"Name": "Uusi", "Students of": "Helsinki region"},
            "fi": {"Nimi": "Uusi", "Opiskelijat alueelta": "pääkaupunkiseutu"},
            "sv": {"Namn": "Uusi", "Studerande från": "huvudstadsregionen"},
        },
    ),
    Edited(
        "members_institutions_pages.study_region",
        "version",
        {"name-fi": "Uusi"},
        {},
        {
            "en": {"Name in Finnish": "Uusi"},
            "fi": {"Nimi suomeksi": "Uusi"},
            "sv": {"Namn på finska": "Uusi"},
        },
    ),
    Edited(
        "places_campuses_pages.campuses",
        "version",
        {"name": "Uusi", "latitude": "60.5", "longitude": "25"},
        {},
        {
            "en": {"Name": "Uusi", "Latitude": "60.5", "Longitude": "25"},
            "fi": {"Nimi": "Uusi", "Leveysaste": "60.5"},
            "sv": {"Namn": "Uusi", "Latitud": "60.5"},
        },
    ),
    Edited(
        "places_spaces_pages.one_space",
        "companions",
        {"name-fi": "Uusi", "own_use": "", "step_minutes": "45", "companions": "7"},
        {},
        {
            "en": {"Name in Finnish": "Uusi", "Others whom the booker may bring": "7"},
            "fi": {"Nimi suomeksi": "Uusi"},
            "sv": {"Namn på finska": "Uusi"},
        },
    ),
    Edited(
        "passes_quotas_pages.quotas",
        "code",
        {"name": "Uusi", "places": "301"},
        {},
        {
            "en": {"Name": "Uusi", "Places": "301"},
            "fi": {"Nimi": "Uusi", "Paikat": "301"},
            "sv": {"Namn": "Uusi", "Platser": "301"},
        },
    ),
    Edited(
        "passes_payers_pages.payers",
        "code",
        {"name": "Uusi", "payment_days": "31"},
        {},
        {
            "en": {"Name": "Uusi", "Days to pay": "31"},
            "fi": {"Nimi": "Uusi", "Maksuaika päivinä": "31"},
            "sv": {"Namn": "Uusi", "Betalningstid i dagar": "31"},
        },
    ),
    Edited(
        "feedback_surveys_pages.edit",
        "wave",
        {
            "title-fi": "Uusi",
            "closes_on": "2099-01-02",
            "audience": "eligible",
            "text-2-sv": "Ny",
            "text-2-fi": "Uusi",
            "text-2-en": "New",
            "by_campus": "1",
        },
        {},
        {
            "en": {
                "Title, suomi": "Uusi",
                "Last day": "2 Jan 2099",
                "Question 2: Words, svenska": "Ny",
                "Also ask where people mostly train (optional for them)": "yes",
            },
            "fi": {"Viimeinen päivä": "2.1.2099"},
            "sv": {"Sista dagen": "2.1.2099"},
        },
    ),
    Edited(
        "operation_mail_words_pages.mail_words",
        "fi-subject",
        {"fi-subject": "Muista tunti"},
        {},
        {
            "en": {"suomi: Subject": "Muista tunti"},
            "fi": {"suomi: Aihe": "Muista tunti"},
            "sv": {"suomi: Ämne": "Muista tunti"},
        },
    ),
    Edited(
        "operation_service_profile_pages.service_profile",
        "seller_name",
        {"seller_name": "Uusi ry", "seller_vat": ""},
        {},
        {
            "en": {"Seller": "Uusi ry", "The seller charges VAT": "no"},
            "fi": {"Myyjä": "Uusi ry", "Myyjä perii arvonlisäveron": "ei"},
            "sv": {"Säljare": "Uusi ry", "Säljaren tar ut moms": "nej"},
        },
    ),
)


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def panel_of(html: str) -> dict[str, str]:
    """Return the rows of the panel: label → value."""
    [panel] = PANEL.findall(html)
    return {text(label): text(value) for label, value in ROWS.findall(panel)}


def form_at(visit: Tour, edited: Edited) -> RenderedForm:
    stop = next(one for one in STOPS if one.endpoint == edited.endpoint)
    path = tour.address_of(visit.app, stop, visit.settings.base_url)
    path = path.removeprefix(visit.settings.base_url)
    client = visit.clients[stop.reader]
    html = client.get(path).text
    return next(form for form in forms_in(html, path) if edited.field in form.data)


def panel_after_two(visit: Tour, edited: Edited, language: str) -> dict[str, str]:
    """Let two people save a form that both have opened; return the panel of the later one."""
    stop = next(one for one in STOPS if one.endpoint == edited.endpoint)
    client = visit.clients[stop.reader]
    first, later = form_at(visit, edited), form_at(visit, edited)
    saved = client.post(first.action, data=first.data | edited.saved)
    assert saved.status_code == 303
    with visit.app.app_context():  # of its own: the language stays that of its first request
        refused = client.post(f"{later.action}?lang={language}", data=later.data | edited.typed)
    visit.restore()
    assert refused.status_code == 409
    return panel_of(refused.text)


@pytest.mark.parametrize(
    ("edited", "language"),
    [
        pytest.param(
            edited,
            language,
            id=f"{edited.endpoint}-{language}",
            # In one language by default, in turn.
            marks=() if LANGUAGES[number % 3] == language else pytest.mark.thorough,
        )
        for number, edited in enumerate(EDITED)
        for language in LANGUAGES
    ],
)
def test_what_differs_is_shown_as_people_read_it(
    visit: Tour, edited: Edited, language: str
) -> None:
    panel = panel_after_two(visit, edited, language)
    assert edited.says[language].items() <= panel.items()
    changed = {name for name in edited.saved | edited.typed if name != "reason"}
    # A new question has its words in three languages and how it is answered.
    assert len(panel) <= len(changed) + 1, "only what differs"
    assert not [row for row in panel.items() if RAW.search(" ".join(row))]


def test_every_form_that_may_be_edited_by_two_is_tried() -> None:
    found = {
        path.relative_to(ZONE).parent.as_posix()
        for path in ZONE.rglob("pages.py")
        if re.search(r"\bstored=(partial|lambda|_stored)", path.read_text(encoding="utf-8"))
    }
    tried = {one.endpoint.partition("_pages")[0].replace("_", "/", 1) for one in EDITED}
    assert found - {"access/status"} == tried, "test_acts.py tries that of administrators"


def test_what_cannot_be_read_is_shown_as_it_was_typed(app: Flask) -> None:
    labels = {"day": ("Day", conflicts.day), "place": ("Place", conflicts.one_of({}, "gone"))}
    stored = {"day": "2026-12-02", "place": "b"}
    with app.test_request_context("/?lang=en"):
        rows = conflicts.differing(labels, stored, {"day": "soon"})
        assert [(row.label, row.value) for row in rows or ()] == [("Day", "2 Dec 2026")]
        assert conflicts.differing(labels, stored, stored) == []
        assert conflicts.differing(labels, None, stored) is None
