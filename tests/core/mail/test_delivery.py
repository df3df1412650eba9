"""Delivery of mail through an SMTP server: once, after the commit, and nothing is lost."""

import smtplib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.core.mail import one_deliverer
from tests.world import smtp
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail import delivery
from zone.core.mail import service as mail_service
from zone.core.mail import smtp as smtp_connection
from zone.core.mail.delivery import MailUndeliveredError
from zone.core.mail.models import OutboxMail
from zone.core.mail.quiet_hours import QuietHours

NOW = one_deliverer.NOW
DEAD = "smtp://127.0.0.1:9"


def post(
    to: str = "aino@example.org", *, dedupe: str | None = None, not_after: datetime | None = None
) -> None:
    with writing() as session:
        mail_service.post(
            session,
            to=to,
            template="members/sign_in_code",
            language="fi",
            params={"code": "123456", "minutes": 10},
            now=NOW,
            dedupe=dedupe,
            not_after=not_after,
        )


def rows() -> list[OutboxMail]:
    with reading() as session:
        return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def through(settings: Settings, address: str) -> Settings:
    return replace(settings, smtp_url=f"smtp://{address}")


def test_a_posted_mail_arrives_in_the_recipients_language(app: Flask, settings: Settings) -> None:
    post()
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        assert delivery.deliver(NOW, through(settings, address)) == 1
        assert delivery.deliver(NOW + timedelta(days=1), through(settings, address)) == 0
    mail = mailbox.mails[0]
    assert mailbox.recipients == ["aino@example.org"]
    assert mail["Subject"] == "Kirjautumiskoodisi: Zone"
    assert "Koodisi on 123456" in smtp.body_of(mail)
    assert mail["Message-ID"] == f"<{rows()[0].public_id}@localhost>"
    assert mail["From"].addresses[0].addr_spec == "zone@localhost"


UNWRITABLE = ":;@x.fi"


def poisoned_first(settings: Settings) -> list[str]:
    """The recipients of mails behind one that cannot be written as a message."""
    post(UNWRITABLE)
    post("aino@example.org")
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        delivery.deliver(NOW, through(settings, address))
    return mailbox.recipients


def test_a_mail_with_an_unwritable_address_does_not_block_others(
    app: Flask, settings: Settings
) -> None:
    assert poisoned_first(settings) == ["aino@example.org"]
    assert [row.state for row in rows()] == ["refused", "sent"]


@pytest.mark.planted_fault("a refused mail is not set aside")
def test_without_setting_it_aside_the_mails_behind_it_wait(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        delivery,
        "compose",
        lambda mail, sender, service, _now, file: delivery._message(mail, sender, service, file),
    )
    with pytest.raises(Exception, match=r"no attribute|expected|header"):
        poisoned_first(settings)


def test_a_sent_mail_leaves_no_text_behind(app: Flask, settings: Settings) -> None:
    post()
    with smtp.server(smtp.Mailbox()) as address:
        delivery.deliver(NOW, through(settings, address))
    row = rows()[0]
    assert (row.state, row.done_at) == ("sent", NOW)
    assert (row.subject, row.body, row.html, row.calendar) == ("", "", "", "")


def test_an_outdated_mail_leaves_no_text_behind_without_a_mail_server(
    app: Flask, settings: Settings
) -> None:
    post(not_after=NOW + timedelta(minutes=10))
    assert delivery.deliver(NOW + timedelta(minutes=11), settings) == 0
    row = rows()[0]
    assert (row.state, row.subject, row.body, row.html) == ("late", "", "", "")


def test_a_rolled_back_transaction_posts_no_mail(app: Flask) -> None:
    with pytest.raises(RuntimeError), writing() as session:
        mail_service.post(
            session,
            to="a@example.org",
            template="members/sign_in_code",
            language="en",
            params={"code": "1", "minutes": 1},
            now=NOW,
        )
        raise RuntimeError
    assert rows() == []


def test_two_mails_with_the_same_dedupe_are_one(app: Flask) -> None:
    post(dedupe="order:1")
    post(dedupe="order:1")
    post()
    post()
    assert len(rows()) == 3


def test_with_an_unreachable_server_mails_wait_with_growing_pauses(
    app: Flask, settings: Settings
) -> None:
    post()
    dead, at = replace(settings, smtp_url=DEAD), NOW
    for attempt in range(1, 5):
        with pytest.raises(MailUndeliveredError):
            delivery.deliver(at, dead)
        row = rows()[0]
        assert (row.state, row.attempts) == ("waiting", attempt)
        assert row.due_at >= at + delivery.retry_after(attempt)
        assert delivery.deliver(at, dead) == 0, "the mail is not due before its next retry"
        at = row.due_at
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        assert delivery.deliver(at, through(settings, address)) == 1
    assert len(mailbox.mails) == 1


def test_retries_wait_longer_each_time_up_to_two_hours() -> None:
    waits = [delivery.retry_after(attempt) for attempt in (1, 2, 3, 7, 50)]
    assert waits == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 120, 120)]


def test_without_a_mail_server_mail_waits(app: Flask, settings: Settings) -> None:
    post()
    assert delivery.deliver(NOW, settings) == 0
    assert (rows()[0].state, rows()[0].attempts) == ("waiting", 0)


def test_a_permanently_refused_address_is_given_up_and_does_not_block_others(
    app: Flask, settings: Settings
) -> None:
    mailbox = smtp.Mailbox()
    mailbox.refuse = {
        "gone@example.org": "550 no such user",
        "full@example.org": "452 mailbox full",
    }
    for to in ("gone@example.org", "full@example.org", "aino@example.org"):
        post(to)
    with smtp.server(mailbox) as address:
        assert delivery.deliver(NOW, through(settings, address)) == 1
    assert [row.state for row in rows()] == ["refused", "waiting", "sent"]
    assert mailbox.recipients == ["aino@example.org"]


def test_an_outdated_mail_is_not_sent(app: Flask, settings: Settings) -> None:
    post(not_after=NOW + timedelta(minutes=10))
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        assert delivery.deliver(NOW + timedelta(minutes=11), through(settings, address)) == 0
    assert (rows()[0].state, rows()[0].body, mailbox.mails) == ("late", "", [])


def test_a_sign_in_code_does_not_wait_behind_a_mail_to_everybody(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BATCH", 2)
    for number in range(3):
        post(f"all-{number}@example.org", not_after=NOW + timedelta(days=1))
    post("never-late@example.org")
    post(not_after=NOW + timedelta(minutes=10))
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        assert delivery.deliver(NOW, through(settings, address)) == 2
    assert mailbox.recipients == ["aino@example.org", "all-0@example.org"]


def deliver_from_two_sides(app: Flask, settings: Settings) -> list[str]:
    """Deliver ten mails by two deliverers at once; return the recipients."""
    mailbox, ready = smtp.Mailbox(), Barrier(2)
    with smtp.server(mailbox) as address, ThreadPoolExecutor(2) as pool:

        def run() -> int:
            with app.app_context():
                ready.wait(10)
                return delivery.deliver(NOW, through(settings, address))

        runs = [pool.submit(run) for _ in range(2)]
        assert sum(run.result(30) for run in runs) == len(mailbox.recipients)
    return sorted(mailbox.recipients)


def check_each_is_sent_once(app: Flask, settings: Settings) -> None:
    """Two deliverers together send each mail once."""
    addresses = [f"{n}@example.org" for n in range(10)]
    for to in addresses:
        post(to)
    assert deliver_from_two_sides(app, settings) == addresses


@pytest.mark.engines("sqlite", "postgresql")
def test_two_deliverers_send_each_mail_once(app: Flask, settings: Settings) -> None:
    check_each_is_sent_once(app, settings)


@pytest.mark.thorough
@pytest.mark.planted_fault("the lease of a mail has no condition")
@pytest.mark.engines("sqlite", "postgresql")
def test_without_the_conditional_lease_mails_are_sent_twice(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_read = Barrier(2)
    due = delivery._due

    def read_together(now: datetime) -> tuple[Sequence[Any], QuietHours]:
        found = due(now)
        both_have_read.wait(10)
        return found

    def lease_unconditionally(mail_id: int, _attempts: int, _now: datetime) -> OutboxMail | None:
        with reading() as session:
            return session.get(OutboxMail, mail_id)

    monkeypatch.setattr(delivery, "_due", read_together)
    monkeypatch.setattr(delivery, "lease_mail", lease_unconditionally)
    with pytest.raises(AssertionError):
        check_each_is_sent_once(app, settings)


def test_finished_mails_are_deleted_and_waiting_ones_are_not(
    app: Flask, settings: Settings
) -> None:
    post("sent@example.org")
    with smtp.server(smtp.Mailbox()) as address:
        delivery.deliver(NOW, through(settings, address))
    post("waiting@example.org")
    with writing() as session:
        assert mail_service.delete_done(session, NOW + timedelta(days=1)) == 1
    assert [row.recipient for row in rows()] == ["waiting@example.org"]


def from_header(sender: str, settings: Settings) -> tuple[str, str, str]:
    """Return name and address of a mail that arrived, and the sender of its envelope."""
    post()
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        delivery.deliver(NOW, replace(through(settings, address), mail_from=sender))
    (mail,) = mailbox.mails
    (found,) = mail["From"].addresses
    return found.display_name, found.addr_spec, mail["Message-ID"].rpartition("@")[2]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("Zone, liikunta <zone@x.example>", "Zone, liikunta"),
        ("Zone; motion <zone@x.example>", "Zone; motion"),
        ("Zone (campus) <zone@x.example>", "Zone (campus)"),
        ("Zone: sports @ campus <zone@x.example>", "Zone: sports @ campus"),
        ('Zone "liikunta" <zone@x.example>', 'Zone "liikunta"'),
        ('"Zone, liikunta" <zone@x.example>', "Zone, liikunta"),
        ("Zone – hyvinvointia kampuksella, äöå <zone@x.example>", None),
        ("zone@x.example", ""),
        ("<zone@x.example>", ""),
    ],
)
def test_any_name_of_the_sender_arrives(
    app: Flask, settings: Settings, sender: str, name: str | None
) -> None:
    expected = sender.rpartition(" <")[0] if name is None else name
    assert from_header(sender, settings) == (expected, "zone@x.example", "x.example>")


@pytest.mark.parametrize(
    "typed",
    [
        "=?utf-8?q?Zone=0D=0ABcc=3A_x=40example.org?=",
        "Zone =?utf-8?q?=0A=0AAnother_text?= jooga",
        "Zone =?utf-8?b?w6Q=?= ä",
    ],
)
def test_an_encoded_word_that_somebody_typed_stays_as_it_is(
    app: Flask, settings: Settings, typed: str
) -> None:
    """Decoded it could be a line break, which begins another header, or the text."""
    post()
    mail = rows()[0]
    mail.subject = typed
    message = delivery.compose(mail, replace(settings, mail_from=f"{typed} <z@x.fi>"), "Zone", NOW)
    assert message is not None
    sent = message_from_bytes(message.as_bytes(), policy=policy.default)
    shown = typed.replace("=?", "= ?")
    assert sent.keys() == message.keys()
    assert (sent["Subject"], sent["From"].addresses[0].display_name) == (shown, shown)
    assert "Bcc" not in sent


def sent_after_a_closed_connection(settings: Settings) -> list[str]:
    """Return who gets a mail behind one at which the server closes the connection."""
    for to in ("first@example.org", "closed@example.org", "behind@example.org"):
        post(to)
    mailbox = smtp.Mailbox()
    mailbox.refuse["closed@example.org"] = "421 4.3.2 closing"
    with smtp.server(mailbox) as address:
        delivery.deliver(NOW, through(settings, address))
    return mailbox.recipients


def test_a_connection_that_the_server_closed_is_not_used_again(
    app: Flask, settings: Settings
) -> None:
    assert sent_after_a_closed_connection(settings) == ["first@example.org", "behind@example.org"]
    assert [row.state for row in rows()] == ["sent", "waiting", "sent"]


@pytest.mark.planted_fault("a run keeps the connection that the server has closed")
def test_without_a_new_connection_the_mails_behind_it_wait(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def once(url: str) -> smtplib.SMTP:
        if opened:
            raise smtplib.SMTPServerDisconnected("please run connect() first")
        opened.append(url)
        return smtp_connection.connect(url)

    monkeypatch.setattr(delivery, "connect", once)
    with pytest.raises(MailUndeliveredError):
        sent_after_a_closed_connection(settings)
