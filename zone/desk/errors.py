"""What the desk refuses, and what to do next."""

from zone.core.errors import declare

OVERRIDE_BY_MANAGER = declare(
    "override_by_manager",
    403,
    fi="Vain palvelupäällikkö voi päästää sisään vastoin sääntöä. Pyydä häntä tekemään se omilla tunnuksillaan.",
    sv="Bara servicechefen får släppa in någon mot regeln. Be hen göra det med sitt eget konto.",
    en="Only the service manager may let somebody in against the rule. Ask them to do it with their own account.",
)
WORDS_TOO_SHORT = declare(
    "words_too_short",
    422,
    fi="Kirjoita ainakin kaksi merkkiä nimestä, sähköpostiosoitteesta tai kuitin numerosta.",
    sv="Skriv minst två tecken av namnet, e-postadressen eller kvittots nummer.",
    en="Type at least two characters of the name, the e-mail address or the receipt number.",
)
