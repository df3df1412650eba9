"""JSON of conflicts, and what each kind says to staff."""

from typing import Final

from flask_babel import lazy_gettext
from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.access.conflicts.rules import KINDS
from zone.web import fields
from zone.web.schemas import ListSchema

TITLES: Final = {
    "code_twice": lazy_gettext("One code opened two doors"),
    "person_twice": lazy_gettext("Came in twice in a short time"),
    "two_campuses": lazy_gettext("At two campuses at once"),
    "revoked": lazy_gettext("Came in with a phone that was removed"),
    "suspended": lazy_gettext("Came in while suspended"),
    "clock_ahead": lazy_gettext("An entry from the future"),
}
STEPS: Final = {
    "code_twice": lazy_gettext(
        "Somebody may have passed on a picture of the code. Ask the person, and remove their "
        "phones if in doubt."
    ),
    "person_twice": lazy_gettext(
        "Two boxes had not heard of each other yet. Ask the person whether somebody came in with "
        "their pass."
    ),
    "two_campuses": lazy_gettext(
        "Nobody travels so fast. Ask the person, and remove their phones if in doubt."
    ),
    "revoked": lazy_gettext(
        "The door did not know it yet. Check the network of its box; if the phone was stolen, tell "
        "those who work there."
    ),
    "suspended": lazy_gettext(
        "The door did not know it yet. Check the network of its box, and talk to the person."
    ),
    "clock_ahead": lazy_gettext("Check the clock of the box: its times are wrong."),
}


class AdmissionSchema(Schema):
    door = fields.String(example="Gym door")
    area = fields.String(example="Gym")
    campus = fields.String(example="Metropolia Myllypuro")
    at = fields.AwareDateTime()


class ConflictSchema(Schema):
    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(KINDS))
    person = fields.UUID(
        allow_none=True, metadata={"description": "Their name is with `/members/{id}`"}
    )
    admission = Nested(AdmissionSchema)
    other = Nested(AdmissionSchema, allow_none=True)
    found_at = fields.AwareDateTime()


class ConflictsSchema(ListSchema):
    conflicts = fields.List(Nested(ConflictSchema))
