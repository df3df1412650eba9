"""The tables of people that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("member", ("email", "name", "holder"), reason="the account itself"),
    # Derived from the name: not exported a second time.
    PersonalData(
        "name_trigram",
        ("member_id",),
        exported=False,
        reason="finds the account by its name, and changes with it",
    ),
)
