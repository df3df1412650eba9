"""The tables of roles that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("role_grant", ("member_id",), reason="who may do what, and since when"),
)
