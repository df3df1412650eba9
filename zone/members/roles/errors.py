"""Refusals about service roles."""

from zone.core.errors import declare

ROLE_UNKNOWN = declare(
    "role_unknown",
    422,
    fi="Roolia ei tunneta. Valitse instructor, desk, manager tai admin.",
    sv="Rollen är okänd. Välj instructor, desk, manager eller admin.",
    en="This role is not known. Choose instructor, desk, manager or admin.",
    constraints=("ck_role_grant_role",),
    fields=("role",),
)
ROLE_ALREADY_HELD = declare(
    "role_already_held",
    409,
    fi="Henkilöllä on jo tämä rooli. Mitään ei tarvitse tehdä.",
    sv="Personen har redan den här rollen. Du behöver inte göra något.",
    en="The person already has this role. There is nothing to do.",
    constraints=("uq_role_grant_live",),
    fields=("role",),
)
ROLE_ADMIN_ONLY = declare(
    "role_admin_only",
    403,
    fi="Vain pääkäyttäjä voi antaa tai poistaa pääkäyttäjän roolin. Pyydä sitä pääkäyttäjältä.",
    sv="Bara en administratör kan ge eller ta bort rollen administratör. Be en administratör om "
    "det.",
    en="Only an administrator can give or take away the role of administrator. Ask one of them.",
    fields=("role",),
)
LAST_ADMIN = declare(
    "last_admin",
    409,
    fi="Hän on viimeinen pääkäyttäjä. Anna rooli ensin toiselle, niin voit poistaa sen häneltä.",
    sv="Det här är den sista administratören. Ge först rollen åt någon annan, sedan kan du ta bort "
    "den här.",
    en="This is the last administrator. Give the role to somebody else first, then you can take it "
    "away here.",
)
