"""Mail servers that stop answering: no mail is lost, and no transaction waits for them."""

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
    """A server that calls `talk` for each connection; yields its host and port."""
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


def close_after_the_mail(call: socket.socket) -> bytes:
    """Read the whole mail, then close instead of answering; return what was read."""
    call.sendall(b"220 here\r\n")
    with call.makefile("rb") as lines:
        while lines.readline().strip().upper() != b"DATA":
            call.sendall(b"250 go on\r\n")
        call.sendall(b"354 send it\r\n")
        return b"".join(iter(lines.readline, b".\r\n"))


@pytest.fixture
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timeout of the mail server from ten seconds."""
    monkeypatch.setattr(smtp, "SMTP_SECONDS", 1.0)


@pytest.mark.usefixtures("short_timeout")
def test_a_silent_server_loses_no_mail_and_blocks_no_writer(app: Flask, settings: Settings) -> None:
    first, second = "first@example.org", "second@example.org"
    post(first)
    called = threading.Event()

    def silence(call: socket.socket) -> None:
        called.set()
        with app.app_context():
            # A booking at this moment must not wait for the mail server.
            post(second)
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


@pytest.mark.usefixtures("short_timeout")
def test_a_mail_without_an_answer_is_sent_again_under_the_same_message_id(
    app: Flask, settings: Settings
) -> None:
    post("first@example.org")
    taken: list[bytes] = []
    with answering(lambda call: taken.append(close_after_the_mail(call))) as address:
        with pytest.raises(MailUndeliveredError, match="SMTPServerDisconnected"):
            delivery.deliver(NOW, through(settings, address))
        assert delivery.deliver(NOW, through(settings, address)) == 0  # not before its time
    mailbox = Mailbox()
    with server(mailbox) as address:
        assert delivery.deliver(NOW + timedelta(minutes=3), through(settings, address)) == 1
    [mail] = mailbox.mails
    assert mail["Message-ID"].encode() in taken[0]  # so the reader's program shows one of them
    assert len(taken) == 1
