"""Refusals of a change of one's e-mail address."""

from zone.core.errors import declare

EMAIL_UNCHANGED = declare(
    "email_unchanged",
    422,
    fi="Tämä on jo sähköpostiosoitteesi. Kirjoita osoite, johon haluat vaihtaa.",
    sv="Det här är redan din e-postadress. Skriv den adress som du vill byta till.",
    en="This is your e-mail address already. Type the address that you want to change to.",
    fields=("email",),
)
