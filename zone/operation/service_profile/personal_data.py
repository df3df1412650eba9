"""The tables of service profile that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "service_profile",
        ("email",),
        reason="the contact that the service publishes",
    ),
)
