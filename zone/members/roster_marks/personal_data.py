"""The tables of roster marks that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "roster_mark",
        ("member_id",),
        reason="tells bridges whose rights changed; a member's newest mark only",
    ),
)
