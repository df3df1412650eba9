"""What a search of the desk refuses."""

from zone.core.errors import declare

WORDS_TOO_SHORT = declare(
    "words_too_short",
    422,
    fi="Kirjoita ainakin kaksi merkkiä nimestä, sähköpostiosoitteesta tai kuitin numerosta.",
    sv="Skriv minst två tecken av namnet, e-postadressen eller kvittots nummer.",
    en="Type at least two characters of the name, the e-mail address or the receipt number.",
    fields=("words",),
)
