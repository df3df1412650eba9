"""Refusals of a sign-in."""

from zone.core.errors import declare

CODE_WRONG = declare(
    "code_wrong",
    401,
    fi="Koodi on väärä, vanhentunut tai jo käytetty. Tarkista se tai pyydä uusi koodi.",
    sv="Koden är fel, för gammal eller redan använd. Kontrollera den eller be om en ny kod.",
    en="The code is wrong, too old or already used. Check it, or ask for a new one.",
)
PASSWORD_WRONG = declare(
    "password_wrong",
    401,
    fi="Sähköpostiosoite tai salasana on väärä. Tarkista ne tai kirjaudu sähköpostikoodilla.",
    sv="E-postadressen eller lösenordet är fel. Kontrollera dem eller logga in med en kod per "
    "e-post.",
    en="The e-mail address or the password is wrong. Check them, or sign in with a code by e-mail.",
)
PASSWORD_WEAK = declare(
    "password_weak",
    422,
    fi="Salasanan on oltava vähintään {least} merkkiä pitkä. Valitse pidempi, esimerkiksi neljä "
    "sanaa.",
    sv="Lösenordet måste ha minst {least} tecken. Välj ett längre, till exempel fyra ord.",
    en="The password must have at least {least} characters. Choose a longer one, for example four "
    "words.",
)
