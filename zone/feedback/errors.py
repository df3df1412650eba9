"""What may go wrong with a survey, in words that say what to do next."""

from zone.core.errors import declare

SURVEY_NOT_OPEN = declare(
    "survey_not_open",
    409,
    fi="Tähän kyselyyn ei voi juuri nyt vastata. Seuraava kysely aukeaa huhti- tai marraskuussa.",
    sv="Enkäten tar inte emot svar just nu. Nästa enkät öppnar i april eller november.",
    en="This survey takes no answers right now. The next one opens in April or November.",
)
SURVEY_ANSWERED = declare(
    "survey_answered",
    409,
    fi="Olet jo vastannut tähän kyselyyn, kiitos. Vastausta ei voi enää muuttaa, koska sitä ei voi yhdistää sinuun.",
    sv="Du har redan svarat på enkäten, tack. Svaret kan inte ändras, för ingen kan se vilket som är ditt.",
    en="You have already answered this survey, thank you. An answer cannot be changed: nobody can tell which is yours.",
    constraints=("pk_survey_participation",),
)
SURVEY_ANSWER_INVALID = declare(
    "survey_answer_invalid",
    422,
    fi="Vastaa arvosanakysymyksiin asteikolla 1–5 tai valitse ”en osaa sanoa”; vapaa teksti saa olla enintään "
    "{longest} merkkiä. Tarkista: {questions}.",
    sv="Svara på betygsfrågorna med 1–5 eller välj ”kan inte säga”; fri text får vara högst {longest} tecken. "
    "Kontrollera: {questions}.",
    en="Answer the graded questions with 1 to 5 or choose “can't say”; free text may have at most {longest} "
    "characters. Check: {questions}.",
)
SURVEY_EXISTS = declare(
    "survey_exists",
    409,
    fi="Tällä tunnuksella tai tälle kaudelle on jo kysely. Valitse toinen tunnus tai kausi.",
    sv="Det finns redan en enkät med den koden eller för den omgången. Välj en annan kod eller omgång.",
    en="There is already a survey with that code or for that wave. Choose another code or wave.",
    constraints=("uq_survey_code", "uq_survey_year"),
)
SURVEY_MISMADE = declare(
    "survey_mismade",
    422,
    fi="Kyselyssä on oltava täsmälleen yksi mittarikysymys asteikolla 1–5, erinimiset kysymykset ja avausta "
    "myöhempi sulkemisaika.",
    sv="Enkäten ska ha exakt en nyckelfråga med skalan 1–5, frågor med olika koder och stänga efter att den öppnat.",
    en="A survey needs exactly one key question graded 1 to 5, questions with different codes, and must close after "
    "it opens.",
)
SURVEY_KEY_MISSING = declare(
    "survey_key_missing",
    503,
    fi="Kyselyn avain ei ole tällä palvelimella. Vastaukset ovat tallessa; palauta avaintiedosto avainkansioon.",
    sv="Enkätens nyckel finns inte på den här servern. Svaren är i behåll; lägg tillbaka nyckelfilen i nyckelmappen.",
    en="The survey's key is not on this server. The answers are safe; put the key file back into the keys folder.",
)
