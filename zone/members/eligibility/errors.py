"""Refusals about proofs of affiliations."""

from zone.core.errors import declare

PROOF_DATES_REVERSED = declare(
    "proof_dates_reversed",
    422,
    fi="Todiste päättyy ennen kuin se alkaa. Tarkista päivät.",
    sv="Intyget slutar innan det börjar. Kontrollera datumen.",
    en="The proof ends before it begins. Check the dates.",
    constraints=("ck_eligibility_proof_order",),
    fields=("valid_until",),
)
PROOF_TOO_LONG = declare(
    "proof_too_long",
    422,
    fi="Todiste voi olla voimassa enintään {days} päivää, tässä {latest} asti. Merkitse "
    "aikaisempi päivä; sen jälkeen todiste näytetään uudelleen.",
    sv="Ett intyg kan gälla högst {days} dagar, här till {latest}. Ange en tidigare dag; efter den "
    "visas intyget på nytt.",
    en="A proof holds for at most {days} days, here until {latest}. Give an earlier day; after it "
    "the proof is shown again.",
    fields=("valid_until",),
)
PROOF_ALREADY_WITHDRAWN = declare(
    "proof_already_withdrawn",
    409,
    fi="Todiste on jo peruttu. Mitään ei tarvitse tehdä.",
    sv="Intyget är redan återkallat. Du behöver inte göra något.",
    en="This proof has already been withdrawn. There is nothing to do.",
    constraints=("uq_proof_withdrawal_proof_id",),
)
NO_PROOF = declare(
    "no_proof",
    409,
    fi="Tästä ei ole voimassa olevaa todistetta, jonka voisi perua. Lataa sivu uudelleen.",
    sv="Det finns inget giltigt intyg att återkalla. Ladda om sidan.",
    en="There is no proof of this that could be withdrawn. Load the page again.",
)
