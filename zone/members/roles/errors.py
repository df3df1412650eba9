"""Refusals about service roles."""

from zone.core.errors import declare

ROLE_UNKNOWN = declare(
    "role_unknown",
    422,
    "This role is not known. Choose instructor, desk, manager or admin.",
    constraints=("ck_role_grant_role",),
    fields=("role",),
)
ROLE_ALREADY_HELD = declare(
    "role_already_held",
    409,
    "The person already has this role. There is nothing to do.",
    constraints=("uq_role_grant_live",),
    fields=("role",),
)
ROLE_ADMIN_ONLY = declare(
    "role_admin_only",
    403,
    "Only an administrator can give or take away the role of administrator. Ask one of them.",
    fields=("role",),
)
LAST_ADMIN = declare(
    "last_admin",
    409,
    "This is the last administrator. Give the role to somebody else first, then you can take it "
    "away here.",
)
