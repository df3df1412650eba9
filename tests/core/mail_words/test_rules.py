"""The words of mails with placeholders: what fits, and what a mail in changed words says."""

import pytest

from tests.core.mail.test_templates import HOSTILE, Seen, check_values_stay_in_place
from tests.world.mails import SAMPLES
from zone.core.i18n import LANGUAGES
from zone.core.mail import templates
from zone.core.mail.kinds import BLOCKS, KINDS, MailKind, declare_mails
from zone.core.mail.templates import BASE_URL, MailText, Wording, built_in_words, render_words
from zone.core.mail_words.rules import (
    BRACE,
    EMPTY,
    MISSING,
    NOT_ALONE,
    TOO_LONG,
    UNKNOWN,
    Misfit,
    blocks_of,
    clean_words,
    misfits,
    values_of,
)

pytestmark = pytest.mark.engines("sqlite")

MARK = {"service": "Zone", "accent": "#0b4a3c", "accent_dark": "#bfe9d3"}
BODY = "Hi!\n\n{event}\n\nSee you {when} in {where}.\nBring a towel.\n\n{how_to_cancel}"
OWN = Wording("See you: {name}", "You are in", BODY)


def written(words: Wording, template: str = "booking/booked", **values: object) -> MailText:
    return render_words(template, "en", {**MARK, **SAMPLES[template], **values}, words)


def wrong(words: Wording, template: str = "booking/booked") -> set[tuple[str, str, str]]:
    found = misfits(template, clean_words(words))
    return {(one.part, one.problem, one.name) for one in found}


def test_every_mail_is_declared() -> None:
    assert set(KINDS) == set(templates.find_templates())


def test_a_mail_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        declare_mails(KINDS["booking/booked"])


@pytest.mark.parametrize("template", sorted(KINDS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_built_in_words_fit_their_mail(template: str, language: str) -> None:
    words = built_in_words(template, language)
    assert clean_words(words) == words
    assert misfits(template, words) == ()
    assert not any("\ue001" <= c <= "\ue004" for c in words.subject + words.title + words.body)


@pytest.mark.parametrize("template", sorted(KINDS))
def test_each_part_of_a_template_has_a_meaning_and_each_need_is_there(template: str) -> None:
    kind = KINDS[template]
    assert set(kind.blocks) <= set(blocks_of(kind)), "a part that the template does not have"
    assert set(kind.needs) <= set(blocks_of(kind)) | set(values_of(kind))
    assert all(blocks_of(kind).values())
    assert not set(kind.values) & set(BLOCKS)


@pytest.mark.parametrize("template", sorted(KINDS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_in_its_built_in_words_says_what_the_template_says(
    template: str, language: str
) -> None:
    params = {**MARK, **KINDS[template].samples(language)}
    changed = render_words(template, language, params, built_in_words(template, language))
    built_in = templates.render(template, language, params)
    assert changed.subject == built_in.subject
    assert changed.text == built_in.text
    assert Seen(changed.html).words.split() == Seen(built_in.html).words.split()
    assert Seen(changed.html).links == Seen(built_in.html).links


def test_changed_words_are_the_mail_in_both_parts() -> None:
    mail = written(OWN)
    assert mail.subject == "See you: Back yoga"
    said = Seen(mail.html).words
    for sentence in ("You are in", "Hi!", "Bring a towel.", "give up your place by"):
        assert sentence in mail.text
        assert sentence in said
    assert "See you Tue 1 Dec 17.30 in Metropolia Myllypuro, Studio.\nBring a towel." in mail.text
    assert mail.text.endswith("\n\nZone\n"), "the ending is not the manager's"
    assert mail.text.count(BASE_URL) == Seen(mail.html).buttons == 1
    assert "<br>" in mail.html


def test_a_part_that_has_nothing_to_say_leaves_no_gap() -> None:
    words = built_in_words("passes/refund", "en")
    mail = written(words, "passes/refund", has_pass=False)
    assert "The pass has ended" not in mail.text
    assert "<p" not in mail.html.partition("</h1>")[2].partition("The money goes back")[0][:-40]
    assert "\n\n\n" not in mail.text


def test_a_value_is_never_read_as_a_placeholder_or_as_markup() -> None:
    values = dict.fromkeys(("name", "when", "where"), HOSTILE)
    mail = written(OWN, **values)
    check_values_stay_in_place(mail, "booking/booked")
    assert "{{ name }}" in mail.text, "braces of a value stay as they are"
    mail = written(OWN, name="{where}")
    assert mail.subject == "See you: {where}"


def test_words_are_no_template_and_no_markup() -> None:
    body = OWN.body + "\n\n{{ 7 }} %(name)s <b>bold</b> \ue000/forged"
    words = clean_words(Wording("A\r\nBcc: x@example.org", "<i>T</i>", body))
    assert misfits("booking/booked", words) == ()
    mail = written(words)
    assert mail.subject == "A Bcc: x@example.org"
    assert "{ 7 } %(name)s <b>bold</b>" in mail.text
    assert "<b>" not in mail.html
    assert "<i>" not in mail.html
    assert BASE_URL + "/forged" not in mail.text + mail.html


@pytest.mark.planted_fault("the words of managers are not escaped")
def test_without_escaping_words_are_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates._environment("html", "en"), "autoescape", False)
    templates._environment("html", "en").cache.clear()  # type: ignore[union-attr]
    try:
        with pytest.raises(AssertionError):
            test_words_are_no_template_and_no_markup()
    finally:
        templates._environment.cache_clear()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (Wording("", OWN.title, BODY), ("subject", EMPTY, "")),
        (Wording("\u3164", OWN.title, BODY), ("subject", EMPTY, "")),
        (Wording("x" * 151, OWN.title, BODY), ("subject", TOO_LONG, "")),
        (Wording(OWN.subject, "{code}", BODY), ("title", UNKNOWN, "code")),
        (Wording(OWN.subject, OWN.title, BODY + " {Class Name}"), ("body", UNKNOWN, "Class Name")),
        (Wording(OWN.subject, OWN.title, BODY + " {}"), ("body", UNKNOWN, "")),
        (Wording(OWN.subject, OWN.title, BODY + " {name"), ("body", BRACE, "")),
        (Wording(OWN.subject, OWN.title, BODY + " name}"), ("body", BRACE, "")),
        (Wording("{event}", OWN.title, BODY), ("subject", NOT_ALONE, "event")),
        (Wording(OWN.subject, OWN.title, BODY + " {event}"), ("body", NOT_ALONE, "event")),
        (Wording(OWN.subject, OWN.title, "{event}"), ("body", MISSING, "how_to_cancel")),
        (Wording(OWN.subject, OWN.title, "x" * 4001), ("body", TOO_LONG, "")),
    ],
)
def test_what_does_not_fit_is_named(words: Wording, found: tuple[str, str, str]) -> None:
    assert wrong(OWN) == set()
    assert found in wrong(words)


def test_an_offer_keeps_its_link_and_a_sign_in_mail_its_code() -> None:
    offer = Wording("A place", "A place", "{event}\n\nUntil {until}.")
    assert wrong(offer, "booking/queue_offer") == {("body", MISSING, "button")}
    code = Wording("Code", "Code", "Hello.")
    assert wrong(code, "members/sign_in_code") == {("body", MISSING, "code")}
    in_subject = Wording("{code}", "Code", "{code}")
    assert wrong(in_subject, "members/sign_in_code") == {("subject", NOT_ALONE, "code")}


def test_doubled_braces_are_one() -> None:
    mail = written(Wording("{{name}} {name}", OWN.title, BODY))
    assert mail.subject == "{name} Back yoga"


def test_a_misfit_says_where() -> None:
    assert Misfit("body", UNKNOWN, "x") in misfits(
        "booking/booked", Wording(OWN.subject, OWN.title, BODY + " {x}")
    )


def test_every_kind_has_a_reason_for_its_night() -> None:
    def has_reason(kind: MailKind) -> bool:
        return bool(kind.night.why and kind.sent)

    assert all(has_reason(kind) for kind in KINDS.values())
