"""Faults of mail: forged headers, refused mails, and servers that fail."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.core.mail.test_delivery import NOW, post, rows, through
from tests.world import smtp
from tests.world.jobs import DEADLINE, await_that
from tests.world.mails import SAMPLES
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail import delivery
from zone.core.mail import service as mail_service
from zone.core.mail.delivery import MailUndeliveredError
from zone.core.mail.models import OutboxMail

DELIVERER = Path(__file__).with_name("one_deliverer.py")
BEHIND = "behind@example.org"


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\nBcc: everybody@example.org",
        "a@example.org\r\nSubject: forged",
        "a@example.org\x07",
    ],
)
def test_an_address_that_would_forge_a_header_is_refused_and_does_not_block_others(
    app: Flask, settings: Settings, address: str
) -> None:
    post(address)
    post(BEHIND)
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as server:
        delivery.deliver(NOW, through(settings, server))
    assert mailbox.recipients == [BEHIND]
    assert [row.state for row in rows()] == ["refused", "sent"]


def test_a_name_with_line_breaks_stays_one_subject(app: Flask, settings: Settings) -> None:
    with writing() as session:
        mail_service.post(
            session,
            to=BEHIND,
            template="access/outage_over",
            language="en",
            now=NOW,
            params=SAMPLES["access/outage_over"] | {"bridge": "1\r\nBcc: everybody@example.org"},
        )
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as server:
        delivery.deliver(NOW, through(settings, server))
    [mail] = mailbox.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith(
        "Doors at Metropolia Myllypuro, 1 Bcc: everybody@example.org, over: "
    )


class Picky(smtp.Mailbox):
    """A mailbox that refuses the mails for one address after reading them."""

    answer = "554 spam from aino.marked@example.org"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        if "poison@example.org" in envelope.rcpt_tos:
            return self.answer
        return await super().handle_DATA(server, session, envelope)


@pytest.mark.parametrize(
    ("answer", "state"), [("554 spam from aino@x.fi", "refused"), ("451 later", "waiting")]
)
def test_a_mail_refused_for_its_content_does_not_block_others(
    app: Flask, settings: Settings, answer: str, state: str
) -> None:
    post("poison@example.org")
    post(BEHIND)
    mailbox = Picky()
    mailbox.answer = answer
    with smtp.server(mailbox) as server:
        assert delivery.deliver(NOW, through(settings, server)) == 1
    assert [row.state for row in rows()] == [state, "sent"]
    assert rows()[0].last_error == f"SMTPDataError {answer[:3]}", (
        "the code, never the server's text"
    )


def test_the_error_of_a_mail_does_not_contain_its_recipient(app: Flask, settings: Settings) -> None:
    post("gone@example.org")
    mailbox = smtp.Mailbox()
    mailbox.refuse = {"gone@example.org": "550 no gone@example.org here"}
    with smtp.server(mailbox) as server:
        delivery.deliver(NOW, through(settings, server))
    assert rows()[0].last_error == "SMTPRecipientsRefused 550"


def test_a_refused_mail_keeps_its_text_while_it_may_be_sent_again(
    app: Flask, settings: Settings
) -> None:
    post("gone@example.org", not_after=NOW + timedelta(minutes=10))
    mailbox = smtp.Mailbox()
    mailbox.refuse = {"gone@example.org": "550 no"}
    with smtp.server(mailbox) as server:
        delivery.deliver(NOW, through(settings, server))
        assert rows()[0].body
        mailbox.refuse = {}
        with writing() as session:
            assert mail_service.send_again(session, rows()[0].public_id, NOW) is not None
        assert delivery.deliver(NOW, through(settings, server)) == 1
        post("late@example.org", not_after=NOW + timedelta(minutes=10))
        mailbox.refuse = {"late@example.org": "550 no"}
        delivery.deliver(NOW, through(settings, server))
        delivery.deliver(NOW + timedelta(minutes=11), through(settings, server))
    assert [(row.state, row.body) for row in rows()] == [("sent", ""), ("refused", "")]


def deliverer(settings: Settings) -> "subprocess.Popen[bytes]":
    """Start a process that delivers repeatedly, with a fast clock, so that retries come soon."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path.cwd()),
        "ZONE_DATABASE_URL": settings.database,
        "ZONE_DATA_DIR": str(settings.data_dir),
        "ZONE_SMTP_URL": settings.smtp_url,
    }
    return subprocess.Popen([sys.executable, str(DELIVERER)], env=environment)


def end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(DEADLINE)


def states() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(OutboxMail.state).order_by(OutboxMail.id)))


@pytest.mark.own_database
@pytest.mark.engines("postgresql", thorough="sqlite")
def test_two_processes_and_a_failing_server_deliver_every_mail_once(
    app: Flask, settings: Settings
) -> None:
    """The server fails after half of the mails and returns: every mail arrives once."""
    people = [f"{n}@example.org" for n in range(30)]
    for to in people[:15]:
        post(to)
    mailbox = smtp.Mailbox()
    with ExitStack() as stack:
        with smtp.server(mailbox) as address:
            first = through(settings, address)
            for _ in range(2):
                stack.callback(end, deliverer(first))
            await_that(lambda: states().count("sent") == 15)
        for to in people[15:]:
            post(to)
        await_that(lambda: any(row.last_error for row in rows()))
        assert len(mailbox.recipients) == 15
        with smtp.server(mailbox, port=int(address.rpartition(":")[2])):
            await_that(lambda: states() == ["sent"] * 30)
    assert sorted(mailbox.recipients) == sorted(people)


@pytest.mark.thorough
@pytest.mark.own_database
@pytest.mark.engines("postgresql", thorough="sqlite")
def test_killed_deliverers_lose_no_mail_and_repeat_only_what_was_on_its_way(
    app: Flask, settings: Settings
) -> None:
    """kill -9 between sending and recording repeats that mail, under the same Message-ID."""
    people, kills = [f"{n}@example.org" for n in range(40)], 4
    for to in people:
        post(to)
    mailbox = smtp.Mailbox()
    with ExitStack() as stack, smtp.server(mailbox) as address:
        through_it = through(settings, address)
        stack.callback(end, deliverer(through_it))
        for killed in range(1, kills + 1):
            victim = deliverer(through_it)
            await_that(lambda: len(mailbox.recipients) >= min(40, 8 * killed))  # noqa: B023
            victim.kill()
            victim.wait(DEADLINE)
        await_that(lambda: states() == ["sent"] * 40)
    assert set(mailbox.recipients) == set(people)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 40
    assert len(mailbox.mails) <= 40 + kills


def test_the_error_of_an_unreachable_server_contains_no_address(
    app: Flask, settings: Settings
) -> None:
    post("aino.marked@example.org")
    with pytest.raises(MailUndeliveredError) as caught:
        delivery.deliver(NOW, replace(settings, smtp_url="smtp://127.0.0.1:9"))
    assert "aino" not in str(caught.value)
    assert "Connection refused" in str(caught.value)
