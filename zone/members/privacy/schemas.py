"""JSON of the export of one's own data."""

from marshmallow import Schema

from zone.web.fields import AwareDateTime, Dict, List, String

_ROWS = List(Dict(keys=String()), required=True)


class OwnDataSchema(Schema):
    """What the service keeps of a person. `other` has the rows of every further table that names
    them.
    """

    exported_at = AwareDateTime(required=True)
    person = Dict(keys=String(), required=True)
    affiliations = _ROWS
    proofs = _ROWS
    passes = _ROWS
    pass_events = _ROWS
    pass_visits = _ROWS
    returned_visits = _ROWS
    pass_origins = _ROWS
    taken_over_passes = _ROWS
    taken_over_cards = _ROWS
    orders = _ROWS
    receipts = _ROWS
    receipt_lines = _ROWS
    payments = _ROWS
    refunds = _ROWS
    refund_lines = _ROWS
    refund_requests = _ROWS
    bookings = _ROWS
    marks = _ROWS
    notifications = _ROWS
    booking_bans = _ROWS
    basket = _ROWS
    basket_codes = _ROWS
    draws = _ROWS
    calendar_feed = _ROWS
    visits = _ROWS
    surveys_answered = _ROWS
    staff_actions_about_me = _ROWS
    other = Dict(keys=String(), values=List(Dict(keys=String())), required=True)
