"""A form that was sent after its session had ended comes back, after signing in, as typed."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.browsers import newest_code
from tests.world.people import a_browser, a_member, signed_in
from tests.world.rendered_forms import RenderedForm, forms_in, forms_of
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.people.models import Member
from zone.members.roles import service as roles
from zone.members.sign_in_sessions.models import SignInSession
from zone.web import auth, kept_form

pytestmark = [pytest.mark.engines("sqlite")]
EMAIL = "aino@example.org"
TYPED = 'Äijä "Tekaistu" <b>& co</b>'


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    with writing() as session:
        member = a_member(session, email=EMAIL, name="Aino")
        member.language = "en"
        roles.grant_role(session, member.id, "manager", utc_now())
        member_id = member.id
    return asking_for_pages(signed_in(app, member_id))


def asking_for_pages(client: FlaskClient) -> FlaskClient:
    client.environ_base |= {"HTTP_ACCEPT": "text/html", "HTTP_ACCEPT_LANGUAGE": "en"}
    return client


def end_every_session() -> None:
    with writing() as session:
        for row in session.scalars(select(SignInSession)):
            row.revoked_at = utc_now()


def name_of_the_person() -> str:
    with reading() as session:
        return session.scalars(select(Member.name).where(Member.email == EMAIL)).one()


def sent_too_late(browser: FlaskClient, typed: str = TYPED) -> RenderedForm:
    """Send the form of one's name after the session has ended; return what is shown then."""
    form = next(one for one in forms_of(browser, "/me") if "name" in one.data)
    end_every_session()
    refused = form.submit(browser, "Save", name=typed)
    assert refused.status_code == 401
    return only_form(refused.text)


def only_form(html: str, action: str = "") -> RenderedForm:
    forms = [one for one in forms_in(html, "/") if one.action.startswith(action)]
    return forms[0]


def signs_in_again(browser: FlaskClient, begin: RenderedForm) -> RenderedForm:
    """Sign in with a code through the pages, and return the form that leads back."""
    asked = only_form(begin.submit(browser, "Sign in").text, "/sign-in/code")
    typing = asked.submit(browser, "Send me a code", email=EMAIL).text
    done = only_form(typing).submit(browser, "Sign in", code=newest_code())
    assert done.status_code == 200
    return only_form(done.text)


def test_what_was_typed_is_in_its_form_again_and_stored_only_when_it_is_sent(
    browser: FlaskClient,
) -> None:
    back = signs_in_again(browser, sent_too_late(browser))
    shown = back.submit(browser, "Back to what you typed")
    assert "not stored yet" in shown.text
    assert name_of_the_person() == "Aino"
    form = next(one for one in forms_in(shown.text, "/me") if "name" in one.data)
    assert form.data["name"] == [TYPED]
    form.submit(browser, "Save")
    assert name_of_the_person() == TYPED


def test_a_wrong_code_and_a_new_one_lose_nothing(browser: FlaskClient) -> None:
    asked = only_form(sent_too_late(browser).submit(browser, "Sign in").text, "/sign-in/code")
    typing = only_form(asked.submit(browser, "Send me a code", email=EMAIL).text)
    wrong = typing.submit(browser, "Sign in", code="000000").text
    again = next(one for one in forms_in(wrong, "/") if "Send a new code" in one.buttons)
    typing = only_form(again.submit(browser, "Send a new code").text)
    back = only_form(typing.submit(browser, "Sign in", code=newest_code()).text)
    assert back.data["name"] == [TYPED]


def test_the_way_to_a_password_carries_it_too(browser: FlaskClient) -> None:
    pages = sent_too_late(browser).submit(browser, "Sign in").text
    to_password = next(
        one for one in forms_in(pages, "/") if "Staff: sign in with a password" in one.buttons
    )
    form = only_form(to_password.submit(browser, "Staff: sign in with a password").text)
    assert form.action == "/sign-in/password"
    assert ["name", TYPED] in json.loads(form.data["kept"][0])[1]


def test_who_has_signed_in_on_another_page_goes_straight_back(
    app: Flask, browser: FlaskClient
) -> None:
    begin = sent_too_late(browser)
    with reading() as session:
        member_id = session.scalars(select(Member.id).where(Member.email == EMAIL)).one()
    back = only_form(begin.submit(asking_for_pages(signed_in(app, member_id)), "Sign in").text)
    assert back.data["name"] == [TYPED]


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "{",
        "[]",
        "7",
        '["/me"]',
        '["https://evil.example/", []]',
        '["/sign-out", []]',
        '["/me/password", [["new", "x"]]]',
        '["/nowhere", [["a", "b"]]]',
        '["/me", 7]',
        '["/me", ["name"]]',
        "[" * 100_000,
    ],
)
def test_what_somebody_else_wrote_into_the_field_leads_nowhere(
    app: Flask, browser: FlaskClient, kept: str
) -> None:
    with app.test_request_context():
        assert kept_form.from_text(kept) is None
    answer = browser.post("/sign-in/again?next=/me", data={"kept": kept})
    assert (answer.status_code, answer.location) == (303, "/me")


def test_a_button_without_typing_leads_back_to_its_page(app: Flask) -> None:
    refused = asking_for_pages(a_browser(app)).post("/sign-out")
    assert refused.status_code == 401
    assert 'name="kept"' not in refused.text


def test_a_form_with_a_password_is_not_kept(app: Flask) -> None:
    refused = asking_for_pages(a_browser(app)).post(
        "/me/password", data={"old": "hunter2", "new": "hunter22"}
    )
    assert refused.status_code == 401
    assert "hunter2" not in refused.text


ONE_TAP = {
    "access_attendance_pages.count_heads",
    "access_attendance_pages.see",
    "access_conflicts_pages.see_to",
    "access_credentials_pages.remove_all_devices",
    "access_credentials_pages.remove_device",
    "access_releases_pages.drop_day",
    "access_releases_pages.remove_release",
    "access_shutdowns_pages.lift",
    "access_status_pages.acknowledge",
    "access_status_pages.renew_token",
    "access_status_pages.replace_bridge",
    "access_status_pages.revoke",
    "booking_blocks_pages.end_block",
    "booking_bookings_pages.cancel",
    "booking_bookings_pages.leave_queue",
    "booking_bookings_pages.withdraw",
    "booking_calendar_feeds_pages.end",
    "booking_calendar_feeds_pages.make",
    "booking_closures_pages.drop_day",
    "booking_offers_pages.answer_own",
    "booking_rebookings_pages.move_booking",
    "booking_timetable_pages.book",
    "booking_timetable_pages.cancel",
    "booking_timetable_pages.enter_draw",
    "booking_timetable_pages.join_queue",
    "booking_timetable_pages.leave_draw",
    "booking_timetable_pages.leave_queue",
    "desk_live_doors_pages.handle",
    "desk_search_pages.search_people",
    "feedback_surveys_pages.close",
    "members_email_changes_pages.confirm_change",
    "members_passwords_pages.change_password",
    "members_push_pages.turn_off",
    "members_roles_pages.find_person",
    "members_sign_in_sessions_pages.end_session",
    "members_sign_in_sessions_pages.sign_out",
    "operation_integrity_pages.check_integrity",
    "operation_jobs_pages.resend_mail",
    "operation_jobs_pages.run_job",
    "operation_setup_pages.try_mail",
    "operation_mail_words_pages.restore_mail_words",
    "operation_service_profile_pages.change_logo",
    "passes_orders_pages.pay_again",
    "passes_passes_pages.activate",
    # A file cannot be shown again: it is chosen once more.
    "passes_settlements_pages.preview",  # a file, as that of passes to take over
    "passes_settlements_pages.store",
    "passes_takeover_pages.preview",
    "passes_takeover_pages.take_over",
    "passes_invoice_payments_pages.upload_bank_rows",
    "passes_payment_setup_pages.offer_provider",
    "passes_payment_setup_pages.try_provider",
}
"""Forms of one button, one number or a password: it is done again in a moment."""


def test_every_form_in_which_something_is_typed_is_kept(app: Flask) -> None:
    unmarked = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and not rule.rule.startswith("/api/")
        and not auth.is_open_to_guests(auth.access_of(app, rule.endpoint))
        and not kept_form.can_show(app, rule.endpoint)
    }
    assert unmarked == ONE_TAP
