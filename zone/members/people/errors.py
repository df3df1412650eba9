"""Refusals about people and their e-mail addresses."""

from zone.core.errors import declare

MEMBER_EXISTS = declare(
    "member_exists",
    409,
    fi="Tällä sähköpostiosoitteella on jo tili. Kirjaudu sillä sisään.",
    sv="Det finns redan ett konto med den här e-postadressen. Logga in med den.",
    en="There is already an account with this e-mail address. Sign in with it.",
    constraints=("uq_member_email",),
    fields=("email",),
)
EMAIL_INVALID = declare(
    "email_invalid",
    422,
    fi="Sähköpostiosoite ei kelpaa. Tarkista se ja yritä uudelleen.",
    sv="E-postadressen duger inte. Kontrollera den och försök igen.",
    en="This e-mail address is not valid. Check it and try again.",
    fields=("email",),
)
