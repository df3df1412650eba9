"""The tables of jobs that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention

PERSONAL_DATA: Final = (
    PersonalData("kept_answer", ("actor_id",), retention=Retention("7 days", "operation.sweep")),
)
