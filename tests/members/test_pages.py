"""Signing in and one's own page in a browser without JavaScript, and the same as JSON."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.people import a_browser, a_member, signed_in
from tests.world.rendered_forms import forms_of
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.i18n import LANGUAGES
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.members.affiliations.models import Affiliation
from zone.members.eligibility import service as eligibility
from zone.members.institutions.models import Institution
from zone.members.roles import service as roles_service
from zone.members.sign_in import rules as sign_in_rules

pytestmark = pytest.mark.engines("sqlite")

EMAIL = "aino@example.org"


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser without a session, at a service whose institutions are known."""
    with writing() as session:
        a_member(session)
    return a_browser(app)


def mailed_code() -> str:
    with reading() as session:
        body = session.scalars(select(OutboxMail.body).order_by(OutboxMail.id.desc())).first()
    match = re.search(r"\b\d{6}\b", body or "")
    assert match is not None
    return match[0]


def a_person(*roles: str, email: str | None = None) -> int:
    with writing() as session:
        member = a_member(session, email=email)
        for role in roles:
            roles_service.grant_role(session, member.id, role, utc_now())
        return member.id


def test_a_new_person_signs_in_gives_a_name_and_is_redirected_to_the_first_page(
    browser: FlaskClient,
) -> None:
    form = browser.get("/sign-in?next=/classes")
    assert 'name="next" value="/classes"' in form.text
    code_page = browser.post("/sign-in/code", data={"email": EMAIL, "next": "/classes"})
    assert (code_page.status_code, EMAIL in code_page.text) == (200, True)
    entered = browser.post(
        "/sign-in", data={"email": EMAIL, "code": mailed_code(), "next": "/classes"}
    )
    assert (entered.status_code, entered.location) == (303, "/me?next=%2Fclasses")
    me = browser.get(entered.location)
    assert 'name="next" value="/classes"' in me.text
    named = browser.post("/me", data={"name": "Aino", "language": "sv", "next": "/classes"})
    assert (named.status_code, named.location) == (303, "/classes")
    assert browser.get("/sign-in?next=/classes").location == "/classes", "is in already"
    assert "Aino" in browser.get("/me").text


def test_a_wrong_code_is_refused_at_its_field(browser: FlaskClient) -> None:
    browser.post("/sign-in/code", data={"email": EMAIL})
    code = f"{(int(mailed_code()) + 1) % 10**6:06}"
    again = browser.post("/sign-in", data={"email": EMAIL, "code": code})
    assert again.status_code == 401
    assert 'aria-invalid="true"' in again.text
    assert "Set-Cookie" not in again.headers


def test_who_needs_more_time_at_doors_says_so_on_their_own_page(app: Flask) -> None:
    student = signed_in(app, a_person())
    assert student.get("/api/v1/me").get_json()["more_time"] is False
    for chosen in ("1", "0", "1"):
        [form] = [form for form in forms_of(student, "/me") if form.action == "/me"]
        assert form.submit(student, "Save", more_time=chosen).status_code == 303
        assert student.get("/api/v1/me").get_json()["more_time"] is (chosen == "1")
    assert 'value="1" selected' in student.get("/me").text
    student.patch("/api/v1/me", json={"language": "sv"})
    assert student.get("/api/v1/me").get_json()["more_time"] is True, "what is not sent stays"


def test_a_second_tap_leads_to_the_same_page(browser: FlaskClient) -> None:
    browser.post("/sign-in/code", data={"email": EMAIL})
    typed = {"email": EMAIL.upper(), "code": mailed_code(), "next": "/classes"}
    for _ in range(2):
        assert browser.post("/sign-in", data=typed).status_code == 303
    other = browser.post("/sign-in", data=typed | {"email": "other@example.org"})
    assert other.status_code == 401, "as somebody else"


def test_a_wrong_address_is_refused_at_its_field(browser: FlaskClient) -> None:
    for email in ("", "nonsense", "a@b.fi\r\nBcc: c@d.fi"):
        again = browser.post("/sign-in/code", data={"email": email})
        assert (again.status_code, 'aria-invalid="true"' in again.text) == (422, True)


def test_too_many_codes_are_refused_with_retry_after(browser: FlaskClient) -> None:
    answers = [browser.post("/sign-in/code", data={"email": EMAIL}) for _ in range(7)]
    if answers[-1].status_code == 200:  # a window began meanwhile
        answers += [browser.post("/sign-in/code", data={"email": EMAIL}) for _ in range(7)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_typed_text_is_escaped(browser: FlaskClient) -> None:
    attack = '"><script>alert(1)</script>'
    for page in (
        browser.get("/sign-in", query_string={"next": attack}),
        browser.post("/sign-in/code", data={"email": attack, "next": attack}),
        browser.post("/sign-in", data={"email": attack, "code": "1", "next": attack}),
    ):
        assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/classes?day=2026-09-01", "/classes?day=2026-09-01"),
        ("", "/pass"),
        ("https://evil.example/", "/pass"),
        ("//evil.example/", "/pass"),
        ("/\\evil.example/", "/pass"),
        ("/\t/evil.example/", "/pass"),
        ("\n//evil.example", "/pass"),
        ("javascript:alert(1)", "/pass"),
        ("pass", "/pass"),
    ],
)
def test_redirects_stay_on_this_site(address: str, target: str) -> None:
    assert sign_in_rules.local_path(address) == target


def test_staff_sign_in_with_a_password_and_out_everywhere(app: Flask) -> None:
    with writing() as session:
        roles_service.create_admin(
            session,
            email="boss@example.org",
            name="Boss",
            password="correct horse battery",
            now=utc_now(),
        )
    first_browser, second_browser = a_browser(app), a_browser(app)
    credentials = {"email": "boss@example.org", "password": "correct horse battery"}
    form = credentials | {"next": "/me"}
    assert (
        first_browser.post("/sign-in/password", data=form | {"password": "wrong"}).status_code
        == 401
    )
    assert first_browser.post("/sign-in/password", data=form).location == "/me"
    assert second_browser.post("/api/v1/sign-in/password", json=credentials).status_code == 204
    assert "Administrator" in first_browser.get("/me?lang=en").text
    assert first_browser.post("/sign-out", data={"everywhere": "1"}).location == (
        "/sign-in?done=everywhere"
    )
    assert [
        browser.get("/api/v1/me").status_code for browser in (first_browser, second_browser)
    ] == [401, 401]


def test_the_own_page_shows_affiliations_and_proofs(app: Flask) -> None:
    member_id = a_person()
    browser = signed_in(app, member_id)
    assert browser.post("/me", data={"language": "en"}).status_code == 303
    for institution, role in (("metropolia", "student"), ("arcada", "staff")):
        claim = {"institution": institution, "role": role, "study_region": "capital"}
        assert [browser.post("/me/affiliations", data=claim).status_code for _tap in range(2)] == [
            303,
            303,
        ]
    page = browser.get("/me").text
    assert "not proven yet" in page
    assert "not part of the service" in page
    prove_first_claim(member_id)
    assert "proven until" in browser.get("/me").text


def prove_first_claim(member_id: int) -> None:
    today = helsinki_date(utc_now())
    with writing() as session:
        affiliation = (
            session.execute(select(Affiliation.id).order_by(Affiliation.id)).scalars().first()
        )
        assert affiliation is not None
        eligibility.add_proof(
            session,
            affiliation,
            source="term sticker",
            valid_from=today,
            valid_until=today + timedelta(days=90),
            now=utc_now(),
            recorded_by=member_id,
        )


def test_every_page_opens_in_every_language(app: Flask, browser: FlaskClient) -> None:
    inside = signed_in(app, a_person())
    for language in LANGUAGES:
        for path in ("/sign-in", "/sign-in/password"):
            page = browser.get(path, query_string={"lang": language})
            assert (page.status_code, f'<html lang="{language}">' in page.text) == (200, True)
        assert f'<html lang="{language}">' in inside.get(f"/me?lang={language}").text


def test_json_signs_in_and_out(browser: FlaskClient) -> None:
    sent = browser.post("/api/v1/sign-in/code", json={"email": EMAIL})
    assert (sent.status_code, sent.json) == (202, {"minutes": 10})
    code = mailed_code()
    assert browser.post("/api/v1/sign-in", json={"email": EMAIL, "code": "1"}).status_code == 401
    assert browser.post("/api/v1/sign-in", json={"email": EMAIL, "code": code}).status_code == 204
    changed = browser.patch("/api/v1/me", json={"name": "Aino", "language": "fi"})
    assert changed.json is not None
    assert changed.json["name"] == "Aino"
    assert changed.json["roles"] == []
    assert browser.delete("/api/v1/me/session").status_code == 204
    assert browser.get("/api/v1/me").status_code == 401


def test_json_signs_out_on_every_device(app: Flask) -> None:
    member_id = a_person()
    phone, desktop = signed_in(app, member_id), signed_in(app, member_id)
    assert phone.delete("/api/v1/me/sessions").status_code == 204
    assert [device.get("/api/v1/me").status_code for device in (phone, desktop)] == [401, 401]


def test_invalid_json_names_its_fields(browser: FlaskClient) -> None:
    refused = browser.post("/api/v1/sign-in", json={"email": 7, "surprise": True})
    assert refused.status_code == 422
    assert refused.json is not None
    assert set(refused.json["fields"]["json"]) == {"email", "code", "surprise"}


def test_a_person_claims_an_affiliation_once(app: Flask) -> None:
    browser = signed_in(app, a_person())
    claim = {"institution": "laurea", "role": "staff"}
    created = browser.post("/api/v1/me/affiliations", json=claim)
    assert created.status_code == 201
    assert created.json is not None
    assert [
        (affiliation["institution"], affiliation["proven_until"])
        for affiliation in created.json["affiliations"]
    ] == [("laurea", None)]
    assert browser.post("/api/v1/me/affiliations", json=claim).status_code == 409
    assert (
        browser.post(
            "/api/v1/me/affiliations", json=claim | {"institution": "hogwarts"}
        ).status_code
        == 422
    )


def test_the_desk_records_where_a_person_studies_and_the_proof_of_it(app: Flask) -> None:
    a_person(email=EMAIL)
    desk = signed_in(app, a_person("desk"))
    person = desk.post("/api/v1/members/searches", json={"email": "AINO@example.org"}).json
    assert person is not None
    base, today = f"/api/v1/members/{person['id']}", helsinki_date(utc_now())
    recorded = desk.post(
        f"{base}/affiliations", json={"institution": "metropolia", "role": "student"}
    ).json
    assert recorded is not None
    proof = {
        "affiliation": recorded["affiliations"][0]["id"],
        "source": "term sticker",
        "valid_from": today.isoformat(),
        "valid_until": (today + timedelta(days=90)).isoformat(),
    }
    proven = desk.post(f"{base}/proofs", json=proof).json
    assert proven is not None
    assert proven["roles"] == ["student"]
    assert proven["affiliations"][0]["proven_until"] == proof["valid_until"]
    assert (
        desk.post(f"{base}/proofs", json=proof | {"valid_until": "2020-01-01"}).status_code == 422
    )
    with reading() as session:
        assert session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all() == [
            "member.view",
            "affiliation.record",
            "proof.record",
        ]


def test_a_proof_is_only_recorded_for_its_own_person(app: Flask) -> None:
    a_person(email=EMAIL)
    a_person(email="vaino@example.org")
    desk = signed_in(app, a_person("desk"))
    aino, vaino = (
        desk.post("/api/v1/members/searches", json={"email": e}).json
        for e in (EMAIL, "vaino@example.org")
    )
    assert aino is not None
    assert vaino is not None
    claim = {"institution": "laurea", "role": "student"}
    claimed = desk.post(f"/api/v1/members/{aino['id']}/affiliations", json=claim).json
    assert claimed is not None
    proof = {
        "affiliation": claimed["affiliations"][0]["id"],
        "source": "card",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
    }
    assert desk.post(f"/api/v1/members/{vaino['id']}/proofs", json=proof).status_code == 404
    nobody = desk.post("/api/v1/members/searches", json={"email": "nobody@example.org"})
    assert nobody.status_code == 404


def test_an_admin_gives_and_takes_roles_and_the_holder_is_signed_out(app: Flask) -> None:
    member_id = a_person(email=EMAIL)
    holder, admin = signed_in(app, member_id), signed_in(app, a_person("admin"))
    person = admin.post("/api/v1/members/searches", json={"email": EMAIL}).json
    assert person is not None
    roles = f"/api/v1/members/{person['id']}/roles"
    change = {"role": "desk", "reason": "summer help"}
    assert holder.post(roles, json=change).status_code == 403, "nobody makes themselves staff"
    granted = admin.post(roles, json=change)
    assert granted.json is not None
    assert granted.json["roles"] == ["desk"]
    found = holder.post("/api/v1/members/searches", json={"email": EMAIL})
    assert found.status_code == 200
    assert admin.delete(roles, query_string=change).status_code == 200
    assert holder.get("/api/v1/me").status_code == 401
    assert admin.delete(roles, query_string=change).status_code == 404
    with reading() as session:
        deeds = select(AuditRow.action, AuditRow.reason).where(AuditRow.action.startswith("role."))
        rows = session.execute(deeds.order_by(AuditRow.id)).all()
    assert [tuple(row) for row in rows] == [
        ("role.give", "summer help"),
        ("role.take", "summer help"),
    ]


def test_the_institutions_are_offered_by_name(app: Flask) -> None:
    browser = signed_in(app, a_person())
    with reading() as session:
        names = session.scalars(select(Institution.name)).all()
    page = browser.get("/me").text
    assert len(names) == 6
    assert all(f">{name}</option>" in page for name in names)


def test_an_emptied_name_is_removed(app: Flask) -> None:
    client = signed_in(app, a_person())
    assert client.post("/me", data={"name": "Aino Esimerkki", "language": "en"}).status_code == 303
    assert client.get("/api/v1/me").get_json()["name"] == "Aino Esimerkki"
    assert client.post("/me", data={"name": "", "language": "en"}).status_code == 303
    assert client.get("/api/v1/me").get_json()["name"] == ""


@pytest.mark.parametrize("name", ["   ", "\u200b", "\u034f", "\u3164\u00ad"])
def test_a_name_of_which_nothing_is_seen_is_none(app: Flask, name: str) -> None:
    member_id = a_person()
    browser = signed_in(app, member_id)
    for by_page in (False, True):
        assert browser.patch("/api/v1/me", json={"name": "Aino"}).status_code == 200
        if by_page:
            browser.post("/me", data={"name": name, "language": "en"})
        else:
            browser.patch("/api/v1/me", json={"name": name})
        assert browser.get("/api/v1/me").get_json()["name"] == ""
        assert "Tell us your name" in browser.get("/me?lang=en").text
