"""Permissions, the roles that hold them, and the actor of a request.

Theory of operation. A view names one permission (`@may` in `zone.web.auth`). A role holds
permissions (`PERMISSIONS_OF`). A person holds those of `MEMBER` and of their service roles;
somebody who is not signed in holds those of `GUEST`. An API token acts as its owner, and only with
the permissions that one of its scopes opens (`OPENED_BY`) and that the owner holds.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from zone.core.errors import DomainError, declare

SIGN_IN_NEEDED = declare(
    "sign_in_needed",
    401,
    "Sign in first.",
)
FORBIDDEN = declare(
    "forbidden",
    403,
    "You may not do this. Ask the service manager for the right if you need it.",
)
SCOPE_MISSING = declare(
    "scope_missing",
    403,
    "This API token does not open this operation. Use a token with the scope for it, or sign in.",
)


NOT_FOR_YOURSELF = declare(
    "not_for_yourself",
    403,
    "You cannot do this for yourself. Ask a colleague to do it.",
)


class Permission(StrEnum):
    """An action that needs a right."""

    # These twelve are also the scopes of API tokens and are stored with them: never rename a value.
    TIMETABLE_READ = "timetable:read"
    TIMETABLE_WRITE = "timetable:write"
    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    PASSES_READ = "passes:read"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    ATTENDANCE_READ = "attendance:read"
    DOORS_READ = "doors:read"
    DOORS_WRITE = "doors:write"
    FIGURES_READ = "figures:read"
    OPERATION_READ = "operation:read"
    INTEGRITY_CHECK = "integrity:check"

    ATTENDANCE_READ_ALL = "attendance:read_all"
    ATTENDANCE_WRITE = "attendance:write"
    OWN_ACCOUNT = "account:use"
    PASSWORD_WRITE = "password:write"  # noqa: S105 -- the name of a permission
    SESSIONS_CANCEL = "sessions:cancel"
    CANCELLATIONS_PREVIEW = "cancellations:preview"
    PLANNING_READ = "planning:read"
    POLICY_READ = "policy:read"
    TERMS_WRITE = "terms:write"
    SERVICE_WRITE = "service:write"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    ORDERS_READ_ALL = "orders:read_all"
    ORDERS_REFUND = "orders:refund"
    DIFFERENCES_FIX = "differences:fix"
    INVOICES_WRITE = "invoices:write"
    PASSES_GIVE = "passes:give"
    SUSPENSIONS_WRITE = "suspensions:write"
    DOORS_OPEN = "doors:open"
    DOORS_SHUT = "doors:shut"
    BRIDGES_WRITE = "bridges:write"
    DESK_USE = "desk:use"
    CHECK_IN_OVERRIDE = "check_in:override"
    SURVEYS_WRITE = "surveys:write"
    SURVEYS_CLOSE = "surveys:close"
    JOBS_RUN = "jobs:run"
    MAIL_RESEND = "mail:resend"
    STAFF_READ = "staff:read"
    ROLES_WRITE = "roles:write"
    ADMINS_WRITE = "admins:write"
    AUDIT_READ = "audit:read"
    TOKENS_WRITE = "tokens:write"
    TOKENS_WRITE_ALL = "tokens:write_all"
    BRIDGE_CALL = "bridge:call"


class Role(StrEnum):
    """A named set of permissions."""

    # Guest, member and bridge follow from the request; the others are service roles and are stored.
    GUEST = "guest"
    MEMBER = "member"
    INSTRUCTOR = "instructor"
    DESK = "desk"
    MANAGER = "manager"
    ADMIN = "admin"
    BRIDGE = "bridge"


SERVICE_ROLES: Final = frozenset({Role.INSTRUCTOR, Role.DESK, Role.MANAGER, Role.ADMIN})
"""Roles that the service grants, as opposed to student and staff, which an institution proves."""

_GUEST: Final = frozenset({Permission.TIMETABLE_READ})
_MEMBER: Final = _GUEST | {
    Permission.OWN_ACCOUNT,
    Permission.BOOKINGS_READ,
    Permission.BOOKINGS_WRITE,
    Permission.PASSES_READ,
}
_DESK: Final = frozenset(
    {
        Permission.PASSWORD_WRITE,
        Permission.DESK_USE,
        Permission.PEOPLE_READ,
        Permission.PEOPLE_WRITE,
        Permission.SUSPENSIONS_WRITE,
        Permission.DOORS_READ,
        Permission.DOORS_OPEN,
        Permission.DOORS_SHUT,
        Permission.POLICY_READ,
        Permission.ORDERS_READ_ALL,
    }
)
_MANAGEMENT: Final = _DESK | {
    Permission.TIMETABLE_WRITE,
    Permission.SESSIONS_CANCEL,
    Permission.CANCELLATIONS_PREVIEW,
    Permission.PLANNING_READ,
    Permission.TERMS_WRITE,
    Permission.SERVICE_WRITE,
    Permission.CATALOGUE_READ,
    Permission.CATALOGUE_WRITE,
    Permission.CHECK_IN_OVERRIDE,
    Permission.DOORS_WRITE,
    Permission.FIGURES_READ,
    Permission.SURVEYS_WRITE,
    Permission.OPERATION_READ,
    Permission.INTEGRITY_CHECK,
    Permission.MAIL_RESEND,
    Permission.STAFF_READ,
    Permission.ROLES_WRITE,
    Permission.AUDIT_READ,
    Permission.TOKENS_WRITE,
}

# An administrator operates the installation, and so needs no attendance and no refunds.
PERMISSIONS_OF: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.GUEST: _GUEST,
        Role.MEMBER: _MEMBER,
        Role.INSTRUCTOR: frozenset(
            {
                Permission.PASSWORD_WRITE,
                Permission.SESSIONS_CANCEL,
                Permission.CANCELLATIONS_PREVIEW,
                Permission.ATTENDANCE_READ,
                Permission.ATTENDANCE_WRITE,
            }
        ),
        Role.DESK: _DESK
        | {
            Permission.ATTENDANCE_READ,
            Permission.ATTENDANCE_READ_ALL,
            Permission.ATTENDANCE_WRITE,
            Permission.ORDERS_REFUND,
            Permission.PASSES_GIVE,
        },
        Role.MANAGER: _MANAGEMENT
        | {
            Permission.ATTENDANCE_READ,
            Permission.ATTENDANCE_READ_ALL,
            Permission.ATTENDANCE_WRITE,
            Permission.ORDERS_REFUND,
            Permission.DIFFERENCES_FIX,
            Permission.INVOICES_WRITE,
            Permission.PASSES_GIVE,
            Permission.SURVEYS_CLOSE,
        },
        Role.ADMIN: _MANAGEMENT
        | {
            Permission.BRIDGES_WRITE,
            Permission.JOBS_RUN,
            Permission.ADMINS_WRITE,
            Permission.TOKENS_WRITE_ALL,
        },
        Role.BRIDGE: frozenset({Permission.BRIDGE_CALL}),
    }
)

# The scopes of API tokens, each with the permissions that it opens besides itself. A permission
# that is not here cannot be used with a token.
OPENED_BY: Final[Mapping[Permission, frozenset[Permission]]] = MappingProxyType(
    {
        Permission.TIMETABLE_READ: frozenset(
            {
                Permission.PLANNING_READ,
                Permission.POLICY_READ,
                Permission.CANCELLATIONS_PREVIEW,
            }
        ),
        Permission.TIMETABLE_WRITE: frozenset({Permission.SESSIONS_CANCEL}),
        Permission.BOOKINGS_READ: frozenset(),
        Permission.BOOKINGS_WRITE: frozenset(),
        Permission.PASSES_READ: frozenset({Permission.CATALOGUE_READ}),
        Permission.PEOPLE_READ: frozenset({Permission.ORDERS_READ_ALL}),
        Permission.PEOPLE_WRITE: frozenset(),
        Permission.ATTENDANCE_READ: frozenset({Permission.ATTENDANCE_READ_ALL}),
        Permission.DOORS_READ: frozenset(),
        Permission.DOORS_WRITE: frozenset({Permission.DOORS_SHUT}),
        Permission.FIGURES_READ: frozenset(),
        Permission.OPERATION_READ: frozenset(),
    }
)


@cache  # called at every request, with few different sets of roles
def permissions_of(roles: frozenset[str]) -> frozenset[Permission]:
    """The permissions of these roles together; an unknown role holds none."""
    known = [Role(name) for name in roles if name in set(Role)]
    return frozenset[Permission]().union(*(PERMISSIONS_OF[role] for role in known))


def opened_by(scopes: Iterable[str]) -> frozenset[Permission]:
    """The permissions that these scopes of a token open; an unknown scope opens none."""
    known = [scope for scope in OPENED_BY if scope in set(scopes)]
    return frozenset(known).union(*(OPENED_BY[scope] for scope in known))


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or bridge that makes a request.

    `kind` is person or bridge; `id` is the internal row id; `roles` are a person's service roles.
    `session_id` is the sign-in session. `scopes` are those of an API token, None for a session.
    """

    kind: str
    id: int
    public_id: uuid.UUID
    roles: frozenset[str]
    language: str = "en"
    session_id: int | None = None
    scopes: frozenset[str] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        """The permissions that the actor holds somewhere."""
        held = permissions_of(self.roles | {Role.BRIDGE if self.kind == "bridge" else Role.MEMBER})
        return held if self.scopes is None else held & opened_by(self.scopes)

    @property
    def is_staff(self) -> bool:
        """Whether the actor is a person of the service's staff who uses it themselves.

        A token of theirs may drive a public screen, so it is not. Nor are those whom an institution
        proves: their roles are `student` and `staff`.
        """
        serves = not SERVICE_ROLES.isdisjoint(self.roles)
        return self.kind == "person" and serves and self.scopes is None

    def may(
        self, permission: Permission, *, campus: int | None = None, institution: int | None = None
    ) -> bool:
        """Whether the actor holds a permission, for the object's campus or institution if any."""
        # Every role holds everywhere so far; callers pass both so that a role can be given a scope.
        del campus, institution
        return permission in self.permissions

    def require(
        self, permission: Permission, *, campus: int | None = None, institution: int | None = None
    ) -> None:
        """Check a permission, at the start of a service function.

        Raises:
            DomainError: forbidden: the actor does not hold it.
        """
        if not self.may(permission, campus=campus, institution=institution):
            raise DomainError(FORBIDDEN)

    def require_other(self, member_id: int) -> None:
        """Check that a staff action is on somebody else.

        Raises:
            DomainError: not_for_yourself.
        """
        # A right that one person gives and uses needs a second pair of eyes: proofs, sales,
        # refunds, roles, suspensions.
        if self.kind == "person" and self.id == member_id:
            raise DomainError(NOT_FOR_YOURSELF)
