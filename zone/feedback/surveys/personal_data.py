"""The tables of surveys that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "survey_draft",
        ("changed_by",),
        reason="who changed a draft last; deleted when it is published or discarded",
    ),
)
