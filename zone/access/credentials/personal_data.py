"""The tables of credentials that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("credential", ("member_id", "kid"), reason="the phones of the account"),
    PersonalData(
        "phone_replacement",
        ("member_id", "recorded_by"),
        reason="who replaced whose phone: theft is noticed late",
    ),
)
