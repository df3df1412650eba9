"""The sentence for each reason code, for displays, the desk and the API: what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from firmware_bridge.wire.reasons import Reason


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the three languages of the service."""

    fi: str
    sv: str
    en: str

    def text(self, language: str) -> str:
        """The sentence in `language` (`fi`, `sv` or `en`; any other value gives `en`)."""
        return {"fi": self.fi, "sv": self.sv}.get(language, self.en)


# A test fails when a reason has no sentence.
WORDS: Final[Mapping[Reason, Words]] = MappingProxyType(
    {
        Reason.GRANTED: Words(
            "Tervetuloa, ovi on auki.", "Välkommen, dörren är öppen.", "Welcome, the door is open."
        ),
        Reason.MALFORMED: Words(
            "Koodia ei voitu lukea. Avaa passisivu ja näytä sen koodi näyttö kirkkaana.",
            "Koden gick inte att läsa. Öppna passidan och visa koden med ljus skärm.",
            "The code could not be read. Open your pass page and show its code on a bright screen.",
        ),
        Reason.UNKNOWN_TYPE: Words(
            "Tämä koodi ei ole ovia varten. Avaa passisivu ja näytä sen koodi.",
            "Den här koden är inte till för dörrar. Öppna passidan och visa koden där.",
            "This code is not made for doors. Open your pass page and show its code.",
        ),
        Reason.UNKNOWN_KEY: Words(
            "Ovi ei tunne tätä puhelinta. Avaa passisivu verkkoyhteydellä ja yritä hetken "
            "päästä uudelleen.",
            "Dörren känner inte igen telefonen. Öppna passidan med nätanslutning och försök "
            "igen om en stund.",
            "The door does not know this phone. Open your pass page while online and try "
            "again in a moment.",
        ),
        Reason.REVOKED: Words(
            "Tämä puhelin on poistettu passista. Ota passi käyttöön uudelleen passisivulla.",
            "Telefonen har tagits bort från passet. Ta passet i bruk på nytt på passidan.",
            "This phone was removed from the pass. Set up the pass again on your pass page.",
        ),
        Reason.CLOCK_UNSET: Words(
            "Oven kello ei ole ajassa. Pyydä palvelupistettä avaamaan ovi.",
            "Dörrens klocka går fel. Be servicedisken öppna dörren.",
            "The door's clock is not set. Ask the desk to open the door.",
        ),
        Reason.CODE_EXPIRED: Words(
            "Koodi on vanhentunut. Näytä passisivun tuorein koodi ja tarkista puhelimen kello.",
            "Koden är för gammal. Visa den nyaste koden på passidan och kontrollera "
            "telefonens klocka.",
            "The code is too old. Show the newest code of your pass page and check your "
            "phone's clock.",
        ),
        Reason.CODE_FROM_FUTURE: Words(
            "Puhelimen kello on edellä. Aseta se automaattiseen aikaan ja näytä uusi koodi.",
            "Telefonens klocka går före. Ställ in automatisk tid och visa en ny kod.",
            "Your phone's clock is ahead. Set it to automatic time and show a new code.",
        ),
        Reason.BAD_SIGNATURE: Words(
            "Koodia ei voitu vahvistaa. Lataa passisivu uudelleen ja näytä uusi koodi.",
            "Koden kunde inte bekräftas. Ladda om passidan och visa en ny kod.",
            "The code could not be verified. Reload your pass page and show a new code.",
        ),
        Reason.REPLAYED: Words(
            "Tällä koodilla on jo tultu sisään. Odota, että passisivu vaihtaa koodin.",
            "Den här koden har redan använts. Vänta tills passidan byter kod.",
            "This code was already used. Wait until your pass page draws the next one.",
        ),
        Reason.DOOR_BLOCKED: Words(
            "Ovi ei ole käytössä. Kulje toisesta ovesta tai kysy palvelupisteestä.",
            "Dörren är ur bruk. Använd en annan dörr eller fråga vid servicedisken.",
            "This door is out of use. Take another door or ask the desk.",
        ),
        Reason.LOCKDOWN: Words(
            "Tilat on suljettu turvallisuussyystä. Noudata henkilökunnan ohjeita.",
            "Lokalerna är stängda av säkerhetsskäl. Följ personalens anvisningar.",
            "The premises are locked down. Follow the instructions of the staff.",
        ),
        Reason.CLOSED: Words(
            "Paikka on nyt kiinni. Kysy aukioloaikoja palvelupisteestä.",
            "Det är stängt just nu. Fråga om öppettiderna vid servicedisken.",
            "The place is closed now. Ask the desk for the opening hours.",
        ),
        Reason.UNKNOWN_HOLDER: Words(
            "Ovi ei vielä tunne passiasi. Yritä minuutin päästä uudelleen tai kysy "
            "palvelupisteestä.",
            "Dörren känner ännu inte ditt pass. Försök igen om en minut eller fråga vid "
            "servicedisken.",
            "The door does not know your pass yet. Try again in a minute or ask the desk.",
        ),
        Reason.SUSPENDED: Words(
            "Passisi on keskeytetty. Kysy syytä palvelupisteestä.",
            "Ditt pass är spärrat. Fråga varför vid servicedisken.",
            "Your pass is suspended. Ask the desk why.",
        ),
        Reason.NO_RIGHT: Words(
            "Passisi ei sisällä tätä tilaa. Katso sopivat passit verkkokaupasta.",
            "Ditt pass omfattar inte det här utrymmet. Se lämpliga pass i webbutiken.",
            "Your pass does not include this space. See the passes that do in the web shop.",
        ),
        Reason.WRONG_CAMPUS: Words(
            "Passisi ei kelpaa tällä kampuksella. Tarkista passisivulta, missä se kelpaa.",
            "Ditt pass gäller inte på det här campuset. Se på passidan var det gäller.",
            "Your pass is not valid at this campus. See on your pass page where it is.",
        ),
        Reason.NOT_YET_VALID: Words(
            "Passisi ei ole vielä voimassa. Tarkista alkamispäivä passisivulta.",
            "Ditt pass gäller inte ännu. Se startdatumet på passidan.",
            "Your pass is not valid yet. See its first day on your pass page.",
        ),
        Reason.EXPIRED: Words(
            "Passisi voimassaolo on päättynyt. Uusi se verkkokaupassa.",
            "Ditt pass har gått ut. Förnya det i webbutiken.",
            "Your pass has expired. Renew it in the web shop.",
        ),
        Reason.NOT_BOOKED: Words(
            "Tähän tilaan tarvitaan varaus. Varaa aika passisivulla ja näytä koodi uudelleen.",
            "Det här utrymmet kräver bokning. Boka på passidan och visa koden igen.",
            "This space needs a booking. Book on your pass page and show the code again.",
        ),
        Reason.RIGHTS_STALE: Words(
            "Ovi ei ole saanut tietoja pitkään aikaan. Pyydä palvelupistettä avaamaan ovi.",
            "Dörren har inte fått uppgifter på länge. Be servicedisken öppna dörren.",
            "The door has had no news for too long. Ask the desk to open the door.",
        ),
        Reason.ANTI_PASSBACK: Words(
            "Passillasi tultiin juuri sisään. Odota hetki tai kysy palvelupisteestä.",
            "Ditt pass användes nyss här. Vänta en stund eller fråga vid servicedisken.",
            "Your pass was used here a moment ago. Wait a little or ask the desk.",
        ),
        Reason.JOURNAL_FULL: Words(
            "Ovi ei voi nyt tallentaa käyntejä. Pyydä palvelupistettä avaamaan ovi.",
            "Dörren kan inte spara besök just nu. Be servicedisken öppna dörren.",
            "The door cannot record visits now. Ask the desk to open the door.",
        ),
    }
)
