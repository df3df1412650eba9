"""The forms of the page Status."""

from marshmallow import Schema, validate

from zone.web import fields


class OpenOnceForm(Schema):
    """Why a door is opened from afar."""

    reason = fields.String(required=True, validate=fields.reason_of(500))


class DoorForm(Schema):
    """A door's bridge; without one nobody gets in."""

    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))
    bridge = fields.UUID(load_default=None, allow_none=True)


class DoorPolicyForm(Schema):
    """The last day on which the word of bridges counts that cannot prove it; empty: none."""

    version = fields.Integer(required=True, validate=validate.Range(1, 2**31 - 2))
    unproven_until = fields.Date(load_default=None, allow_none=True)


class BridgeForm(Schema):
    """A bridge that is revoked: nothing is typed."""
