"""A log helps whoever mends an error, and tells nothing of anybody."""

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
    """What the log says of an error that nobody foresaw, raised by a row with a name and an address in it."""

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
            session.add(
                stranger
            )  # ck_member_holder: no person can bring this about, so nothing is declared for it
        return ""

    app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.DEBUG):
        assert app.test_client().get("/planted").status_code == 500
    return caplog.text


def check_says_where_and_not_who(said: str) -> None:
    assert "ck_member_holder" in said
    assert "test_safe_error.py" in said
    assert ADDRESS not in said


@pytest.mark.own_database
def test_an_unforeseen_error_says_where_and_not_who(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    check_says_where_and_not_who(logged_when_a_row_is_refused(app, caplog))


@pytest.mark.own_database
@pytest.mark.planted_fault("the log has the database's own text")
def test_a_log_with_the_databases_own_text_tells_who(
    app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        problems, "account", lambda error: "".join(traceback.format_exception(error))
    )
    with pytest.raises(AssertionError):
        check_says_where_and_not_who(logged_when_a_row_is_refused(app, caplog))
