"""Refusals about institutions and affiliations."""

from zone.core.errors import declare

INSTITUTION_UNKNOWN = declare(
    "institution_unknown",
    422,
    fi="Korkeakoulua ei tunneta. Valitse se luettelosta.",
    sv="Högskolan är okänd. Välj den i listan.",
    en="This institution is not known. Choose one from the list.",
    fields=("institution",),
)
AFFILIATION_EXISTS = declare(
    "affiliation_exists",
    409,
    fi="Sama korkeakoulu ja rooli on jo merkitty. Lisää siihen uusi todiste.",
    sv="Samma högskola och roll är redan antecknad. Lägg till ett nytt intyg för den.",
    en="The same institution and role are already there. Add a new proof to them.",
    constraints=("uq_affiliation_member_id_institution_id_role",),
)
AFFILIATION_ROLE_UNKNOWN = declare(
    "affiliation_role_unknown",
    422,
    fi="Rooli on joko opiskelija tai henkilökunta. Valitse toinen niistä.",
    sv="Rollen är antingen studerande eller personal. Välj en av dem.",
    en="The role is either student or staff. Choose one of them.",
    constraints=("ck_affiliation_role",),
    fields=("role",),
)
