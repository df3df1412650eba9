"""JSON of phones."""

from marshmallow import Schema, fields, validate


class NewDeviceSchema(Schema):
    public_key = fields.String(
        required=True,
        validate=validate.Regexp(r"\A04[0-9a-fA-F]{128}\Z"),
        metadata={"description": "The uncompressed P-256 point, 65 bytes in hexadecimal"},
    )
    label = fields.String(load_default="", validate=validate.Length(max=200))


class DeviceSchema(Schema):
    kid = fields.String()
    certificate = fields.String(metadata={"description": "111 bytes in hexadecimal"})
    server_time = fields.Float(metadata={"description": "UTC seconds"})
    show_long_until = fields.Float(
        metadata={"description": "UTC seconds; until then show the code with certificate"}
    )
