"""JSON of the browsers in which notifications are on."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.members.push.rules import LONGEST_ENDPOINT
from zone.web import fields
from zone.web.schemas import ListSchema

_BASE64URL = "[A-Za-z0-9_-]"
_EXAMPLE = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"


def _public_key(what: str) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Regexp(rf"\A{_BASE64URL}{{87}}=?\Z"),
        metadata={"description": f"{what}: an uncompressed P-256 point, 65 bytes in base64url"},
        example=_EXAMPLE,
    )


class NewPushSubscriptionSchema(Schema):
    """What `PushSubscription.toJSON()` says in a browser, and the key that it was made for."""

    endpoint = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_ENDPOINT),
        metadata={"description": "The address at the browser's push service; https, and public"},
        example="https://push.example/send/8a0b",
    )
    p256dh = _public_key("The browser's key")
    auth = fields.String(
        required=True,
        validate=validate.Regexp(rf"\A{_BASE64URL}{{22}}(==)?\Z"),
        metadata={"description": "The browser's secret, 16 bytes in base64url"},
        example="BTBZMqHH6r4Tts7J_aSIgg",
    )
    server_key = _public_key("The service's key, as `GET` gives it")


class PushBrowserSchema(Schema):
    id = fields.UUID()
    browser = fields.String(metadata={"description": "Its name; empty: unknown"}, example="Chrome")
    system = fields.String(
        metadata={"description": "What it runs on; empty: unknown"}, example="Android"
    )
    since = fields.AwareDateTime()
    current = fields.Boolean(metadata={"description": "Whether it is the one that asks"})
    endpoint = fields.String(example="https://push.example/send/8a0b")


class PushBrowsersSchema(ListSchema):
    browsers = fields.List(Nested(PushBrowserSchema))
    server_key = fields.String(
        metadata={"description": "The `applicationServerKey` to subscribe with"}, example=_EXAMPLE
    )
