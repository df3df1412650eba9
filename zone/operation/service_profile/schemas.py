"""The JSON of the service's own data."""

from typing import Any, Final

from marshmallow import Schema, validate

from zone.core.service_profile.rules import DEFAULT_ACCENT, ServiceProfile
from zone.web import fields

_VERSION: Final = {"description": "As it was read; 0 where nobody has saved it yet"}
_LONGEST: Final = validate.Length(max=200)
_HOUR: Final = validate.Range(0, 23)
_MAIL: Final = validate.Regexp(r"(|[^@\s<>]{1,64}@[A-Za-z0-9.-]{1,190})\Z")


class ServiceProfileSchema(Schema):
    """The service's own data: names, contact, accent colour and seller."""

    name = fields.String(example="Zone campus sports")
    short_name = fields.String(example="Zone")
    email = fields.String(example="zone@example.org")
    phone = fields.String(example="+358 9 123 4567")
    address = fields.String(example="Esimerkkikatu 1, 00100 Helsinki")
    accent = fields.String(example=DEFAULT_ACCENT)
    seller_name = fields.String(example="Esimerkki Liikuntapalvelut")
    seller_address = fields.String(example="Esimerkkikatu 1, 00100 Helsinki")
    seller_business_id = fields.String(example="1234567-1")
    seller_vat = fields.Boolean()
    quiet_from = fields.Integer(example=22)
    quiet_until = fields.Integer(example=8)
    version = fields.Integer()


class ChangedServiceProfileSchema(Schema):
    """The whole of the service's own data; what is left out is empty."""

    name = fields.String(required=True, validate=validate.Length(1, 60), example="Zone")
    # Home screens show about twelve letters of it, and the head of a page on a phone twenty.
    short_name = fields.String(required=True, validate=validate.Length(1, 20), example="Zone")
    email = fields.String(load_default="", validate=_MAIL, example="zone@example.org")
    phone = fields.String(load_default="", validate=validate.Regexp(r"[0-9 +()/-]{0,30}\Z"))
    address = fields.String(load_default="", validate=_LONGEST)
    accent = fields.String(
        load_default=DEFAULT_ACCENT,
        validate=validate.Regexp(r"#[0-9a-f]{6}\Z"),
        example=DEFAULT_ACCENT,
        metadata={"description": "Small letters; it must be readable on white at WCAG AA"},
    )
    seller_name = fields.String(load_default="", validate=_LONGEST)
    seller_address = fields.String(load_default="", validate=_LONGEST)
    seller_business_id = fields.String(load_default="", validate=validate.Length(max=30))
    seller_vat = fields.Boolean(load_default=False)
    quiet_from = fields.Integer(
        load_default=22,
        validate=_HOUR,
        metadata={"description": "The hour from which mails wait that can; as `quiet_until`: none"},
    )
    quiet_until = fields.Integer(load_default=8, validate=_HOUR)
    version = fields.Integer(
        required=True, validate=validate.Range(0, 2**31 - 2), metadata=_VERSION
    )


def profile_json(profile: ServiceProfile) -> dict[str, Any]:
    """Return the service's own data in the shape of the schemas."""
    return {**profile.values, "version": profile.version}
