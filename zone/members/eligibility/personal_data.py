"""The tables of eligibility that name people."""

from typing import Final

from zone.core.personal_data import PersonalData
from zone.members.eligibility.queries import own_proofs

PERSONAL_DATA: Final = (
    PersonalData(
        "eligibility_proof",
        ("recorded_by",),
        "proofs",
        own_proofs,
        reason="who recorded a proof stays known, as in the audit",
    ),
    PersonalData(
        "proof_withdrawal",
        ("recorded_by",),
        reason="who withdrew a proof stays known, as in the audit",
    ),
)
