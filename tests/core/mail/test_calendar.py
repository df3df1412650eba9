"""The calendar file of a mail: what a calendar program reads in it, and that it fits its lines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import update

from tests.core.mail.test_delivery import NOW, post, through
from tests.world import smtp
from tests.world.mails import SAMPLES
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.mail import delivery
from zone.core.mail import service as mail_service
from zone.core.mail.addresses import parse_sender
from zone.core.mail.calendar import CalendarEvent, from_json, mail_file, to_json
from zone.core.mail.models import OutboxMail

pytestmark = pytest.mark.engines("sqlite")

START = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
EVENT = CalendarEvent(
    "0f1e", 0, False, START, START + timedelta(minutes=55), "Yoga", "Myllypuro, Studio", "/bookings"
)
SENDER = parse_sender('Zone, "the" service <zone@x.example>')


def written(event: CalendarEvent, service: str = "Zone") -> bytes:
    return mail_file(
        event, base_url="https://zone.example", sender=SENDER, service=service, stamp=NOW
    )


def read(content: bytes) -> dict[str, str]:
    """Return the values by name, unfolded, as RFC 5545 says a program reads them."""
    assert content.endswith(b"\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    lines = content.decode().replace("\r\n ", "").splitlines()
    return {line.partition(":")[0].partition(";")[0]: line.partition(":")[2] for line in lines}


def test_a_booking_is_published_and_later_cancelled_under_one_id() -> None:
    booked = read(written(EVENT))
    cancelled = read(written(replace(EVENT, cancelled=True, sequence=1)))
    assert (booked["METHOD"], booked["STATUS"], booked["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", "0")
    assert (cancelled["METHOD"], cancelled["STATUS"]) == ("CANCEL", "CANCELLED")
    assert int(cancelled["SEQUENCE"]) > int(booked["SEQUENCE"])
    assert booked["UID"] == cancelled["UID"] == "0f1e@x.example"
    assert (booked["DTSTART"], booked["DTEND"]) == ("20261201T153000Z", "20261201T162500Z")
    assert booked["URL"] == "https://zone.example/bookings"
    assert booked["LOCATION"] == r"Myllypuro\, Studio"
    assert booked["ORGANIZER"].endswith("mailto:zone@x.example")


def test_no_value_begins_a_line_or_breaks_one() -> None:
    name = 'Jooga; "selkä"\\, \r\nATTENDEE:mailto:evil@x.example\u202e ' + "ääkkösiä 😀 " * 40
    content = written(replace(EVENT, summary=name, location=name), service=name)
    found = read(content)
    assert "ATTENDEE" not in found
    assert found["SUMMARY"].startswith('Jooga\\; "selkä"\\\\\\, ATTENDEE:mailto')
    assert found["SUMMARY"].count("😀") == 40
    assert "\u202e" not in content.decode()


def test_an_event_waits_in_the_outbox_as_it_was() -> None:
    assert from_json(to_json(EVENT)) == EVENT


def sent(settings: Settings, event: CalendarEvent) -> EmailMessage:
    """Return a mail with an event as it arrives."""
    with writing() as session:
        mail_service.post(
            session,
            to="aino@example.org",
            template="booking/booked",
            language="fi",
            params=SAMPLES["booking/booked"],
            now=NOW,
            calendar=event,
        )
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        delivery.deliver(NOW, replace(through(settings, address), base_url="https://zone.example"))
    return mailbox.mails[-1]


def test_the_file_goes_with_the_mail_and_names_its_method(app: Flask, settings: Settings) -> None:
    mail = sent(settings, replace(EVENT, cancelled=True, sequence=1))
    assert mail.get_content_type() == "multipart/mixed"
    [file] = mail.iter_attachments()
    assert (file.get_content_type(), file.get_param("method")) == ("text/calendar", "CANCEL")
    assert file.get_filename() == "zone.ics"
    assert read(file.get_payload(decode=True))["METHOD"] == "CANCEL"  # type: ignore[arg-type]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert "https://zone.example/bookings" in part.get_content()
        assert "\ue000" not in part.get_content()


def test_a_mail_of_before_the_upgrade_goes_out_as_text(app: Flask, settings: Settings) -> None:
    post()
    with writing() as session:
        session.execute(update(OutboxMail).values(html=""))
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        delivery.deliver(NOW, through(settings, address))
    assert mailbox.mails[-1].get_content_type() == "text/plain"
