"""The tables of refund requests that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.passes.refund_requests.queries import own_refund_requests
from zone.passes.retention.rules import BOOKS

PERSONAL_DATA: Final = (
    PersonalData(
        "refund_request",
        ("requested_by",),
        "refund_requests",
        own_refund_requests,
        retention=BOOKS,
    ),
    PersonalData(
        "refund_decision",
        ("requested_by", "decided_by"),
        reason="who asked for a refund and who confirmed it stays known, as in the audit",
    ),
)
