"""What the desk refuses to do for a person."""

from zone.core.errors import declare

OVERRIDE_BY_MANAGER = declare(
    "override_by_manager",
    403,
    "Only the service manager may let somebody in against the rule. Ask them to do it with "
    "their own account.",
    fields=("override",),
)
