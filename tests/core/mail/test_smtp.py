"""The connection to the mail server: encrypted, unless the server is on this machine."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.core.mail.test_delivery import NOW, post, rows, through
from tests.world import smtp
from tests.world.certificates import authority_and_server
from zone.core.config import Settings
from zone.core.mail import delivery
from zone.core.mail import smtp as smtp_connection
from zone.core.mail.delivery import MailUndeliveredError


def check_no_mail_leaves_this_machine_in_clear(settings: Settings) -> None:
    """Check that a server elsewhere gets nothing unless it offers STARTTLS."""
    post()
    mailbox = smtp.Mailbox()
    with (
        smtp.server(mailbox, host=smtp.own_address()) as address,
        pytest.raises(MailUndeliveredError, match="unencrypted to another machine"),
    ):
        delivery.deliver(NOW, through(settings, address))
    assert mailbox.mails == []
    assert rows()[0].state == "waiting"


@pytest.mark.engines("sqlite")
def test_no_mail_leaves_this_machine_in_clear(app: Flask, settings: Settings) -> None:
    check_no_mail_leaves_this_machine_in_clear(settings)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("every mail server counts as one on this machine")
def test_mail_in_clear_to_any_server_fails_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp_connection, "_is_local", lambda _address: True)
    with pytest.raises(pytest.fail.Exception):
        check_no_mail_leaves_this_machine_in_clear(settings)


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("fe80::1%eth0", False)]
    + [("::ffff:127.0.0.1", True), ("::ffff:192.0.2.2", False)]
    + [(address, False) for address in ("10.0.0.1", "192.0.2.2", "2001:db8::1", "100.64.0.1")],
)
def test_only_loopback_addresses_are_local(address: str, local: bool) -> None:
    assert smtp_connection._is_local(address) is local


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server certificate for 127.0.0.1 whose authority this process trusts."""
    authority, certificate, key = authority_and_server(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


def test_mail_is_encrypted_when_the_server_offers_it(
    app: Flask, settings: Settings, tls: ssl.SSLContext
) -> None:
    post()
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox, tls=tls, login=("zone", "sec:ret/1")) as address:
        url = f"smtp://zone:sec%3Aret%2F1@{address}"
        assert delivery.deliver(NOW, replace(settings, smtp_url=url)) == 1
    assert mailbox.encrypted == [True]


def test_a_password_is_never_sent_in_the_clear(app: Flask, settings: Settings) -> None:
    post()
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address, pytest.raises(MailUndeliveredError, match="unencrypted"):
        delivery.deliver(NOW, replace(settings, smtp_url=f"smtp://zone:secret@{address}"))
    assert mailbox.mails == []


def test_a_server_with_an_untrusted_certificate_gets_no_mail(
    app: Flask, settings: Settings, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    post()
    mailbox = smtp.Mailbox()
    with (
        smtp.server(mailbox, tls=tls) as address,
        pytest.raises(MailUndeliveredError, match="CERTIFICATE"),
    ):
        delivery.deliver(NOW, through(settings, address))
    assert mailbox.mails == []
    assert rows()[0].state == "waiting"
