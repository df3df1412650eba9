"""Logged errors: the place in the code, no personal data."""

import logging
import traceback

import pytest
from flask import Flask

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.ids import new_public_id
from zone.members.people.models import Member
from zone.web import problems
from zone.web.auth import public

ADDRESS = "nobody-elses@zone.example"


def logged_when_a_row_is_refused(app: Flask, caplog: pytest.LogCaptureFixture) -> str:
    """The log text of an unexpected error, raised by a row with a name and an address."""

    @app.get("/planted")
    @public
    def planted() -> str:
        with writing() as session:
            stranger = Member(
                public_id=new_public_id(),
                holder=-1,
                email=ADDRESS,
                name="Kukaan",
                language="fi",
                created_at=utc_now(),
            )
            # Violates ck_member_holder, for which no error code is declared.
            session.add(stranger)
        return ""

    app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.DEBUG):
        assert app.test_client().get("/planted").status_code == 500
    return caplog.text


def check_has_the_place_and_no_address(logged: str) -> None:
    assert "ck_member_holder" in logged
    assert "test_safe_error.py" in logged
    assert ADDRESS not in logged


@pytest.mark.own_database
def test_an_unexpected_error_is_logged_with_its_place_and_no_address(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    check_has_the_place_and_no_address(logged_when_a_row_is_refused(app, caplog))


@pytest.mark.own_database
@pytest.mark.planted_fault("the log has the database's own text")
def test_a_log_with_the_databases_text_fails_the_check(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        problems,
        "describe_with_traceback",
        lambda error: "".join(traceback.format_exception(error)),
    )
    with pytest.raises(AssertionError):
        check_has_the_place_and_no_address(logged_when_a_row_is_refused(app, caplog))
