"""The tables of invoice payments that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "invoice_payment",
        ("recorded_by",),
        reason="accounting: 6 years after the accounting year",
    ),
)
