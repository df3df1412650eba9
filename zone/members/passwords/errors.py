"""Refusals of a password."""

from zone.core.errors import declare

PASSWORD_WEAK = declare(
    "password_weak",
    422,
    fi="Salasanan on oltava vähintään {least} merkkiä pitkä. Valitse pidempi, esimerkiksi neljä "
    "sanaa.",
    sv="Lösenordet måste ha minst {least} tecken. Välj ett längre, till exempel fyra ord.",
    en="The password must have at least {least} characters. Choose a longer one, for example four "
    "words.",
)
PASSWORD_LONG = declare(
    "password_long",
    422,
    fi="Salasanassa voi olla enintään {most} merkkiä. Valitse lyhyempi.",
    sv="Lösenordet får ha högst {most} tecken. Välj ett kortare.",
    en="The password may have at most {most} characters. Choose a shorter one.",
)
PASSWORD_GUESSABLE = declare(
    "password_guessable",
    422,
    fi="Salasana on liian helppo arvata: siinä on yleinen salasana, toistoa, näppäimistön "
    "järjestystä, palvelun nimi tai oma nimesi tai osoitteesi. Valitse neljä sanaa, jotka eivät "
    "liity toisiinsa eivätkä sinuun.",
    sv="Lösenordet är för lätt att gissa: det består av ett vanligt lösenord, upprepningar, "
    "tangenter i ordning, tjänstens namn eller ditt eget namn eller din adress. Välj fyra ord som "
    "inte har med varandra eller dig att göra.",
    en="The password is too easy to guess: it is made of a common password, repetition, keys in "
    "their order, the name of the service, or your own name or address. Choose four words that "
    "have nothing to do with each other or with you.",
)
CURRENT_PASSWORD_WRONG = declare(
    "current_password_wrong",
    403,
    fi="Nykyinen salasana on väärä. Tarkista se. Jos et muista sitä, pyydä ylläpitoa asettamaan "
    "uusi (zone admin password).",
    sv="Det nuvarande lösenordet är fel. Kontrollera det. Om du inte minns det, be driften ge dig "
    "ett nytt (zone admin password).",
    en="The current password is wrong. Check it. If you do not remember it, ask the operator to "
    "set a new one (zone admin password).",
)
