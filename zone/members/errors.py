"""What may be refused around people, sign-in and proof."""

from zone.core.errors import declare

MEMBER_EXISTS = declare(
    "member_exists",
    409,
    fi="Tällä sähköpostiosoitteella on jo tili. Kirjaudu sillä sisään.",
    sv="Det finns redan ett konto med den här e-postadressen. Logga in med den.",
    en="There is already an account with this e-mail address. Sign in with it.",
    constraints=("uq_member_email",),
)
INSTITUTION_UNKNOWN = declare(
    "institution_unknown",
    422,
    fi="Korkeakoulua ei tunneta. Valitse se luettelosta.",
    sv="Högskolan är okänd. Välj den i listan.",
    en="This institution is not known. Choose one from the list.",
)
AFFILIATION_EXISTS = declare(
    "affiliation_exists",
    409,
    fi="Sama korkeakoulu ja rooli on jo merkitty. Lisää siihen uusi todiste.",
    sv="Samma högskola och roll är redan antecknad. Lägg till ett nytt intyg för den.",
    en="The same institution and role are already there. Add a new proof to them.",
    constraints=("uq_affiliation_member_id_institution_id_role",),
)
AFFILIATION_ROLE = declare(
    "affiliation_role_unknown",
    422,
    fi="Rooli on joko opiskelija tai henkilökunta. Valitse toinen niistä.",
    sv="Rollen är antingen studerande eller personal. Välj en av dem.",
    en="The role is either student or staff. Choose one of them.",
    constraints=("ck_affiliation_role",),
)
PROOF_DATES = declare(
    "proof_dates_reversed",
    422,
    fi="Todiste päättyy ennen kuin se alkaa. Tarkista päivät.",
    sv="Intyget slutar innan det börjar. Kontrollera datumen.",
    en="The proof ends before it begins. Check the dates.",
    constraints=("ck_eligibility_proof_order",),
)
PROOF_WITHDRAWN = declare(
    "proof_already_withdrawn",
    409,
    fi="Todiste on jo peruttu. Mitään ei tarvitse tehdä.",
    sv="Intyget är redan återkallat. Du behöver inte göra något.",
    en="This proof has already been withdrawn. There is nothing to do.",
    constraints=("uq_proof_withdrawal_proof_id",),
)
ROLE_UNKNOWN = declare(
    "role_unknown",
    422,
    fi="Roolia ei tunneta. Valitse instructor, desk, manager tai admin.",
    sv="Rollen är okänd. Välj instructor, desk, manager eller admin.",
    en="This role is not known. Choose instructor, desk, manager or admin.",
    constraints=("ck_role_grant_role",),
)
ROLE_HELD = declare(
    "role_already_held",
    409,
    fi="Henkilöllä on jo tämä rooli. Mitään ei tarvitse tehdä.",
    sv="Personen har redan den här rollen. Du behöver inte göra något.",
    en="The person already has this role. There is nothing to do.",
    constraints=("uq_role_grant_live",),
)
ROLE_ADMIN_ONLY = declare(
    "role_admin_only",
    403,
    fi="Vain pääkäyttäjä voi antaa tai poistaa pääkäyttäjän roolin. Pyydä sitä pääkäyttäjältä.",
    sv="Bara en administratör kan ge eller ta bort rollen administratör. Be en administratör om det.",
    en="Only an administrator can give or take away the role of administrator. Ask one of them.",
)
LAST_ADMIN = declare(
    "last_admin",
    409,
    fi="Hän on viimeinen pääkäyttäjä. Anna rooli ensin toiselle, niin voit poistaa sen häneltä.",
    sv="Det här är den sista administratören. Ge först rollen åt någon annan, sedan kan du ta bort den här.",
    en="This is the last administrator. Give the role to somebody else first, then you can take it away here.",
)
EMAIL_INVALID = declare(
    "email_invalid",
    422,
    fi="Sähköpostiosoite ei kelpaa. Tarkista se ja yritä uudelleen.",
    sv="E-postadressen duger inte. Kontrollera den och försök igen.",
    en="This e-mail address is not valid. Check it and try again.",
)
CODE_WRONG = declare(
    "code_wrong",
    401,
    fi="Koodi on väärä, vanhentunut tai jo käytetty. Tarkista se tai pyydä uusi koodi.",
    sv="Koden är fel, för gammal eller redan använd. Kontrollera den eller be om en ny kod.",
    en="The code is wrong, too old or already used. Check it, or ask for a new one.",
)
PASSWORD_WRONG = declare(
    "password_wrong",
    401,
    fi="Sähköpostiosoite tai salasana on väärä. Tarkista ne tai kirjaudu sähköpostikoodilla.",
    sv="E-postadressen eller lösenordet är fel. Kontrollera dem eller logga in med en kod per e-post.",
    en="The e-mail address or the password is wrong. Check them, or sign in with a code by e-mail.",
)
PASSWORD_WEAK = declare(
    "password_weak",
    422,
    fi="Salasanan on oltava vähintään {least} merkkiä pitkä. Valitse pidempi, esimerkiksi neljä sanaa.",
    sv="Lösenordet måste ha minst {least} tecken. Välj ett längre, till exempel fyra ord.",
    en="The password must have at least {least} characters. Choose a longer one, for example four words.",
)
SCOPE_NOT_YOURS = declare(
    "scope_not_yours",
    403,
    fi="Et voi antaa avaimelle oikeutta, jota sinulla ei ole: {scopes}. Jätä se pois tai pyydä rooli ensin.",
    sv="Du kan inte ge nyckeln en rätt som du inte har: {scopes}. Lämna bort den eller be först om rollen.",
    en="You cannot give a token a right that you do not have: {scopes}. Leave it out, or ask for the role first.",
)
TOKEN_EXPIRY = declare(
    "token_expiry_invalid",
    422,
    fi="Avaimen on päätyttävä tulevaisuudessa ja vuoden sisällä. Valitse toinen päättymisaika.",
    sv="Nyckeln ska upphöra i framtiden och inom ett år. Välj en annan sluttid.",
    en="A token must end in the future and within a year. Choose another time.",
    constraints=("ck_api_token_order",),
)
NO_PROOF = declare(
    "no_proof",
    409,
    fi="Tästä ei ole voimassa olevaa todistetta, jonka voisi perua. Lataa sivu uudelleen.",
    sv="Det finns inget giltigt intyg att återkalla. Ladda om sidan.",
    en="There is no proof of this that could be withdrawn. Load the page again.",
)
