"""Refusals about API tokens."""

from zone.core.errors import declare

SCOPE_NOT_YOURS = declare(
    "scope_not_yours",
    403,
    fi="Et voi antaa avaimelle oikeutta, jota sinulla ei ole: {scopes}. Jätä se pois tai pyydä "
    "rooli ensin.",
    sv="Du kan inte ge nyckeln en rätt som du inte har: {scopes}. Lämna bort den eller be först om "
    "rollen.",
    en="You cannot give a token a right that you do not have: {scopes}. Leave it out, or ask for "
    "the role first.",
)
TOKEN_EXPIRY_INVALID = declare(
    "token_expiry_invalid",
    422,
    fi="Avaimen on päätyttävä tulevaisuudessa ja vuoden sisällä. Valitse toinen päättymisaika.",
    sv="Nyckeln ska upphöra i framtiden och inom ett år. Välj en annan sluttid.",
    en="A token must end in the future and within a year. Choose another time.",
    constraints=("ck_api_token_order",),
)
