"""What may be wrong with a survey or its draft."""

from zone.core.errors import declare

SURVEY_EXISTS = declare(
    "survey_exists",
    409,
    fi="Tällä tunnuksella tai tälle kaudelle on jo kysely. Valitse toinen tunnus tai kausi.",
    sv="Det finns redan en enkät med den koden eller för den omgången. Välj en annan kod eller "
    "omgång.",
    en="There is already a survey with that code or for that wave. Choose another code or wave.",
    constraints=("uq_survey_code", "uq_survey_year"),
    fields=("wave", "year"),
)
SURVEY_MISMADE = declare(
    "survey_mismade",
    422,
    fi="Kyselyssä on oltava täsmälleen yksi mittarikysymys asteikolla 1–5, erinimiset kysymykset "
    "ja avausta "
    "myöhempi sulkemisaika.",
    sv="Enkäten ska ha exakt en nyckelfråga med skalan 1–5, frågor med olika koder och stänga "
    "efter att den öppnat.",
    en="A survey needs exactly one key question graded 1 to 5, questions with different codes, and "
    "must close after "
    "it opens.",
)
SURVEY_DATES_PASSED = declare(
    "survey_dates_passed",
    422,
    fi="Kyselyn viimeinen päivä on jo mennyt. Vaihda päivät luonnokseen ja julkaise se sitten.",
    sv="Enkätens sista dag har redan gått. Byt datum i utkastet och publicera det sedan.",
    en="The survey's last day has already passed. Change the days in the draft and publish it "
    "then.",
    fields=("closes_on",),
)
