"""Rows of people, mail and attempts that the database refuses, each by a named constraint."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.world.people import a_member
from zone.core.db.constraints import constraint_name
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.members.affiliations import service as affiliations

MAIL = (
    "INSERT INTO outbox (public_id, recipient, template, subject, body, created_at, due_at,"
    " attempts, state, dedupe, language)"
    " VALUES ('{n}0000000000000000000000000000000', 'a', 't', 's', 'b', {now}, {now}, 0,"
    " '{state}', '{dedupe}', 'en')"
)
NOW = "'2026-09-01 09:00:00'"
TRY = f"INSERT INTO tries (subject, starts_at, ends_at, made) VALUES ({{x}}, {NOW}, {NOW}, 1)"
BYTES = {"sqlite": "x'ab'", "postgresql": "'\\xab'::bytea"}

REFUSED = [
    ("uq_member_email", ["UPDATE member SET email = 'same@example.org'"]),
    ("uq_member_holder", ["UPDATE member SET holder = 7"]),
    ("uq_institution_code", ["UPDATE institution SET code = 'same'"]),
    ("ck_affiliation_role", ["UPDATE affiliation SET role = 'alumnus'"]),
    ("uq_affiliation_member_id_institution_id_role", ["UPDATE affiliation SET institution_id = 1"]),
    (
        "ck_role_grant_role",
        [f"INSERT INTO role_grant (member_id, role, granted_at) VALUES (1, 'emperor', {NOW})"],
    ),
    ("ck_outbox_state", [MAIL.format(n=1, now=NOW, state="lost", dedupe="a")]),
    ("uq_outbox_dedupe", [MAIL.format(n=n, now=NOW, state="waiting", dedupe="a") for n in (1, 2)]),
    ("uq_tries_subject_starts_at", [TRY, TRY]),
]


def test_the_database_refuses_invalid_rows_by_constraint(app: Flask, engine_name: str) -> None:
    with writing() as session:
        first, _second = a_member(session), a_member(session)
        for code in ("laurea", "metropolia"):
            affiliations.add_affiliation(
                session, first.id, institution_code=code, role="student", study_region=None
            )
    for constraint, statements in REFUSED:
        assert refusal(engine_name, statements) == constraint
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM member")).scalar_one() == 2


def refusal(engine_name: str, statements: list[str]) -> str | None:
    """The constraint that stopped these statements."""
    with pytest.raises((IntegrityError, DomainError)) as refused, writing() as session:
        for statement in statements:
            session.execute(text(statement.format(x=BYTES[engine_name]).replace("::", "\\:\\:")))
    error = refused.value if isinstance(refused.value, IntegrityError) else refused.value.__cause__
    assert isinstance(error, IntegrityError)
    return constraint_name(error)
