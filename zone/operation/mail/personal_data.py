"""The tables of mail that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention

PERSONAL_DATA: Final = (
    PersonalData(
        "outbox",
        ("recipient",),
        retention=Retention("30 days after a mail was sent or given up", "operation.sweep"),
    ),
)
