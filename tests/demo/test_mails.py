"""What the demo sends is received by a mail server of its own, and can be read on its pages."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from zone.app import create_app
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.mail import delivery
from zone.demo import mails
from zone.web.context import settings_of

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.own_database]


@pytest.fixture
def demo(settings: Settings) -> Iterator[Flask]:
    with mails.receiver(settings.data_dir / mails.FOLDER) as smtp_url:
        app = create_app(replace(settings, demo=True, smtp_url=smtp_url))
        with app.app_context():
            yield app
            db.engine.dispose()


def ask_for_code(client: FlaskClient, email: str) -> None:
    headers = {"Origin": settings_of(client.application).base_url}
    asked = client.post("/sign-in/code", data={"email": email}, headers=headers)
    assert asked.status_code == 200


def test_the_code_that_the_outbox_erases_is_read_on_the_page_of_mails(demo: Flask) -> None:
    client = demo.test_client()
    assert "No mail yet" in client.get("/demo/mails?lang=en").text
    ask_for_code(client, "aino@zone.example")
    assert delivery.deliver(utc_now(), settings_of(demo)) == 1
    listed = client.get("/demo/mails").text
    assert "aino@zone.example" in listed
    assert not re.search(r"\b\d{6}\b", re.sub(r"/demo/mails/\d+", "", listed)), (
        "no code in a subject"
    )
    found = re.search(r"/demo/mails/\d+", listed)
    assert found is not None
    assert re.search(r"\b\d{6}\b", client.get(found[0]).text)


def test_a_mail_of_a_demo_shows_no_html_of_its_sender(demo: Flask) -> None:
    folder = settings_of(demo).data_dir / mails.FOLDER
    (folder / "1.eml").write_bytes(
        b"To: a@b.example\r\nSubject: <b>x</b>\r\n\r\n<script>1</script>"
    )
    client = demo.test_client()
    for page in ("/demo/mails", "/demo/mails/1"):
        assert "<b>x</b>" not in client.get(page).text
    assert "<script>1" not in client.get("/demo/mails/1").text
    assert client.get("/demo/mails/2").status_code == 404


def test_the_html_of_a_mail_is_shown_in_a_frame_that_may_do_nothing(demo: Flask) -> None:
    client = demo.test_client()
    ask_for_code(client, "aino@zone.example")
    assert delivery.deliver(utc_now(), settings_of(demo)) == 1
    found = re.search(r"/demo/mails/\d+", client.get("/demo/mails").text)
    assert found is not None
    page = client.get(found[0])
    assert f'src="{found[0]}/html" sandbox="allow-top-navigation-by-user-activation"' in page.text
    assert "<style" not in page.text
    frame = client.get(f"{found[0]}/html")
    policy = frame.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "form-action 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    assert '<base target="_top">' in frame.text
    assert "script" not in frame.text
    assert client.get("/demo/mails/2/html").status_code == 404


def test_a_service_that_is_no_demo_has_no_such_page(client: FlaskClient) -> None:
    assert client.get("/demo/mails").status_code == 404


def test_the_newest_mails_are_kept(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "MOST", 2)
    with mails.receiver(settings.data_dir / mails.FOLDER) as smtp_url:
        for number in range(3):
            delivery.send_at_once(
                replace(settings, smtp_url=smtp_url),
                "a@zone.example",
                f"number {number}",
                "text",
                utc_now(),
            )
    kept = sorted((settings.data_dir / mails.FOLDER).iterdir())
    assert [b"number 1" in kept[0].read_bytes(), b"number 2" in kept[1].read_bytes()] == [True] * 2
