"""The forms about one pass of a person."""

from zone.passes.pauses.schemas import ExtensionSchema, StaffPauseSchema, StaffReasonSchema
from zone.passes.visit_changes.schemas import VisitReturnSchema
from zone.web import fields


class PassFormSchema(StaffReasonSchema):
    """A pass of the person, and why something is done with it."""

    pass_ = fields.UUID(required=True, data_key="pass", attribute="pass")


class PassPauseFormSchema(StaffPauseSchema):
    """A pass of the person, and the days on which it is paused."""

    pass_ = fields.UUID(required=True, data_key="pass", attribute="pass")


class PassExtensionFormSchema(ExtensionSchema):
    """A pass of the person, and by how many days it lasts longer."""

    pass_ = fields.UUID(required=True, data_key="pass", attribute="pass")


class VisitReturnFormSchema(VisitReturnSchema):
    """A pass of the person, and which of its visits is given back."""

    pass_ = fields.UUID(required=True, data_key="pass", attribute="pass")
