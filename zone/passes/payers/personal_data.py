"""The tables of payers that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "payer",
        ("email",),
        reason="where an institution wants its invoices, often the address of who handles them; "
        "a manager changes it",
    ),
)
