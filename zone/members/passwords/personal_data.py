"""The tables of passwords that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "staff_password",
        ("member_id",),
        exported=False,
        reason="the password of the account, hashed",
    ),
)
