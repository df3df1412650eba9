"""The mails and their words as managers see them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from zone.core.i18n import LANGUAGES, translatable, translate
from zone.core.mail.kinds import KINDS, MailKind
from zone.core.mail.templates import BASE_URL, MailText, Wording, render, render_words
from zone.core.mail_words.queries import WordsVersion, shown_words
from zone.core.mail_words.rules import (
    BRACE,
    EMPTY,
    LONGEST,
    MISSING,
    NOT_ALONE,
    TOO_LONG,
    UNKNOWN,
    blocks_of,
    values_of,
)

GROUPS: Final[Mapping[str, str]] = {
    "booking": translatable("Bookings and the queue"),
    "passes": translatable("Passes and payments"),
    "members": translatable("Accounts and roles"),
    "access": translatable("Doors"),
    "desk": translatable("Desk"),
    "feedback": translatable("Feedback"),
}
_SENTENCES: Final[Mapping[str, str]] = {
    EMPTY: translatable(
        "Write something here, or leave all three parts empty for the standard text."
    ),
    TOO_LONG: translatable("This is too long: at most {longest} letters."),
    BRACE: translatable("A brace stands alone. Write {{ or }} if you mean the sign itself."),
    UNKNOWN: translatable("This mail has no {name}. Look at the list of what it knows."),
    MISSING: translatable("This mail needs {name}, in the text."),
    NOT_ALONE: translatable(
        "{name} has to stand in the text, in a paragraph of its own, with an empty line before "
        "and after it."
    ),
}


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail in the list. `fits` is false where changed words were left aside by an upgrade."""

    path: str
    sent: str
    subject: str
    changed_at: datetime | None
    fits: bool


@dataclass(frozen=True, slots=True)
class PlaceholderRow:
    """A placeholder with its braces; `stands_alone`: in a paragraph of its own."""

    name: str
    meaning: str
    stands_alone: bool
    is_needed: bool


@dataclass(frozen=True, slots=True)
class MailPreview:
    """A mail as it would be sent in a language, in its plain form."""

    language: str
    subject: str
    text: str


def mail_groups(
    changed: Mapping[str, datetime],
    words: Mapping[str, Wording],
    unfit: Iterable[str],
    language: str,
) -> list[tuple[str, list[MailRow]]]:
    """Return the mails by feature; `words` are those that hold in the reader's language."""
    unfit = set(unfit)
    groups: dict[str, list[MailRow]] = {feature: [] for feature in GROUPS}
    for template, kind in KINDS.items():
        row = MailRow(
            f"/manage/mails/{template}",
            translate(kind.sent, language),
            words[template].subject,
            changed.get(template),
            template not in unfit,
        )
        groups[template.partition("/")[0]].append(row)
    return [(translate(GROUPS[feature], language), rows) for feature, rows in groups.items()]


def placeholder_rows(kind: MailKind, language: str) -> list[PlaceholderRow]:
    """Return what the words of a mail may name, the parts that stand alone first."""
    found = [
        *((name, meaning, True) for name, meaning in blocks_of(kind).items()),
        *((name, meaning, False) for name, meaning in values_of(kind).items()),
    ]
    return [
        PlaceholderRow(f"{{{name}}}", translate(meaning, language), alone, name in kind.needs)
        for name, meaning, alone in found
    ]


def misfit_sentence(misfit: Mapping[str, Any], language: str) -> str:
    """Return what a person can do about a part of words that does not fit."""
    sentence = translate(_SENTENCES[misfit["problem"]], language)
    if misfit["problem"] == BRACE:  # whose braces are meant as they stand
        return sentence
    return sentence.format(name=f"{{{misfit['placeholder']}}}", longest=LONGEST[misfit["part"]])


def previews(
    template: str, words: Mapping[str, Wording | None], mark: tuple[str, str], base_url: str
) -> list[MailPreview]:
    """Return a mail in each language with sample values; None: in the built-in words."""
    service, accent = mark
    shared = {"service": service, "accent": accent, "accent_dark": accent}
    found = []
    for language in LANGUAGES:
        params, own = KINDS[template].samples(language) | shared, words[language]
        mail = (
            render_words(template, language, params, own)
            if own
            else render(template, language, params)
        )
        found.append(_preview(language, mail, base_url))
    return found


def _preview(language: str, mail: MailText, base_url: str) -> MailPreview:
    return MailPreview(language, mail.subject, mail.text.replace(BASE_URL, base_url))


def words_json(template: str, version: WordsVersion) -> dict[str, Any]:
    """Return the words that hold, by language, in the shape of the schemas and the form."""
    return {
        "version": version.version,
        **{
            language: {"subject": words.subject, "title": words.title, "body": words.body}
            for language, words in shown_words(template, version).items()
        },
    }
