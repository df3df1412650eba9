"""What may go wrong when a survey is answered."""

from zone.core.errors import declare

SURVEY_NOT_OPEN = declare(
    "survey_not_open",
    409,
    fi="Tähän kyselyyn ei voi juuri nyt vastata. Seuraava kysely aukeaa huhti- tai marraskuussa.",
    sv="Enkäten tar inte emot svar just nu. Nästa enkät öppnar i april eller november.",
    en="This survey takes no answers right now. The next one opens in April or November.",
)
SURVEY_NOT_FOR_YOU = declare(
    "survey_not_for_you",
    403,
    fi="Tämä kysely on niille, joilla on ollut passi tällä kaudella tai joiden oikeus käyttää "
    "palvelua on todistettu. "
    "Jos se olet sinä, kirjaudu osoitteella, jolla passi ostettiin.",
    sv="Den här enkäten är för dem som har haft ett pass den här terminen eller vars rätt att "
    "använda tjänsten är "
    "styrkt. Om det är du: logga in med den adress som passet köptes med.",
    en="This survey is for those who have had a pass this term, or whose right to use the service "
    "is proven. If that "
    "is you, sign in with the address that the pass was bought with.",
)
SURVEY_ANSWERED = declare(
    "survey_answered",
    409,
    fi="Olet jo vastannut tähän kyselyyn, kiitos. Vastausta ei voi enää muuttaa, koska sitä ei voi "
    "yhdistää sinuun.",
    sv="Du har redan svarat på enkäten, tack. Svaret kan inte ändras, för ingen kan se vilket som "
    "är ditt.",
    en="You have already answered this survey, thank you. An answer cannot be changed: nobody can "
    "tell which is yours.",
    constraints=("pk_survey_participation",),
)
SURVEY_ANSWER_INVALID = declare(
    "survey_answer_invalid",
    422,
    fi="Vastaa arvosanakysymyksiin asteikolla 1–5 tai valitse ”en osaa sanoa”; vapaa teksti saa "
    "olla enintään "
    "{longest} merkkiä. Tarkista: {questions}.",
    sv="Svara på betygsfrågorna med 1–5 eller välj ”kan inte säga”; fri text får vara högst "
    "{longest} tecken. "
    "Kontrollera: {questions}.",
    en="Answer the graded questions with 1 to 5 or choose “can't say”; free text may have at most "
    "{longest} "
    "characters. Check: {questions}.",
)
SURVEY_KEY_MISSING = declare(
    "survey_key_missing",
    503,
    fi="Kyselyn avain ei ole tällä palvelimella. Vastaukset ovat tallessa; palauta avaintiedosto "
    "avainkansioon.",
    sv="Enkätens nyckel finns inte på den här servern. Svaren är i behåll; lägg tillbaka "
    "nyckelfilen i nyckelmappen.",
    en="The survey's key is not on this server. The answers are safe; put the key file back into "
    "the keys folder.",
)
