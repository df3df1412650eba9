"""Why a weekly class cannot be planned."""

from zone.core.errors import declare

CLASS_OVER = declare(
    "class_over",
    422,
    fi="Yksikään kerta ei olisi enää edessä. Valitse viimeinen päivä niin, että vuoroja on vielä "
    "tulossa.",
    sv="Inget av passen skulle vara kvar. Välj en sista dag så att det ännu kommer pass.",
    en="No session of it would still be to come. Choose a last day that leaves at least one.",
    fields=("from_day",),
)
NOT_AN_INSTRUCTOR = declare(
    "not_an_instructor",
    422,
    fi="Tällä henkilöllä ei ole ohjaajan roolia. Valitse ohjaaja tai anna rooli ensin.",
    sv="Den här personen har inte rollen instruktör. Välj en instruktör eller ge rollen först.",
    en="This person does not have the role of instructor. Choose an instructor, or grant the role "
    "first.",
    fields=("instructor",),
)
