"""Addresses of push services, and what their answers mean."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest

from zone.members.push import rules
from zone.members.push.rules import PushOutcome

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)

PRIVATE = (
    "0.0.0.0",  # noqa: S104 -- nobody listens here
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.0.192",  # answers with the secrets of a machine in one of the clouds
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:192.168.1.1",
    "::ffff:192.0.0.192",
    "64:ff9b::7f00:1",
    "64:ff9b::a01:203",
    "64:ff9b:1::a01:203",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo of 127.0.0.1
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:c0a8:101::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)
OPEN = ("1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "2002:101:101::")


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_open_internet_is_not_public(address: str) -> None:
    assert not rules.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OPEN)
def test_what_is_of_the_open_internet_is_public(address: str) -> None:
    assert rules.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://push.example/1",
        "HTTP://push.example/1",
        "ftp://push.example/1",
        "//push.example/1",
        "https:push.example/1",
        "https:///1",
        "https://user@push.example/1",
        "https://user:secret@push.example/1",
        "https://push.example/1#part",
        "https://push.example:0/1",
        "https://push.example:99999/1",
        "https://push.example:x/1",
        "https://push.example\\@127.0.0.1/1",
        "https://push.example/a b",
        "https://push.example/\r\nHost: x",
        "https://pu\N{CYRILLIC SMALL LETTER ES}h.example/1",
        "https://-push.example/1",
        "https://[::1/1",
        "https://push.example/" + "x" * 1000,
    ],
)
def test_what_no_push_service_gives_is_no_endpoint(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        rules.endpoint_of(url)


def test_an_endpoint_is_taken_apart() -> None:
    usual = rules.endpoint_of("https://Push.Example/send/8a?x=1")
    assert (usual.host, usual.port) == ("push.example", 443)
    assert (usual.origin, usual.target) == ("https://push.example", "/send/8a?x=1")
    odd = rules.endpoint_of("https://[2606:4700::1111]:8443")
    assert (odd.host, odd.port) == ("2606:4700::1111", 8443)
    assert (odd.origin, odd.target) == ("https://[2606:4700::1111]:8443", "/")


@pytest.mark.parametrize(
    ("outcome", "statuses"),
    [
        (PushOutcome.ACCEPTED, (200, 201, 202, 204)),
        (PushOutcome.GONE, (404, 410)),
        (PushOutcome.LATER, (408, 429, 500, 502, 503, 504)),
        (PushOutcome.REFUSED, (100, 301, 302, 303, 307, 308, 400, 401, 403, 405, 413)),
    ],
)
def test_what_an_answer_means(outcome: PushOutcome, statuses: tuple[int, ...]) -> None:
    assert {rules.outcome_of(status) for status in statuses} == {outcome}


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("120", timedelta(minutes=2)),
        (" 5 ", timedelta(seconds=5)),
        ("0", timedelta()),
        ("999999999", timedelta(days=1)),
        ("Tue, 01 Sep 2026 09:10:00 GMT", timedelta(minutes=10)),
        ("Tue, 01 Sep 2026 08:00:00 GMT", timedelta()),
        ("Tue, 01 Sep 2026 09:10:00 -0000", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 40, None),
    ],
)
def test_how_long_a_service_asks_to_wait(header: str | None, wait: timedelta | None) -> None:
    assert rules.wait_of(header, NOW) == wait


def test_attempts_come_apart_more_and_more_and_not_before_the_service_says() -> None:
    minutes = [(rules.retry_at(n, None, NOW) - NOW) // timedelta(minutes=1) for n in (1, 2, 3, 4)]
    assert minutes == [1, 2, 4, 8]
    assert rules.retry_at(1, timedelta(minutes=7), NOW) == NOW + timedelta(minutes=7)
    assert rules.retry_at(4, timedelta(seconds=1), NOW) == NOW + timedelta(minutes=8)
    assert rules.retry_at(5000, None, NOW) > NOW


@pytest.mark.parametrize("path", ["https://other.example/", "//other.example", "/\\other", "x"])
def test_a_notification_opens_pages_of_ours_only(path: str) -> None:
    with pytest.raises(ValueError, match="ours only"):
        rules.payload_of("a", "b", path=path, topic="c", language="fi")


@pytest.mark.parametrize("text", ["a+b", "a/b", "a b", "a\n", "=", "abc===", "a"])
def test_other_texts_are_no_base64url(text: str) -> None:
    if text == "=":
        assert rules.bytes_of(text) == b""
        return
    with pytest.raises(ValueError, match=r"\w"):
        rules.bytes_of(text)
