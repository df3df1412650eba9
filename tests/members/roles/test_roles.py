"""Roles: who may give which, and that one administrator always stays."""

import re
import uuid
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.world.people import a_browser, a_member, a_person, an_actor, signed_in
from tests.world.races import outcomes
from zone.core.audit import service as audit
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.members.roles import queries as roles_queries
from zone.members.roles import rules as roles_rules
from zone.members.roles import service as roles_service
from zone.members.roles.models import RoleGrant


def someone(*roles: str) -> tuple[int, uuid.UUID]:
    with writing() as session:
        member = a_member(session)
        for role in roles:
            roles_service.grant_role(session, member.id, role, utc_now())
        return member.id, member.public_id


def roles_of(member_id: int) -> frozenset[str]:
    with reading() as session:
        return roles_queries.service_roles(session, member_id)


def test_a_manager_gives_a_role_with_a_reason_that_stays_on_record(app: Flask) -> None:
    manager, (member_id, person) = a_person(app, "manager"), someone()
    response = manager.post(
        f"/manage/people/{person}/roles", data={"role": "desk", "reason": "Starts on Monday"}
    )
    assert (response.status_code, set(roles_of(member_id))) == (303, {"desk"})
    page = manager.get(f"/manage/people/{person}?lang=en").text
    assert "Starts on Monday" in page
    assert "Starts on Monday" in manager.get(f"/manage/audit?object={person}").text
    manager.post(f"/manage/people/{person}/roles", data={"role": "desk", "reason": "Again"})
    with reading() as session:
        assert session.scalars(
            select(AuditRow.reason).where(AuditRow.action == "role.give")
        ).all() == ["Starts on Monday"]


def test_taking_a_role_signs_its_holder_out_at_once(app: Flask) -> None:
    manager, (member_id, person) = a_person(app, "manager"), someone("desk")
    holder = signed_in(app, member_id)
    assert holder.get("/me").status_code == 200
    manager.post(
        f"/manage/people/{person}/roles", data={"role": "desk", "reason": "Left", "take": "1"}
    )
    assert roles_of(member_id) == frozenset()
    assert holder.get("/api/v1/me").status_code == 401


def test_a_second_tap_on_taking_a_role_is_no_error(app: Flask) -> None:
    manager, (member_id, person) = a_person(app, "manager"), someone("desk")
    form = {"role": "desk", "reason": "Left", "take": "1"}
    taps = [manager.post(f"/manage/people/{person}/roles", data=form).status_code for _ in range(2)]
    assert (taps, roles_of(member_id)) == ([303, 303], frozenset())
    assert manager.post(f"/manage/people/{uuid.uuid4()}/roles", data=form).status_code == 404


def test_a_manager_makes_no_administrator_and_takes_none_away(app: Flask) -> None:
    manager, (_, person), (admin_id, admin) = a_person(app, "manager"), someone(), someone("admin")
    for target, take in ((person, {}), (admin, {"take": "1"})):
        form = {"role": "admin", "reason": "Because"} | take
        refused = manager.post(f"/manage/people/{target}/roles?lang=en", data=form)
        assert (refused.status_code, "Only an administrator" in refused.text) == (403, True)
        assert 'value="Because"' in refused.text or take
    assert (
        manager.post(
            f"/api/v1/members/{person}/roles", json={"role": "admin", "reason": "x"}
        ).status_code
        == 403
    )
    assert roles_of(admin_id) == {"admin"}


def test_the_last_administrator_stays(app: Flask) -> None:
    admin_id, person = someone("admin")
    admin = signed_in(app, admin_id)
    refused = admin.post(
        f"/manage/people/{person}/roles?lang=en", data={"role": "admin", "reason": "x", "take": "1"}
    )
    assert (refused.status_code, "last administrator" in refused.text) == (409, True)
    answer = admin.delete(f"/api/v1/members/{person}/roles?role=admin&reason=x")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "last_admin")
    someone("admin")
    assert admin.delete(f"/api/v1/members/{person}/roles?role=admin&reason=x").status_code == 200


def administrators_left(app: Flask, count: int = 4) -> int:
    """Let several administrators remove one another at once; return how many are left."""
    ids = [someone("admin")[0] for _ in range(count)]

    def taking(member_id: int) -> Callable[[], object]:
        def take() -> None:
            with writing() as session:
                roles_service.revoke_role(session, member_id, "admin", utc_now())

        return take

    outcomes(app, [taking(member_id) for member_id in ids])
    with reading() as session:
        live = select(RoleGrant.id).where(RoleGrant.role == "admin", RoleGrant.revoked_at.is_(None))
        return len(session.scalars(live).all())


@pytest.mark.engines("sqlite", "postgresql")
def test_administrators_who_remove_each_other_at_once_leave_one(app: Flask) -> None:
    assert administrators_left(app) == 1


@pytest.mark.planted_fault("the last administrator may go")
def test_without_the_check_the_last_administrator_is_removed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles_service, "live_admins", lambda _session: {-1, -2})
    assert administrators_left(app) == 0


BAD: tuple[dict[str, str], ...] = (
    {"role": "emperor", "reason": "x"},
    {"role": "desk", "reason": "  "},
    {"role": "desk", "reason": "x" * 201},
    {},
)


def test_an_invalid_form_gives_no_role(app: Flask) -> None:
    manager, (member_id, person) = a_person(app, "manager"), someone()
    for form in BAD:
        assert manager.post(f"/manage/people/{person}/roles", data=form).status_code == 422, form
    assert roles_of(member_id) == frozenset()
    assert (
        manager.post(
            f"/manage/people/{uuid.uuid4()}/roles", data={"role": "desk", "reason": "x"}
        ).status_code
        == 404
    )
    assert manager.get(f"/manage/people/{uuid.uuid4()}").status_code == 404
    assert manager.post("/manage/people", data={"email": "nobody@example.org"}).status_code == 422


def test_people_and_audit_pages_are_for_managers(app: Flask) -> None:
    _, person = someone("desk")
    for path in (
        "/manage/people",
        f"/manage/people/{person}",
        "/manage/audit",
        "/manage/audit?object=x",
    ):
        for language in ("fi", "sv", "en"):
            assert (
                a_person(app, "manager")
                .get(f"{path}{'&' if '?' in path else '?'}lang={language}")
                .status_code
                == 200
            )
        assert a_person(app, "desk").get(path).status_code == 403
        assert a_browser(app).get(path).status_code == 401


def test_the_audit_is_paged_and_an_unknown_row_is_refused(app: Flask) -> None:
    manager, (_, person) = a_person(app, "manager"), someone()
    with writing() as session:
        for number in range(60):
            audit.record_action(
                session,
                actor_id=None,
                action="test",
                object_kind="member",
                object_id=person,
                reason=f"row {number}.",
                now=utc_now(),
            )
    first = manager.get("/manage/audit").text
    assert ("row 59." in first, "row 9." in first) == (True, False)
    older = re.search(r"/manage/audit\?after=([0-9a-f-]+)", first)
    assert older is not None
    assert "row 9." in manager.get(older[0]).text
    assert manager.get("/manage/audit?after=nonsense").status_code == 400
    assert manager.get(f"/manage/audit?after={uuid.uuid4()}").status_code == 404


def test_a_role_that_nobody_holds_cannot_be_taken(app: Flask) -> None:
    someone("admin")
    member_id, _ = someone()
    with writing() as session, pytest.raises(DomainError, match="not_found"):
        roles_service.revoke_role(session, member_id, "admin", utc_now())
    assert not roles_rules.may_grant(an_actor(1, "desk"), "desk")


def test_my_page_links_receipts_export_and_sign_out(app: Flask) -> None:
    page = a_person(app).get("/me?lang=en").text
    for words in (
        "/receipts",
        "/api/v1/me/export",
        "How to prove it",
        "Sign out on all my devices",
    ):
        assert words in page


def check_a_change_of_roles_is_told(app: Flask) -> None:
    """Check that the person and each administrator get a mail, and the giver's name is in it."""
    with writing() as session:
        session.execute(delete(OutboxMail))
    admin_id, _ = someone("admin")
    someone("admin")
    _, person = someone()
    admin = signed_in(app, admin_id)
    path, change = f"/api/v1/members/{person}/roles", {"role": "admin", "reason": "summer help"}
    assert admin.post(path, json=change).status_code == 201
    assert admin.delete(path, query_string=change).status_code == 200
    with reading() as session:
        mails = session.execute(select(OutboxMail.template, OutboxMail.body)).all()
    assert sorted(mail.template for mail in mails) == [
        "members/role_given",
        *["members/role_of_other_given"] * 2,
        *["members/role_of_other_taken"] * 2,
        "members/role_taken",
    ]
    assert all("summer help" in mail.body and "Testi Henkilö" in mail.body for mail in mails)
    assert all("pääkäyttäjä" in mail.body for mail in mails)


@pytest.mark.engines("sqlite")
def test_a_change_of_roles_is_told(app: Flask) -> None:
    check_a_change_of_roles_is_told(app)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("administrators are not told")
def test_administrators_who_are_not_told_fail_the_check(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles_queries, "other_admins", lambda *_: [])
    with pytest.raises(AssertionError):
        check_a_change_of_roles_is_told(app)


@pytest.mark.engines("sqlite")
def test_an_administrator_made_by_a_command_is_told_to_the_others(app: Flask) -> None:
    someone("admin")
    with writing() as session:
        done = roles_service.create_admin(
            session,
            email="new@example.org",
            name="New",
            password="seven quiet lamps outside",
            now=utc_now(),
        )
    assert (done.is_new, done.was_admin) == (True, False)
    with reading() as session:
        mails = session.execute(select(OutboxMail.template, OutboxMail.body)).all()
    assert sorted(mail.template for mail in mails) == [
        "members/role_given",
        "members/role_of_other_given",
    ]
    assert all("palvelimen ylläpito" in mail.body for mail in mails)
