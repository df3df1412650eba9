"""The tables of affiliations that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.members.affiliations.queries import own_affiliations

PERSONAL_DATA: Final = (
    PersonalData(
        "affiliation",
        ("member_id",),
        "affiliations",
        own_affiliations,
        reason="proves the right to use the service",
    ),
)
