"""Refusals of using or replacing a pass."""

from typing import Final

from zone.core.errors import declare

PASS_NOT_YET: Final = declare(
    "pass_not_yet",
    409,
    fi="Passi ei ole vielä alkanut. Ota se käyttöön alkamispäivänä; ensimmäinen käynti tekee sen "
    "puolestasi.",
    sv="Passet har inte börjat ännu. Ta det i bruk på startdagen; det första besöket gör det åt "
    "dig.",
    en="The pass has not started yet. Take it into use on its first day; the first visit does it "
    "for you.",
)
PASS_EXPIRED: Final = declare(
    "pass_expired",
    409,
    fi="Passin voimassaolo on päättynyt. Osta uusi passi.",
    sv="Passets giltighet har gått ut. Köp ett nytt pass.",
    en="The pass has expired. Buy a new one.",
)
PASS_ENDED: Final = declare(
    "pass_ended",
    409,
    fi="Tämä passi on hyvitetty tai korvattu toisella. Avaa voimassa oleva passisi omilta "
    "sivuiltasi.",
    sv="Det här passet är återbetalt eller ersatt av ett annat. Öppna ditt giltiga pass på dina "
    "egna sidor.",
    en="This pass was refunded or replaced by another. Open your valid pass on your own pages.",
)
CANNOT_UPGRADE: Final = declare(
    "cannot_upgrade",
    409,
    fi="Tätä ei voi vaihtaa varsinaiseksi passiksi. Myy sen sijaan uusi passi.",
    sv="Det här kan inte bytas till ett egentligt pass. Sälj ett nytt pass i stället.",
    en="This cannot be turned into a full pass. Sell a new pass instead.",
)
