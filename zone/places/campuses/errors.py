"""Refusals about campuses."""

from zone.core.errors import declare

ADDRESS_INCOMPLETE = declare(
    "address_incomplete",
    422,
    "Give street, postal code and city together, or leave all three empty.",
    constraints=("ck_campus_address",),
    fields=("street", "postal_code", "city"),
)
POSITION_INCOMPLETE = declare(
    "position_incomplete",
    422,
    "Give latitude and longitude together, or leave both empty.",
    constraints=("ck_campus_position",),
    fields=("latitude", "longitude"),
)
