"""The actor of a request, and the refusals of those who may not make it."""

import uuid
from dataclasses import dataclass

from zone.core.errors import declare

SIGN_IN_NEEDED = declare(
    "sign_in_needed",
    401,
    fi="Kirjaudu ensin sisään.",
    sv="Logga in först.",
    en="Sign in first.",
)
FORBIDDEN = declare(
    "forbidden",
    403,
    fi="Sinulla ei ole oikeutta tähän. Pyydä palvelupäälliköltä oikeutta, jos tarvitset sen.",
    sv="Du har inte rätt till detta. Be servicechefen om rätten om du behöver den.",
    en="You may not do this. Ask the service manager for the right if you need it.",
)

SCOPE_MISSING = declare(
    "scope_missing",
    403,
    fi="Tämä rajapinta-avain ei avaa tätä toimintoa. Käytä avainta, jolla on siihen oikeus, tai kirjaudu sisään.",
    sv="Den här API-nyckeln öppnar inte den här funktionen. Använd en nyckel som har rätt till den, eller logga in.",
    en="This API token does not open this operation. Use a token with the scope for it, or sign in.",
)


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who asks. `kind` is person or bridge; `id` the internal row, `session_id` the session to revoke.

    `scopes` is None for a session; a token acts as its owner, and only where an operation names one of its scopes.
    """

    kind: str
    id: int
    public_id: uuid.UUID
    roles: frozenset[str]
    language: str = "en"
    session_id: int | None = None
    scopes: frozenset[str] | None = None
