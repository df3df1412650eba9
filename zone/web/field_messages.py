"""Messages about invalid fields, in the reader's language.

The English sentences of marshmallow and of `zone.web.blueprint` are translated when the response is
written. A sentence of our own schemas passes unchanged unless it is listed here.
"""

import re
from typing import Any, Final

_RULES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"Missing data for required field\.",
        "Pakollinen tieto puuttuu.",
        "En obligatorisk uppgift saknas.",
    ),
    (
        r"Field may not be null\.",
        "Tieto ei voi olla tyhjä (null).",
        "Fältet får inte vara tomt (null).",
    ),
    (
        r"Must not be blank\.",
        "Tässä ei näy mitään. Kirjoita teksti.",
        "Här syns ingenting. Skriv en text.",
    ),
    (r"Unknown field\.", "Tuntematon kenttä. Poista se.", "Okänt fält. Ta bort det."),
    (
        r"Invalid input type\.",
        "Väärä muoto: tähän kuuluu objekti.",
        "Fel form: här ska vara ett objekt.",
    ),
    (r"Invalid value\.", "Arvo ei kelpaa.", "Värdet duger inte."),
    (r"Not a valid string\.", "Tähän kuuluu teksti.", "Här ska vara en text."),
    (r"Not a valid integer\.", "Tähän kuuluu kokonaisluku.", "Här ska vara ett heltal."),
    (r"Not a valid number\.", "Tähän kuuluu luku.", "Här ska vara ett tal."),
    (r"Not a valid boolean\.", "Tähän kuuluu true tai false.", "Här ska vara true eller false."),
    (
        r"Not a valid (?:aware |naive )?datetime\.",
        "Tähän kuuluu ajanhetki, esimerkiksi 2026-09-22T14:30:00Z.",
        "Här ska vara en tidpunkt, till exempel 2026-09-22T14:30:00Z.",
    ),
    (
        r"Not a valid date\.",
        "Tähän kuuluu päivä, esimerkiksi 2026-09-22.",
        "Här ska vara en dag, t.ex. 2026-09-22.",
    ),
    (
        r"Not a valid time\.",
        "Tähän kuuluu kellonaika, esimerkiksi 17:30.",
        "Här ska vara ett klockslag, t.ex. 17:30.",
    ),
    (
        r"Give hours and minutes only\.",
        "Anna vain tunnit ja minuutit.",
        "Ange bara timmar och minuter.",
    ),
    (r"Not a valid UUID\.", "Tähän kuuluu tunniste (UUID).", "Här ska vara ett id (UUID)."),
    (r"Not a valid list\.", "Tähän kuuluu luettelo.", "Här ska vara en lista."),
    (r"Not a valid mapping type\.", "Tähän kuuluu objekti.", "Här ska vara ett objekt."),
    (r"Shorter than minimum length (\S+)\.", "Liian lyhyt: vähintään {0}.", "För kort: minst {0}."),
    (r"Longer than maximum length (\S+)\.", "Liian pitkä: enintään {0}.", "För långt: högst {0}."),
    (
        r"Length must be between (\S+) and (\S+)\.",
        "Pituuden on oltava {0}–{1}.",
        "Längden ska vara {0}–{1}.",
    ),
    (r"Length must be (\S+)\.", "Pituuden on oltava {0}.", "Längden ska vara {0}."),
    (
        r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.",
        "Arvon on oltava välillä {0}–{1}.",
        "Värdet ska vara mellan {0} och {1}.",
    ),
    (
        r"Must be greater than or equal to (\S+) and less than (\S+)\.",
        "Arvon on oltava vähintään {0} ja alle {1}.",
        "Värdet ska vara minst {0} och mindre än {1}.",
    ),
    (
        r"Must be greater than or equal to (\S+)\.",
        "Arvon on oltava vähintään {0}.",
        "Värdet ska vara minst {0}.",
    ),
    (
        r"Must be less than or equal to (\S+)\.",
        "Arvo saa olla enintään {0}.",
        "Värdet får vara högst {0}.",
    ),
    (r"Must be one of: (.+)\.", "Valitse jokin näistä: {0}.", "Välj något av dessa: {0}."),
    (
        r"Must be in the years (\S+) to (\S+)\.",
        "Vuoden on oltava {0}–{1}.",
        "Året ska vara {0}–{1}.",
    ),
    (
        r"Must be between (\S+) and (\S+)\.",
        "Arvon on oltava välillä {0}–{1}.",
        "Värdet ska vara mellan {0} och {1}.",
    ),
    (
        r"The last day comes (?:after|before) the first\.",
        "Viimeinen päivä ei voi olla ennen ensimmäistä.",
        "Den sista dagen kan inte vara före den första.",
    ),
    (
        r"At most (\S+) days, the first one first\.",
        "Enintään {0} päivää, ensimmäinen ensin.",
        "Högst {0} dagar, den första först.",
    ),
    (
        r"Only an online session has no space; say then how many places it has\.",
        "Vain verkossa pidettävällä tunnilla ei ole tilaa; kerro silloin paikkojen määrä.",
        "Bara ett pass på nätet saknar utrymme; ange då antalet platser.",
    ),
    (
        r"Exactly one key question, which is a grade, and at most one free text\.",
        "Valitse täsmälleen yksi avainkysymys, joka on arvosana. Vapaita tekstejä voi olla yksi.",
        "Välj precis en nyckelfråga, som är ett betyg. Högst en fråga kan ha fri text.",
    ),
    (r"Each only once\.", "Kukin vain kerran.", "Var och en bara en gång."),
    (
        r"A fee entitles to nothing, anything else to something\.",
        "Maksu ei oikeuta mihinkään, kaikki muu johonkin.",
        "En avgift ger ingen rätt, allt annat ger någon.",
    ),
    (
        r"Not a price\.",
        "Tähän kuuluu hinta, esimerkiksi 45,00.",
        "Här ska vara ett pris, t.ex. 45,00.",
    ),
    (r"Too high\.", "Liian suuri.", "För högt."),
    (r"Say what to change\.", "Kerro, mitä muutetaan.", "Ange vad som ska ändras."),
    (
        r"String does not match expected pattern\.",
        "Teksti ei ole oikean muotoinen.",
        "Texten har fel form.",
    ),
)
WORDS: Final = tuple((re.compile(pattern), fi, sv) for pattern, fi, sv in _RULES)


def in_language(fault: Any, language: str) -> Any:
    """Return the same tree of fields with its sentences in `language`: fi or sv, else unchanged."""
    if isinstance(fault, dict):
        return {name: in_language(part, language) for name, part in fault.items()}
    if isinstance(fault, list):
        return [in_language(part, language) for part in fault]
    return _sentence(fault, language) if isinstance(fault, str) else fault


def _sentence(english: str, language: str) -> str:
    for pattern, fi, sv in WORDS:
        found = pattern.fullmatch(english)
        if found and language in ("fi", "sv"):
            return (fi if language == "fi" else sv).format(*found.groups())
    return english
