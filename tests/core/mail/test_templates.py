"""Every mail in every language: both parts, nothing loaded, and no value leaves its place."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask
from jinja2 import UndefinedError

from tests.core.mail.test_delivery import NOW, post, through
from tests.world import smtp
from tests.world.mails import IN_LINES, SAMPLES, a_mail
from zone.core.config import Settings
from zone.core.i18n import LANGUAGES
from zone.core.mail import delivery, templates
from zone.core.mail.templates import BASE_URL, MailText, in_one_line, render

pytestmark = pytest.mark.engines("sqlite")

HOSTILE = (
    '<script>alert(1)</script><img src="https://evil.example/x.png">"\'&amp; '
    "%s %(name)s {{ name }} $x"
    "\r\n\r\nFORGED paragraph\u2028FORGED again\u202eesrever \ue000/forged 😀 " + "long" * 500
)
IN_ADDRESSES = {
    *("other_times", "new_path", "offer_path", "lottery_path", "class_path", "give_up_path"),
    *("number", "order", "pass_id", "shop_path"),
}
PARTS = {"html", "head", "meta", "title", "style", "body", "div", "h1", "p", "br", "a"} | {
    "table",
    "tr",
    "td",
}


class Seen(HTMLParser):
    """The tags, links, buttons, words and attributes of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.buttons = 0
        self.words = ""
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href" and value]
        self.buttons += ("class", "btn") in attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def hostile(template: str, language: str = "en") -> MailText:
    """Return a mail whose every text is hostile; what is in an address is never a person's."""
    values = {
        name: HOSTILE
        for name, value in SAMPLES[template].items()
        if isinstance(value, str) and name not in IN_ADDRESSES
    }
    return a_mail(template, language, service=HOSTILE, **values)


def check_values_stay_in_place(mail: MailText, template: str) -> None:
    """Nothing is loaded, no value is markup or an address, and none begins a line or turns text."""
    found = Seen(mail.html)
    assert set(found.tags) <= PARTS
    assert not {"src", "srcset", "background", "onload"} & found.attributes
    assert all(link.startswith((BASE_URL + "/", "https://www.saavutet")) for link in found.links)
    assert not any("FORGED" in link or "forged" in link for link in found.links)
    assert "url(" not in mail.html
    assert "@import" not in mail.html
    assert "\n" not in mail.subject
    if not IN_LINES & SAMPLES[template].keys():
        assert not [line for line in mail.text.splitlines() if line.startswith("FORGED")]
    for part in (mail.subject, mail.text, mail.html):
        assert "\u202e" not in part
        assert BASE_URL + "/forged" not in part


def test_every_template_has_a_sample() -> None:
    assert set(templates.find_templates()) == set(SAMPLES)


@pytest.mark.parametrize("template", sorted(SAMPLES))
def test_a_mail_says_the_same_in_both_parts_and_in_each_language(template: str) -> None:
    mails = {language: a_mail(template, language) for language in LANGUAGES}
    assert len({mail.text for mail in mails.values()}) == len(
        {mail.html for mail in mails.values()}
    )
    assert len({mail.subject for mail in mails.values()}) == 3
    for language, mail in mails.items():
        found = Seen(mail.html)
        assert f'<html lang="{language}">' in mail.html
        assert found.buttons <= 1, "one button where there is one act"
        assert found.buttons == mail.text.count(BASE_URL)
        assert words(mail.text) <= words(found.words)
        assert "\n\n\n" not in mail.text
        assert mail.text.endswith("\n\nZone\n")
        check_values_stay_in_place(mail, template)


def words(text: str) -> set[str]:
    """Return the words of a text, without the addresses of its buttons."""
    return set(re.findall(r"\w+", re.sub(rf"{BASE_URL}\S+|https://", "", text)))


@pytest.mark.parametrize("template", sorted(SAMPLES))
def test_hostile_values_stay_in_place(template: str) -> None:
    mail = hostile(template)
    check_values_stay_in_place(mail, template)
    assert "😀" in mail.text
    assert "<script>" in mail.text, "plain text is not escaped"
    assert "<script>" not in mail.html


@pytest.mark.planted_fault("values are not escaped")
def test_without_escaping_the_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates._environment("html", "en"), "autoescape", False)
    templates._environment("html", "en").cache.clear()  # type: ignore[union-attr]
    try:
        with pytest.raises(AssertionError):
            check_values_stay_in_place(hostile("booking/booked"), "booking/booked")
    finally:
        templates._environment.cache_clear()


@pytest.mark.planted_fault("a value keeps its line breaks")
def test_values_with_line_breaks_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    filters = templates._environment("text", "en").filters
    monkeypatch.setitem(filters, "in_one_line", str)
    with pytest.raises(AssertionError):
        check_values_stay_in_place(hostile("booking/booked"), "booking/booked")


def test_a_line_keeps_its_no_break_spaces() -> None:
    assert in_one_line("45,00\u00a0€ \n 2\u202f148") == "45,00\u00a0€ 2\u202f148"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_subject_holds_a_code(language: str) -> None:
    for template in ("members/sign_in_code", "members/email_change_code"):
        mail = a_mail(template, language)
        assert "204816" not in mail.subject
        assert "204816" in mail.text
        assert "204816" in Seen(mail.html).words


def test_a_template_must_be_given_what_it_names() -> None:
    with pytest.raises(UndefinedError):
        render("members/sign_in_code", "en", {"service": "Zone"})
    with pytest.raises(FileNotFoundError):
        render("members/none", "en", {})


def test_an_unknown_language_is_english() -> None:
    assert a_mail("booking/booked", "xx").subject == a_mail("booking/booked", "en").subject


def test_the_colours_are_those_of_the_service_in_both_schemes() -> None:
    mail = a_mail("booking/booked", accent="#123456", accent_dark="#abcdef")
    assert "background:#123456" in mail.html
    light, _, dark = mail.html.partition("prefers-color-scheme: dark")
    assert "#abcdef" in dark
    assert '<meta name="color-scheme" content="light dark">' in light


def test_a_mail_arrives_with_both_parts_and_its_headers(app: Flask, settings: Settings) -> None:
    post()
    mailbox = smtp.Mailbox()
    with smtp.server(mailbox) as address:
        delivery.deliver(NOW, through(settings, address))
    [mail] = mailbox.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert (mail["Content-Language"], mail["Auto-Submitted"], mail["List-Unsubscribe"]) == (
        "fi",
        "auto-generated",
        None,
    )
    assert mail["Date"].datetime == NOW
    html = mail.get_body(("html",))
    assert html is not None
    assert "123456" in Seen(html.get_content()).words


GONE = (
    "booking/booking_cancelled",
    "booking/given_up",
    "booking/given_up_late",
    "booking/late_cancellation",
    "booking/late_cancellation_paused",
    "booking/right_ended",
    "booking/session_cancelled",
    "booking/session_not_held",
)


@pytest.mark.parametrize("template", [name for name in SAMPLES if name.startswith("booking/")])
def test_only_an_event_that_is_off_is_struck_through(template: str) -> None:
    """A cancelled class and a booked one looked the same: a glance at the mail misled."""
    time_of_it = SAMPLES[template].get("when", "")
    struck = re.search(f"line-through[^>]*>{re.escape(time_of_it)}<", a_mail(template).html)
    assert bool(struck) == (template in GONE)
