"""The front desk: what this feature offers to the application."""

from typing import Final

from flask_babel import lazy_gettext

from zone.core.identity import Permission, Role
from zone.web.feature import Feature, NavItem
from zone.web.leaves import leaves_of

FEATURE: Final = Feature(
    name="desk",
    leaves=leaves_of("desk"),
    navigation=(
        NavItem(
            "desk",
            "/desk",
            lazy_gettext("Desk"),
            "door-open",
            position=2,
            permission=Permission.DESK_USE,
        ),
    ),
    homes=((Role.DESK, "/desk"),),
)
