"""JSON of feeds. Instants are UTC."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web.fields import AwareDateTime, Dict, List, String
from zone.web.schemas import ListSchema


class OwnFeedSchema(Schema):
    """One's own feed; its address cannot be read again."""

    created_at = AwareDateTime()
    fetched_at = AwareDateTime(
        allow_none=True, metadata={"description": "The last fetch, to the hour"}
    )


class OwnFeedsSchema(Schema):
    """One's own feed; null where there is none."""

    feed = Nested(OwnFeedSchema, allow_none=True)


class MadeFeedSchema(Schema):
    """A new address. It is shown in this answer and never again."""

    address = String(example="https://zone.example/calendar/own.ics?key=q3Yt…")


class PublicFeedSchema(Schema):
    """A feed that everybody may read."""

    address = String(example="https://zone.example/calendar/campuses/myllypuro.ics?lang=fi")
    name = Dict(keys=String(), values=String())


class CampusFeedsSchema(Schema):
    """The feed of a campus, and those of its spaces."""

    campus = Nested(PublicFeedSchema)
    spaces = List(Nested(PublicFeedSchema))


class PublicFeedsSchema(ListSchema):
    """Every feed that everybody may read."""

    campuses = List(Nested(CampusFeedsSchema))
    instructors = List(Nested(PublicFeedSchema))
