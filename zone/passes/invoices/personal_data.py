"""The tables of invoices that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "seller_account",
        ("recorded_by",),
        reason="who has set the account for invoices stays known, as in the audit",
    ),
    PersonalData(
        "invoice_mail",
        ("recipient",),
        reason="to whom an invoice was sent: accounting, 6 years after the accounting year",
    ),
)
