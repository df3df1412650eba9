"""A form that is refused says at each wrong field what is wrong with it, on every page."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from itertools import cycle
from typing import Final

import pytest
from werkzeug.test import TestResponse

from tests.pages.test_rendered_forms import PAGES, Tour, route_of, visit
from tests.world.refused_fields import (
    CASES,
    SeenForm,
    faults_of_refusal,
    forms_seen,
    typed_wrongly,
)
from tests.world.rendered_forms import RenderedForm, forms_in
from zone.demo import tour
from zone.demo.tour import TourPage
from zone.web import forms

__all__ = ["visit"]  # the fixture

REFUSED: Final = (401, 403, 409, 422)
ACCEPTED: Final = {
    ("members_people_pages.change_me", "name"): "an emptied name is removed",
    ("members_people_pages.change_me", "more_time"): "all else is as usual",
    ("access_shutdowns_pages.lock_down", "place"): "only what is offered can be chosen",
    ("access_shutdowns_pages.block", "place"): "only what is offered can be chosen",
    ("members_affiliations_pages.claim_affiliation", "study_region"): "all else is elsewhere",
    ("desk_search_pages.search_people", "words"): "longer words are cut",
    ("feedback_surveys_pages.create", "kind-2"): "a question without words is not asked",
    ("feedback_surveys_pages.create", "kind-3"): "a question without words is not asked",
    ("feedback_surveys_pages.create", "key_question"): "asked for when the others are right",
    ("feedback_surveys_pages.act", "kind-2"): "a question without words is not asked",
    ("feedback_surveys_pages.act", "kind-3"): "a question without words is not asked",
    ("booking_reservations_pages.book", "companions"): "only what is offered can be chosen",
    ("passes_catalogue_pages.set_price", "product"): "only what is offered can be chosen",
    ("passes_catalogue_pages.save_product", "campuses"): "only what is offered can be chosen",
    ("desk_people_pages.do", "space"): "only what is offered can be chosen",
    ("operation_demo_door.set_door", "goes_on"): "only what is offered can be chosen",
    ("passes_settlements_pages.preview", "content"): "a file: tests/passes/settlements try it",
    ("passes_sale_terms_pages.set_terms", "terms-fi"): "terms may be longer than what is tried",
    ("passes_sale_terms_pages.set_terms", "terms-sv"): "terms may be longer than what is tried",
    ("passes_sale_terms_pages.set_terms", "terms-en"): "terms may be longer than what is tried",
    ("passes_takeover_pages.preview", "content"): "a file: tests/passes/takeover try it",
    ("passes_invoice_payments_pages.upload_bank_rows", "file"): "a file: its own tests try it",
    ("desk_people_pages.do", "cause"): "only what is offered can be chosen",
    ("members_sign_in_sessions_pages.sign_out", "also_end"): "all else is no",
    ("access_credentials_pages.remove_all_devices", "also_end"): "all else is no",
    ("passes_pass_rules_pages.set_rules", "holder_pauses"): "all else is no",
    ("passes_pass_rules_pages.set_rules", "pause_cancels"): "all else is no",
    ("passes_pass_rules_pages.set_rules", "upgrade_by_days"): "all else is no",
    ("passes_pass_rules_pages.set_rules", "refund_by_days"): "all else is no",
    ("passes_bundles_pages.save_parts", "part"): "only what is offered can be chosen",
    ("passes_bundles_pages.save_parts", "counts"): "only what is offered can be chosen",
    ("passes_entitlements_pages.save_entitlements", "weekdays"): "all else is no weekday",
    ("places_spaces_pages.add_space", "parts"): "only what is offered can be chosen",
    ("passes_quotas_pages.save_quota", "products"): "only what is offered can be chosen",
    ("passes_vouchers_pages.create_voucher", "products"): "only what is offered can be chosen",
    ("operation_service_profile_pages.change_logo", "logo"): "a file: test_logo.py tries it",
}
"""The fields that do not say what is wrong with them, by view and name, and why."""
DISCARD: Final = "Throw the draft away"
"""The button of a survey's draft that asks for nothing in its form."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form of a page of the tour, and the button that submits it."""

    visit: Tour
    stop: TourPage
    form: SeenForm
    rendered: RenderedForm
    button: str

    @property
    def route(self) -> str:
        return route_of(self.visit.app, self.form.action)

    def submit(self, typed: dict[str, str]) -> TestResponse:
        """Submit the form with these values, and leave everything as it was before."""
        client = self.visit.clients[self.stop.reader]
        cookies, pressed = copy(client._cookies), self.rendered.buttons[self.button]
        data = self.rendered.data | self.rendered.plain_values() | typed
        answer = client.post(self.form.action, data=data | (dict([pressed]) if pressed else {}))
        client._cookies = cookies
        # Restoring costs time, and an invalid form has changed nothing.
        if answer.status_code != 422:
            self.visit.restore()
        return answer

    def faults(self, typed: dict[str, str]) -> list[str]:
        """Return what is wrong with the answer to wrong values.

        A field that is not marked is tried once more alone: some fields are only checked when all
        others are right.
        """
        answer = self.submit(typed)
        if answer.status_code not in REFUSED:
            return [f"answers {answer.status_code} to {', '.join(typed)}"]
        faults, unmarked = faults_of_refusal(self.form, answer.text, typed)
        if len(typed) == 1:
            return [*faults, *(f"does not mark {name}" for name in unmarked)]
        return faults + [fault for name in unmarked for fault in self.faults({name: typed[name]})]


def attempts_at(visit: Tour, stop: TourPage) -> Iterator[Attempt]:
    """Yield each form of a page with each of its buttons."""
    path = tour.address_of(visit.app, stop, visit.settings.base_url)
    path = path.removeprefix(visit.settings.base_url)
    html = visit.clients[stop.reader].get(path + ("&" if "?" in path else "?") + "lang=en").text
    for form, rendered in zip(forms_seen(html, path)[0], forms_in(html, path), strict=True):
        yield from (Attempt(visit, stop, form, rendered, button) for button in rendered.buttons)


def faults_at(visit: Tour, stops: tuple[TourPage, ...], *, in_turn: bool = False) -> list[str]:
    """Submit each form of the pages with each kind of wrong values, or with one of them, in turn.

    Return a line for each wrong field that the answer does not mark, or marks without a sentence.
    """
    faults, tried, turns = [], set(), cycle(CASES)
    for attempt in (one for stop in stops for one in attempts_at(visit, stop)):
        names = tuple(one.name for one in attempt.form.fields)
        if attempt.button == DISCARD or (attempt.route, attempt.button, names) in tried:
            continue
        tried.add((attempt.route, attempt.button, names))
        for case in (next(turns),) if in_turn else CASES:
            typed = {
                name: value
                for name, value in typed_wrongly(attempt.form, case).items()
                if (attempt.route, name) not in ACCEPTED
            }
            found = attempt.faults(typed) if typed else []
            faults += [f"{attempt.route} [{attempt.button}] {case}: {fault}" for fault in found]
    return faults


def test_a_refused_form_says_which_fields_are_wrong(visit: Tour) -> None:
    assert faults_at(visit, PAGES, in_turn=True) == []


@pytest.mark.thorough
def test_a_form_that_is_refused_in_any_way_says_which_fields_are_wrong(visit: Tour) -> None:
    assert faults_at(visit, PAGES) == []


@pytest.mark.planted_fault("what is wrong with a field is not noted")
def test_a_form_that_marks_nothing_fails_the_check(
    visit: Tour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "note_field_errors", lambda refusal: None)
    stop = next(one for one in PAGES if one.endpoint == "members_people_pages.me")
    assert "members_people_pages.change_me [Save] wrong: does not mark language" in (
        faults_at(visit, (stop,))
    )
