"""The JSON of a session that is no weekly class."""

from datetime import datetime, timedelta
from typing import Any

from marshmallow import validates_schema

from zone.booking.class_forms.schemas import SpaceChoice
from zone.booking.weekly_classes.schemas import SessionDetailsRequest, valid_day
from zone.core.time import Window, from_helsinki
from zone.web.fields import Date, refuse_skipped


class NewSessionRequest(SessionDetailsRequest):
    """A session on one day, Helsinki wall clock.

    Without `space` it is online; without `capacity` it has the places of the space.
    """

    day = Date(required=True, validate=valid_day, example="2026-10-03")

    @validates_schema
    def check_clock(self, data: dict[str, Any], **_: Any) -> None:
        refuse_skipped(starts_at=(data["day"], data["starts_at"]))


class NewSessionForm(SpaceChoice, NewSessionRequest):
    """The form of a single session."""


def span_from(data: dict[str, Any]) -> Window:
    """Return when a session is to be held, from the data of `NewSessionRequest`."""
    start: datetime = from_helsinki(data["day"], data["starts_at"])
    return start, start + timedelta(minutes=data["minutes"])
