"""The JSON of the words of mails."""

from typing import Any, Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.i18n import LANGUAGES
from zone.core.mail.templates import Wording
from zone.core.text import is_visible
from zone.web import fields
from zone.web.schemas import ListSchema

_VERSION: Final = validate.Range(0, 2**31 - 2)
_READ: Final = {"description": "As it was read; 0 where nobody has changed the words yet"}


class WordingSchema(Schema):
    """The words of a mail in one language, with placeholders such as `{name}`.

    Paragraphs are parted by an empty line. All three empty: the built-in words.
    """

    subject = fields.String(required=True, example="Booked: {name}, {when}")
    title = fields.String(required=True, example="See you there")
    body = fields.LongText(required=True, example="{event}\n\n{how_to_cancel}")


class ChangedWordsSchema(Schema):
    """The words of a mail in all languages."""

    version = fields.Integer(required=True, validate=_VERSION, metadata=_READ)
    fi = Nested(WordingSchema, required=True)
    sv = Nested(WordingSchema, required=True)
    en = Nested(WordingSchema, required=True)


class RestoredWordsSchema(Schema):
    """An earlier version of the words to use again; 0 are the built-in words."""

    version = fields.Integer(required=True, validate=_VERSION, metadata=_READ)
    restored = fields.Integer(required=True, validate=_VERSION)


class MailWordsRowSchema(Schema):
    """A mail. `fits` is false where changed words are left aside, since an upgrade."""

    template = fields.String(required=True, example="booking/booked")
    sent = fields.String(required=True, example="Somebody has booked a place")
    changed_at = fields.AwareDateTime(required=True, allow_none=True)
    fits = fields.Boolean(required=True)


class MailWordsListSchema(ListSchema):
    """Every mail that the service sends."""

    mails = fields.List(Nested(MailWordsRowSchema), required=True)


class PlaceholderSchema(Schema):
    """What the words may name; one that `stands_alone` is a paragraph of its own."""

    name = fields.String(required=True, example="{when}")
    meaning = fields.String(required=True, example="Its day and time")
    stands_alone = fields.Boolean(required=True)
    is_needed = fields.Boolean(required=True)


class WordsVersionSchema(Schema):
    """A version of the words; `own` are the languages that are not as built in."""

    version = fields.Integer(required=True)
    changed_at = fields.AwareDateTime(required=True)
    own = fields.List(fields.String(validate=validate.OneOf(LANGUAGES)), required=True)


class MailWordsSchema(ChangedWordsSchema):
    """The words of a mail that hold, what they may name, and the versions, the newest first."""

    template = fields.String(required=True, example="booking/booked")
    waits_at_night = fields.Boolean(required=True)
    placeholders = fields.List(Nested(PlaceholderSchema), required=True)
    versions = fields.List(Nested(WordsVersionSchema), required=True)


class MailPreviewSchema(Schema):
    """A mail as it would be sent, with sample values."""

    language = fields.String(required=True, validate=validate.OneOf(LANGUAGES))
    subject = fields.String(required=True)
    text = fields.String(required=True)


class MailPreviewsSchema(ListSchema):
    """A mail in all languages."""

    previews = fields.List(Nested(MailPreviewSchema), required=True)


def words_of(data: dict[str, Any]) -> dict[str, Wording | None]:
    """Return the words by language; None where all three parts are empty: the built-in ones."""
    texts = {language: data[language] for language in LANGUAGES}
    return {
        language: Wording(**words) if is_visible("".join(words.values())) else None
        for language, words in texts.items()
    }
