"""JSON of phones."""

from marshmallow import Schema, validate

from zone.web import fields


class NewDeviceSchema(Schema):
    public_key = fields.String(
        required=True,
        validate=validate.Regexp(r"\A04[0-9a-fA-F]{128}\Z"),
        metadata={"description": "The uncompressed P-256 point, 65 bytes in hexadecimal"},
        example="04" + "5f" * 64,
    )
    label = fields.String(load_default="", validate=validate.Length(max=200), example="Phone")


class DeviceSchema(Schema):
    kid = fields.String(example="6b1f0c9de2a47358")
    certificate = fields.String(
        metadata={"description": "111 bytes in hexadecimal"},
        example="01" * 111,
    )
    server_time = fields.Float(metadata={"description": "UTC seconds"})
    show_long_until = fields.Float(
        metadata={"description": "UTC seconds; until then show the code with certificate"}
    )
