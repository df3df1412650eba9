"""Eligibility, addresses, roles, and the append-only audit."""

import itertools
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import IntegrityError

from tests.world.people import a_member, the_alliance
from zone.core.audit import service as audit
from zone.core.audit.models import AuditRow
from zone.core.db.append_only import append_only_statements
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.affiliations import queries as affiliations_queries
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import queries as eligibility_queries
from zone.members.eligibility import rules as eligibility_rules
from zone.members.eligibility import service as eligibility
from zone.members.institutions.models import Institution
from zone.members.people import queries as people_queries
from zone.members.people import rules as people_rules
from zone.members.people.models import Member
from zone.members.roles import queries as roles_queries
from zone.members.roles import service as roles
from zone.members.roster_marks import service as roster_marks
from zone.members.roster_marks.models import RosterMark

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
TODAY = date(2026, 9, 1)
TERM_ENDS = date(2026, 12, 31)

WHO_MAY = [
    ("haaga-helia", "student", None, True),
    ("laurea", "staff", None, True),
    ("metropolia", "student", "elsewhere", True),
    ("arcada", "student", None, True),
    ("arcada", "staff", None, False),
    ("diak", "student", "capital", True),
    ("diak", "student", "elsewhere", False),
    ("diak", "student", None, False),
    ("humak", "student", "capital", True),
    ("humak", "staff", "capital", False),
    ("metropolia", "alumnus", None, False),
]


@pytest.mark.parametrize(("code", "role", "region", "may"), WHO_MAY)
def test_the_agreement_says_who_may_use_the_service(
    code: str, role: str, region: str | None, may: bool
) -> None:
    students, staff, only = the_alliance()[code]
    institution = Institution(
        code=code, name=code, admits_students=students, admits_staff=staff, study_region=only
    )
    assert eligibility_rules.admits(institution, role, region) is may


def proven(
    code: str, role: str, region: str | None = None, *, first: date = TODAY, last: date = TERM_ENDS
) -> int:
    """Create a person with one proven affiliation; return their id."""
    with writing() as session:
        member = a_member(session)
        affiliation = affiliations.add_affiliation(
            session, member.id, institution_code=code, role=role, study_region=region
        )
        eligibility.add_proof(
            session,
            affiliation.id,
            source="term sticker",
            valid_from=first,
            valid_until=last,
            now=NOW,
            recorded_by=None,
        )
        return member.id


def eligible_on(member_id: int, day: date) -> list[eligibility_queries.Eligibility]:
    with reading() as session:
        return eligibility_queries.eligibility(session, member_id, day)


def test_a_proof_holds_on_its_first_and_its_last_day_and_not_beyond(app: Flask) -> None:
    member_id = proven("metropolia", "student")
    assert eligible_on(member_id, TODAY - timedelta(days=1)) == []
    for day in (TODAY, TERM_ENDS):
        assert eligible_on(member_id, day) == [
            eligibility_queries.Eligibility("metropolia", "student", TODAY, TERM_ENDS)
        ]
    assert eligible_on(member_id, TERM_ENDS + timedelta(days=1)) == []


def test_a_proof_of_what_the_agreement_does_not_cover_gives_nothing(app: Flask) -> None:
    assert eligible_on(proven("arcada", "staff"), TODAY) == []
    assert eligible_on(proven("diak", "student"), TODAY) == []


def test_an_unproven_affiliation_gives_no_right(app: Flask) -> None:
    with writing() as session:
        member = a_member(session)
        affiliations.add_affiliation(
            session, member.id, institution_code="metropolia", role="student", study_region=None
        )
    assert eligible_on(member.id, TODAY) == []
    with reading() as session:
        claim = affiliations_queries.affiliations_of(session, member.id, TODAY)[0]
    assert (claim.institution_name, claim.admitted, claim.proven_until) == (
        "metropolia",
        True,
        None,
    )


def test_a_withdrawn_proof_ends_at_once_and_stays_on_record(app: Flask) -> None:
    member_id = proven("laurea", "staff")
    with writing() as session:
        proof_id = session.execute(text("SELECT id FROM eligibility_proof")).scalar_one()
        eligibility.add_withdrawal(session, proof_id, reason="left", now=NOW, recorded_by=None)
    assert eligible_on(member_id, TODAY) == []
    with pytest.raises(DomainError, match="proof_already_withdrawn"), writing() as session:
        eligibility.add_withdrawal(session, proof_id, reason="again", now=NOW, recorded_by=None)
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM eligibility_proof")).scalar_one() == 1


def test_each_wrong_claim_is_refused_with_its_own_code(app: Flask) -> None:
    member_id = proven("laurea", "staff")

    def claim(code: str, role: str) -> None:
        with writing() as session:
            affiliations.add_affiliation(
                session, member_id, institution_code=code, role=role, study_region=None
            )

    for code, role, expected in (
        ("hogwarts", "student", "institution_unknown"),
        ("laurea", "alumnus", "affiliation_role_unknown"),
        ("laurea", "staff", "affiliation_exists"),
    ):
        with pytest.raises(DomainError, match=expected):
            claim(code, role)


def test_a_proof_cannot_end_before_it_begins(app: Flask) -> None:
    with pytest.raises(DomainError, match="proof_dates_reversed"):
        proven("laurea", "staff", first=TERM_ENDS, last=TODAY)


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_itself_refuses_reversed_proof_dates(app: Flask) -> None:
    proven("laurea", "staff")
    with pytest.raises(DomainError, match="proof_dates_reversed"), writing() as session:
        session.execute(text("UPDATE eligibility_proof SET valid_until = '2000-01-01'"))


AWKWARD = [
    *(
        "".join(some)
        for length in (1, 2, 3)
        for some in itertools.product('a.:;,<>()[]\\"=?%-', repeat=length)
    ),
    "=?utf-8?b?!!!?=",
    "=?utf-8?q?a=0d=0ax=3a?=",
]


def check_every_address_fits_a_mail() -> None:
    """Check that every address which sign-in accepts can be written into a mail."""
    for local in AWKWARD:
        mail = EmailMessage()
        try:
            to = people_rules.normalize_email(f"{local}@example.org")
        except DomainError:
            continue
        try:
            mail["To"] = to
        except (
            AttributeError,
            IndexError,
            TypeError,
            ValueError,
        ) as error:  # how the header's parser gives up
            raise AssertionError(to) from error
        assert [address.addr_spec for address in mail["To"].addresses] == [to]


def test_every_address_fits_a_mail() -> None:
    check_every_address_fits_a_mail()


@pytest.mark.planted_fault("any printable address is accepted")
def test_with_any_printable_address_a_mail_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_rules, "_EMAIL", re.compile(r"[!-~]+@[a-z0-9-]+(\.[a-z0-9-]+)+"))
    with pytest.raises(AssertionError):
        check_every_address_fits_a_mail()


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@b", "a@@b.fi", "a b@c.fi", "å@b.fi", "a@b.fi\nBcc: c@d.fi", f"{'a' * 250}@b.fi"],
)
def test_an_invalid_address_is_refused(email: str) -> None:
    with pytest.raises(DomainError, match="email_invalid"):
        people_rules.normalize_email(email)


def test_one_address_in_two_spellings_is_one_person(app: Flask) -> None:
    with writing() as session:
        a_member(session, email="Aino@Example.org")
    with pytest.raises(DomainError, match="member_exists"), writing() as session:
        a_member(session, email=" aino@example.ORG ")
    with reading() as session:
        member = people_queries.member_by_email(session, "AINO@example.org")
    assert member is not None
    assert member.email == "aino@example.org"


def test_a_role_is_granted_once_and_can_be_taken_and_given_again(app: Flask) -> None:
    with writing() as session:
        member = a_member(session)
        for _ in range(2):
            roles.grant_role(session, member.id, "desk", NOW)
        assert roles_queries.service_roles(session, member.id) == {"desk"}
        roles.revoke_role(session, member.id, "desk", NOW)
        assert roles_queries.service_roles(session, member.id) == frozenset()
        roles.grant_role(session, member.id, "desk", NOW)
        assert roles_queries.service_roles(session, member.id) == {"desk"}
    with pytest.raises(DomainError, match="role_unknown"), writing() as session:
        roles.grant_role(session, member.id, "emperor", NOW)
    with pytest.raises(DomainError, match="role_already_held"), writing() as session:
        session.execute(
            text("INSERT INTO role_grant (member_id, role, granted_at) VALUES (:m, 'desk', :t)"),
            {"m": member.id, "t": "2026-09-01 09:00:00"},
        )


def test_a_changed_person_is_marked_once_for_the_doors(app: Flask) -> None:
    with writing() as session:
        first, second = a_member(session).id, a_member(session).id
        roster_marks.mark_roster(session, [second, first, second], NOW)
        roster_marks.mark_roster(session, [], NOW)
    with reading() as session:
        marks = session.execute(select(RosterMark.member_id, RosterMark.version)).all()
    assert sorted(tuple(mark) for mark in marks) == [(first, None), (second, None)]


def audited() -> None:
    """One audited action."""
    with writing() as session:
        audit.record_action(
            session,
            actor_id=None,
            action="price.change",
            object_kind="product",
            object_id=7,
            before={"cents": 100},
            after={"cents": 200},
            reason="new term",
            now=NOW,
        )


def check_the_audit_stays() -> None:
    """Check that an audit row can be neither changed nor deleted."""
    for fault in (update(AuditRow).values(reason="other"), delete(AuditRow)):
        with pytest.raises(IntegrityError), writing() as session:
            session.execute(fault)
    with reading() as session:
        assert (
            session.scalar(
                select(func.count()).select_from(AuditRow).where(AuditRow.reason == "new term")
            )
            == 1
        )


@pytest.mark.engines("sqlite", "postgresql")
def test_an_audit_row_is_neither_changed_nor_deleted(app: Flask) -> None:
    audited()
    check_the_audit_stays()


@pytest.mark.own_database
@pytest.mark.planted_fault("no triggers on the audit")
@pytest.mark.engines("sqlite", "postgresql")
def test_without_the_triggers_the_audit_can_be_rewritten(app: Flask, engine_name: str) -> None:
    audited()
    with writing() as session:
        for statement in append_only_statements("audit", engine_name):
            words = statement.split()
            if words[1] == "TRIGGER":
                on = " ON audit" if engine_name == "postgresql" else ""
                session.execute(text(f"DROP TRIGGER {words[2]}{on}"))
    with pytest.raises(pytest.fail.Exception):
        check_the_audit_stays()


def test_an_audit_row_stores_before_and_after(app: Flask) -> None:
    audited()
    with reading() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.object_id, row.before, row.after) == ("7", '{"cents": 100}', '{"cents": 200}')


def test_an_unknown_person_is_not_found(app: Flask) -> None:
    with reading() as session:
        with pytest.raises(DomainError, match="not_found"):
            people_queries.member_by_public_id(session, uuid.uuid4())
        with pytest.raises(DomainError, match="not_found"):
            people_queries.member_by_id(session, 4711)
        assert people_queries.member_by_email(session, "nobody@example.org") is None


def test_every_person_has_a_pseudonym_of_their_own(app: Flask) -> None:
    with writing() as session:
        for _ in range(20):
            a_member(session)
    with reading() as session:
        holders = session.scalars(select(Member.holder)).all()
    assert len(set(holders)) == 20
