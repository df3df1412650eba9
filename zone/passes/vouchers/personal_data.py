"""The tables of vouchers that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "voucher",
        ("created_by",),
        reason="who made a discount code stays known, as in the audit",
    ),
)
