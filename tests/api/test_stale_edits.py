"""An edit of an older version that differs in nothing is no conflict, and no change."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import ValidationError, class_registry, validate
from sqlalchemy import func, select

from tests.stored import stored
from tests.world.people import a_person
from tests.world.site import Site, build
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading
from zone.core.errors import edited_meanwhile
from zone.web.fields import LongText, String, Verbatim

pytestmark = pytest.mark.engines("sqlite")

ADDRESS = {"street": "Esimerkkikatu 1", "postal_code": "00920", "city": "Helsinki"}


@pytest.fixture
def site(app: Flask) -> Site:
    return stored(build)


@pytest.fixture
def manager(app: Flask, site: Site) -> FlaskClient:
    return a_person(app, "manager")


def edits(manager: FlaskClient, site: Site) -> dict[str, tuple[str, dict[str, Any], int]]:
    """Return (method, JSON without its version, first version) of one edit for each address."""
    area = manager.get("/api/v1/areas").get_json()["areas"][0]["id"]
    policy = manager.get("/api/v1/booking-policy").get_json() | {"open_bookings": 9}
    service = manager.get("/api/v1/service").get_json() | {"name": "Ilo"}
    return {
        "/campuses/myllypuro": ("PATCH", ADDRESS, 1),
        f"/spaces/{site.world.court_1}": ("PATCH", {"companions": 1}, 1),
        f"/areas/{area}": ("PATCH", {"sensitive": True, "spaces": []}, 1),
        f"/doors/{site.studio_door}": ("PATCH", {"strike_ms": 4000}, 1),
        "/booking-policy": ("PUT", policy, 1),
        "/booking-policies": ("PUT", {"affiliated_as": "staff", "opens_days": 10}, 1),
        "/service": ("PUT", service, 0),
    }


def audit_rows() -> int:
    with reading() as session:
        return session.scalars(select(func.count(AuditRow.id))).one()


def test_the_same_edit_again_is_no_conflict(manager: FlaskClient, site: Site) -> None:
    for path, (method, values, version) in edits(manager, site).items():
        body = values | {"version": version}
        saved = manager.open(f"/api/v1{path}", method=method, json=body)
        assert saved.status_code == 200, (path, saved.json)
        before = audit_rows()
        again = manager.open(f"/api/v1{path}", method=method, json=body)
        assert (again.status_code, again.json) == (200, saved.json), path
        assert audit_rows() == before, path


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_refusal_that_knows_of_no_difference_names_none(language: str) -> None:
    cases: tuple[list[str], ...] = ([], ["name"])
    for names in cases:
        refusal = edited_meanwhile(2, names)
        text = refusal.reasons[0].text(language, refusal.params)
        assert "–" not in text
        assert all(name in text for name in names)
        assert refusal.code == "edited_meanwhile"


def input_fields() -> Iterator[tuple[str, Any]]:
    """Yield the fields of the API and of forms, by the names of their schema and their own."""
    registered: Any = class_registry._registry
    for classes in registered.values():
        for schema in classes if isinstance(classes, list) else [classes]:
            if schema.__module__.startswith("zone."):
                for name, field in schema._declared_fields.items():
                    yield f"{schema.__name__}.{name}", getattr(field, "inner", field)


def patterns() -> set[str]:
    """Return the patterns of all fields of the API and of forms."""
    return {
        str(one.regex.pattern)
        for _, field in input_fields()
        for one in field.validators
        if isinstance(one, validate.Regexp)
    }


def test_no_pattern_lets_a_line_end_through(app: Flask) -> None:
    """`$` also matches before a line feed at the end; `\\Z` does not."""
    found = patterns()
    assert len(found) > 8
    assert [pattern for pattern in found if re.search(r"(?<!\\)\$", pattern)] == []


def test_no_text_keeps_what_breaks_a_line(app: Flask) -> None:
    """The API reads a text as a form does; only a password and a file stay as they were sent."""
    kept = set()
    for name, field in input_fields():
        if type(field) in (String, LongText, Verbatim) and not field.dump_only:
            with suppress(ValidationError):
                text = field.deserialize(" Aino\x85\nEsi\u2028me\u202erkki\t")
                if text not in ("Aino Esi me rkki", "Aino\nEsi me rkki"):
                    kept.add(name)
    assert kept == {
        "NewPasswordSchema.current",
        "NewPasswordSchema.password",
        "PasswordSchema.password",
        "SettlementFileSchema.content",
        "TakeoverFileSchema.content",
        "TakeoverSchema.content",
    }
