"""Refusals about proofs of affiliations."""

from zone.core.errors import declare

PROOF_DATES_REVERSED = declare(
    "proof_dates_reversed",
    422,
    "The proof ends before it begins. Check the dates.",
    constraints=("ck_eligibility_proof_order",),
    fields=("valid_until",),
)
PROOF_TOO_LONG = declare(
    "proof_too_long",
    422,
    "A proof holds for at most {days} days, here until {latest}. Give an earlier day; after it "
    "the proof is shown again.",
    fields=("valid_until",),
)
PROOF_ALREADY_WITHDRAWN = declare(
    "proof_already_withdrawn",
    409,
    "This proof has already been withdrawn. There is nothing to do.",
    constraints=("uq_proof_withdrawal_proof_id",),
)
NO_PROOF = declare(
    "no_proof",
    409,
    "There is no proof of this that could be withdrawn. Load the page again.",
)
