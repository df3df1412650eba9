"""A mail server that takes the call and says nothing, or takes the mail and falls: nothing is lost, nobody waits."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask

from tests.core.mail.test_delivery import NOW, post, rows, through
from tests.world.smtp import Mailbox, server
from zone.core.config import Settings
from zone.core.mail import delivery, smtp
from zone.core.mail.delivery import MailUndeliveredError

Conversation = Callable[[socket.socket], object]


@contextmanager
def answering(talk: Conversation) -> Iterator[str]:
    """A server that leads one conversation after the other; yields its host and port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            while True:
                try:
                    call, _ = listener.accept()
                except OSError:
                    return
                with call:
                    call.settimeout(10)
                    talk(call)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def falls_after_the_mail(call: socket.socket) -> bytes:
    """Takes the whole mail and hangs up in place of an answer; what it took."""
    call.sendall(b"220 here\r\n")
    with call.makefile("rb") as lines:
        while lines.readline().strip().upper() != b"DATA":
            call.sendall(b"250 go on\r\n")
        call.sendall(b"354 send it\r\n")
        return b"".join(iter(lines.readline, b".\r\n"))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for an answer for less than its ten seconds."""
    monkeypatch.setattr(smtp, "SMTP_SECONDS", 0.3)


@pytest.mark.usefixtures("hasty")
def test_a_server_that_takes_the_call_and_says_nothing_loses_nothing_and_holds_up_no_writer(
    app: Flask, settings: Settings
) -> None:
    first, second = "first@example.org", "second@example.org"
    post(first)
    called = threading.Event()

    def silence(call: socket.socket) -> None:
        called.set()
        with app.app_context():
            post(second)  # who books meanwhile must not wait for the mail server
        call.recv(1)

    with (
        answering(silence) as address,
        pytest.raises(MailUndeliveredError, match="SMTPServerDisconnected"),
    ):
        delivery.deliver(NOW, through(settings, address))
    assert called.is_set()
    assert [(row.state, row.attempts) for row in rows()] == [("waiting", 1), ("waiting", 0)]
    mailbox = Mailbox()
    with server(mailbox) as address:
        delivery.deliver(NOW + timedelta(minutes=3), through(settings, address))
    assert sorted(mailbox.recipients) == [first, second]


@pytest.mark.usefixtures("hasty")
def test_a_server_that_falls_when_it_has_the_mail_gets_it_again_under_the_same_name(
    app: Flask, settings: Settings
) -> None:
    post("first@example.org")
    taken: list[bytes] = []
    with answering(lambda call: taken.append(falls_after_the_mail(call))) as address:
        with pytest.raises(MailUndeliveredError, match="SMTPServerDisconnected"):
            delivery.deliver(NOW, through(settings, address))
        assert delivery.deliver(NOW, through(settings, address)) == 0  # not before its time
    mailbox = Mailbox()
    with server(mailbox) as address:
        assert delivery.deliver(NOW + timedelta(minutes=3), through(settings, address)) == 1
    [mail] = mailbox.mails
    assert mail["Message-ID"].encode() in taken[0]  # so the reader's program shows one of them
    assert len(taken) == 1
