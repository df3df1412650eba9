"""Any call of any operation gets an answer that the document names, and never a 5xx."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.api.attempts import SEVERAL, Found, attempt
from tests.world.actors import ACTORS, Caller, a_caller
from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.demo import example
from zone.members.people.models import Member
from zone.operation.reference_data import service as reference_data
from zone.web import openapi

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


@pytest.fixture
def service(settings: Settings) -> Iterator[Flask]:
    """Yield the demo's service with an HTTPS address, so that the cookie has its published name."""
    app = create_app(replace(settings, base_url="https://localhost"))
    with app.app_context():
        with writing() as session:
            reference_data.load(session, utc_now())
            example.load(session, settings, utc_now())
        yield app
        db.engine.dispose()


def somebody_with_everything(app: Flask) -> Caller:
    """Make a student with a proof, a pass and every service role."""
    caller = a_caller(app, "everyone")
    with writing() as session:
        member = session.get_one(Member, caller.member_id)
        example.prove(session, member, "metropolia", "student", utc_now())
        example.give_pass(session, member, "sports-term", utc_now())
    return caller


def labels(app: Flask) -> set[str]:
    found = openapi.document(app)
    return {f"{method.upper()} {path}" for path, item in found["paths"].items() for method in item}


def check_only_what_is_documented(found: Found) -> None:
    """Check that schemathesis, with every check it has, finds nothing."""
    assert found.faults == {}


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
def test_no_boundary_of_any_field_brings_an_operation_down(service: Flask) -> None:
    found = attempt(service, somebody_with_everything(service), thorough=True)
    check_only_what_is_documented(found)
    assert set(found.answers) - {SEVERAL} == labels(service), "every operation was tried"
    assert len(found.succeeded()) > 0.6 * len(found.answers), "and most did what they are for"


@pytest.mark.thorough
@pytest.mark.engines("postgresql", thorough="sqlite")  # which takes fewer values
@pytest.mark.parametrize("most", [1, 3])
def test_examples_and_random_input_find_nothing_on_either_engine(service: Flask, most: int) -> None:
    check_only_what_is_documented(
        attempt(service, somebody_with_everything(service), thorough=False, most=most)
    )


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("kind", ACTORS)
def test_whoever_calls_is_answered_as_documented(service: Flask, kind: str) -> None:
    caller = a_caller(service, kind)
    check_only_what_is_documented(attempt(service, caller, thorough=False, most=2))


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("check", "operation", "where", "name", "fault"),
    [
        (
            "not_a_server_error",
            "members_show_me",
            "zone.members.people.api",
            "person_view",
            lambda *_: 1 / 0,
        ),
        (
            "response_schema_conformance",
            "members_show_me",
            "zone.members.people.api",
            "_with_csrf_token",
            lambda *_: {"name": None},
        ),
        ("ignored_auth", "doors_list_areas", "zone.web.auth", "check", lambda *_: None),
        (
            "status_code_conformance",
            "members_find_member",
            "zone.web.openapi",
            "refusals_of",
            lambda _view: (),
        ),
    ],
    ids=["a crash", "a wrong answer", "an open door", "an undocumented refusal"],
)
@pytest.mark.planted_fault("one fault of each kind")
def test_an_operation_with_a_fault_fails_the_check(
    service: Flask,
    monkeypatch: pytest.MonkeyPatch,
    check: str,
    operation: str,
    where: str,
    name: str,
    fault: object,
) -> None:
    caller = somebody_with_everything(service)
    monkeypatch.setattr(f"{where}.{name}", fault)
    found = attempt(service, caller, thorough=False, only=operation)
    assert len(found.answers) == 1, "no other operation was called"
    assert check in {failed for _label, failed in found.faults}
    with pytest.raises(AssertionError):
        check_only_what_is_documented(found)
