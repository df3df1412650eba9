"""The tables of answers that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention
from zone.feedback.answers.queries import own_participations

PERSONAL_DATA: Final = (
    PersonalData(
        "survey_participation",
        ("member_id",),
        "surveys_answered",
        own_participations,
        retention=Retention("until the survey closes", "feedback.close"),
    ),
)
