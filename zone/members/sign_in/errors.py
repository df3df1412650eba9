"""Refusals of a sign-in."""

from zone.core.errors import declare

CODE_WRONG = declare(
    "code_wrong",
    401,
    fi="Koodi on väärä, vanhentunut, jo käytetty tai pyydetty toisessa selaimessa. Tarkista se tai "
    "pyydä uusi koodi tässä selaimessa.",
    sv="Koden är fel, för gammal, redan använd eller begärd i en annan webbläsare. Kontrollera "
    "den eller be om en ny kod i den här webbläsaren.",
    en="The code is wrong, too old, already used, or was asked for in another browser. Check it, "
    "or ask for a new one in this browser.",
    fields=("code",),
)
PASSWORD_WRONG = declare(
    "password_wrong",
    401,
    fi="Sähköpostiosoite tai salasana on väärä. Tarkista ne tai kirjaudu sähköpostikoodilla.",
    sv="E-postadressen eller lösenordet är fel. Kontrollera dem eller logga in med en kod per "
    "e-post.",
    en="The e-mail address or the password is wrong. Check them, or sign in with a code by e-mail.",
)
NOBODY_IN_DEMO = declare(
    "nobody_in_demo",
    422,
    fi="Kenelläkään tässä demossa ei ole tätä osoitetta. Valitse jokin keksityistä henkilöistä.",
    sv="Ingen i denna demo har den adressen. Välj någon av de påhittade personerna.",
    en="Nobody in this demo has this address. Choose one of the invented people.",
    fields=("anybody",),
)
