"""The HTML part of a mail: the words of its text, nothing loaded, no foreign markup."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask

from tests.core.mail.test_delivery import NOW, post, through
from tests.world import smtp
from zone.core.config import Settings
from zone.core.i18n import LANGUAGES
from zone.core.mail import delivery
from zone.core.mail import html as mail_html
from zone.core.mail import service as mail_service
from zone.core.mail.html import html_of

pytestmark = pytest.mark.engines("sqlite")

TEXT = """Your pass ends soon.

Buy the next one now: it begins when this one ends, so that no day is
lost.

Yoga & stretching
Tue 22 Sept 17.30

https://zone.example/buy?a=1&b=2

Or write to https://zone.example/help.

Zone
"""
HOSTILE = (
    '<img src="https://evil.example/pixel.png"><script>alert(1)</script>'
    '<a href="javascript:x">me</a>'
)


class Seen(HTMLParser):
    """The tags, links, words and attributes of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_data(self, data: str) -> None:
        self.words += data


def seen(text: str, language: str = "en") -> Seen:
    reader = Seen()
    reader.feed(html_of(text, title="A title", language=language, service="Zone"))
    return reader


def plain(words: str) -> str:
    return " ".join(re.sub(r"https?://\S+", "", words).split())


def test_the_html_has_the_words_of_the_text_and_links_its_addresses() -> None:
    found = seen(TEXT)
    assert plain(found.words).removeprefix("A title Zone ").replace("Open the page ", "") == plain(
        TEXT
    )
    assert found.links == ["https://zone.example/buy?a=1&b=2", "https://zone.example/help"]
    assert found.tags.count("br") == 1, "short lines stay, broken lines are joined"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_button_is_named_in_the_readers_language(language: str) -> None:
    assert mail_html.OPEN[language] in seen("https://zone.example/pass", language).words


def check_loads_nothing_from_outside(found: Seen) -> None:
    """The document has no picture, script, style sheet or markup from a person's text."""
    assert set(found.tags) <= {"html", "head", "meta", "title", "body", "div", "p", "br", "a"}
    assert all(link.startswith("https://") for link in found.links)
    assert not {"src", "srcset", "background", "onload"} & found.attributes


def test_text_of_a_person_is_shown_and_not_interpreted_as_markup() -> None:
    found = seen(f"Why: {HOSTILE}")
    check_loads_nothing_from_outside(found)
    assert HOSTILE in found.words


@pytest.mark.planted_fault("values are not escaped")
def test_without_escaping_a_foreign_picture_fails_the_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail_html, "escape", lambda text: text)
    with pytest.raises(AssertionError):
        check_loads_nothing_from_outside(seen(f"Why: {HOSTILE}"))


def test_a_mail_has_both_parts_and_its_headers(app: Flask, settings: Settings) -> None:
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
    assert "Koodisi on 123456" in html.get_content()
    assert '<html lang="fi">' in html.get_content()


def test_every_template_makes_a_valid_document() -> None:
    files = sorted(mail_service.PACKAGE.glob("**/mail/*.txt"))
    assert files
    for file in files:
        _, _, body = file.read_text("utf-8").partition("\n\n")
        check_loads_nothing_from_outside(seen(body.replace("$url", "https://zone.example/")))
