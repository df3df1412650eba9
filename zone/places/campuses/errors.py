"""Refusals about campuses."""

from zone.core.errors import declare

ADDRESS_INCOMPLETE = declare(
    "address_incomplete",
    422,
    "Give street, postal code and city together, or leave all three empty.",
    constraints=("ck_campus_address",),
    fields=("street", "postal_code", "city"),
)
CAMPUS_EXISTS = declare(
    "campus_exists",
    409,
    "There is already a campus with this code. Look at it, or choose another code.",
    constraints=("uq_campus_code",),
    fields=("code",),
)
POSITION_INCOMPLETE = declare(
    "position_incomplete",
    422,
    "Give latitude and longitude together, or leave both empty.",
    constraints=("ck_campus_position",),
    fields=("latitude", "longitude"),
)
