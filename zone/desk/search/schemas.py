"""The JSON of a search, and what to do where it found nobody."""

from typing import Final

from flask_babel import gettext as _
from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema

LONGEST_WORDS: Final = 254
"""As long as an e-mail address may be."""


class SearchSchema(Schema):
    words = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_WORDS),
        metadata={
            "description": "A part of the name or of the address, a receipt's number, "
            "or a scanned printed code"
        },
    )


class FoundPersonSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Aino Esimerkki")
    email = fields.String(example="aino@example.org")
    eligible_until = fields.Date(
        allow_none=True, metadata={"description": "The last day, included; null: not proven"}
    )
    pass_until = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Not included; null: no pass"}
    )


class FoundPeopleSchema(ListSchema):
    people = fields.List(Nested(FoundPersonSchema))
    hint = fields.String(
        allow_none=True, metadata={"description": "What to do where nobody was found"}
    )


def nobody_found_hint() -> str:
    """Return what to do where a search found nobody, in the reader's language."""
    hint: str = _(
        "Nobody was found. Try fewer letters, the e-mail address, or the number on a receipt. "
        "Who has never signed in to Zone is not here yet: ask them to sign in first."
    )
    return hint
