"""The service's own data: first the settings, then what was saved, by one manager at a time."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.people import a_member, an_actor
from tests.world.races import outcomes
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.service_profile import service
from zone.core.service_profile.models import ServiceProfileRow
from zone.core.service_profile.queries import service_profile
from zone.core.service_profile.rules import ServiceProfile, contradicted

pytestmark = pytest.mark.engines("sqlite")


def stored(settings: Settings) -> ServiceProfile:
    with reading() as session:
        return service_profile(session, settings)


def save(settings: Settings, version: int, role: str = "manager", **values: Any) -> ServiceProfile:
    with writing() as session:
        actor = an_actor(a_member(session).id, role)
        return service.change_profile(
            session, actor, version=version, values=values, settings=settings, now=utc_now()
        )


def test_the_settings_are_the_first_values_and_then_no_more(app: Flask, settings: Settings) -> None:
    first = stored(settings)
    assert (first.seller_name, first.version, first.name) == (settings.seller_name, 0, "Zone")
    saved = save(settings, 0, name="Liikunta", short_name="Liike")
    assert (saved.seller_name, saved.name, saved.version) == (settings.seller_name, "Liikunta", 1)
    other = replace(settings, seller_name="Somebody else")
    assert stored(other) == saved
    assert list(contradicted(saved, other)) == ["seller_name"]
    assert list(contradicted(saved, settings)) == []
    assert list(contradicted(first, other)) == [], "nothing was saved, so nothing differs"


def test_a_change_is_audited_with_what_changed(app: Flask, settings: Settings) -> None:
    save(settings, 0, phone="040 123")
    save(settings, 1, phone="040 123")
    with reading() as session:
        [row] = session.scalars(
            select(AuditRow).where(AuditRow.action == "service_profile.change")
        ).all()
    assert (row.before, row.after) == ('{"phone": ""}', '{"phone": "040 123"}')


@pytest.mark.parametrize("role", ["desk", "instructor"])
def test_only_management_changes_it(app: Flask, settings: Settings, role: str) -> None:
    with pytest.raises(DomainError, match="forbidden"):
        save(settings, 0, role, name="X")


def test_an_unreadable_accent_is_refused(app: Flask, settings: Settings) -> None:
    with pytest.raises(DomainError, match="accent_unreadable"):
        save(settings, 0, accent="#ffd000")
    assert stored(settings).version == 0


@pytest.mark.parametrize("version", [0, 1])
def test_of_several_who_save_at_once_one_is_stored(
    app: Flask, settings: Settings, version: int
) -> None:
    if version:
        save(settings, 0, name="Before")
    found = outcomes(app, [partial(save, settings, version, name=name) for name in "ABCD"])
    assert found == {"done": 1, "edited_meanwhile": 3}
    assert stored(settings).name in "ABCD"
    assert stored(settings).version == version + 1


@pytest.mark.planted_fault("an edit is stored over any version")
def test_an_edit_without_a_version_check_fails_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_write", overwrite)
    with pytest.raises(AssertionError):
        test_of_several_who_save_at_once_one_is_stored(app, settings, 1)


def overwrite(session: Session, version: int, values: dict[str, Any]) -> bool:
    session.merge(ServiceProfileRow(id=1, **values, version=version + 1))
    session.flush()
    return True
