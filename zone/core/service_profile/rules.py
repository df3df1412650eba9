"""The service's own data as a value, its first values, and what may be stored. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.service_profile import colours
from zone.core.service_profile.errors import ACCENT_UNREADABLE

DEFAULT_NAME: Final = "Zone"
DEFAULT_ACCENT: Final = "#0b4a3c"
"""The green of zone.css."""
DEFAULT_ACCENT_DARK: Final = "#bfe9d3"
"""The same in its dark scheme."""


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """The service's own data: names, contact, accent colour, seller and quiet hours of mails.

    `version` is 0 until somebody has saved it; until then the seller is that of the settings.
    """

    name: str = DEFAULT_NAME
    short_name: str = DEFAULT_NAME
    email: str = ""
    phone: str = ""
    address: str = ""
    accent: str = DEFAULT_ACCENT
    seller_name: str = ""
    seller_address: str = ""
    seller_business_id: str = ""
    seller_vat: bool = True
    quiet_from: int = 22
    quiet_until: int = 8
    logo_digest: str | None = None
    version: int = 0

    @property
    def values(self) -> dict[str, Any]:
        """Everything that is edited together, without the logo and the version."""
        return {name: value for name, value in asdict(self).items() if name not in APART}

    @property
    def own_accent(self) -> str | None:
        """The accent's six digits, where it is not the one of zone.css."""
        return None if self.accent == DEFAULT_ACCENT else self.accent.removeprefix("#")


APART: Final = ("logo_digest", "version")
FIELDS: Final = tuple(field.name for field in fields(ServiceProfile))
TAKEN_OVER: Final = ("seller_name", "seller_address", "seller_business_id", "seller_vat")
"""The settings, named as the columns, that are the first values."""


def first_values(settings: Settings) -> ServiceProfile:
    """Return the service's own data where nobody has saved any: the seller of the settings."""
    return ServiceProfile(**{name: getattr(settings, name) for name in TAKEN_OVER})


def check_values(values: Mapping[str, Any]) -> None:
    """Check what is to be stored.

    Raises:
        DomainError: accent_unreadable.
    """
    if not colours.is_readable(values["accent"]):
        raise DomainError(ACCENT_UNREADABLE)


def contradicted(profile: ServiceProfile, settings: Settings) -> Iterable[str]:
    """Return the settings of a seller that are set and say otherwise than what was saved."""
    if profile.version == 0:
        return []
    default = Settings()
    return [
        name
        for name in TAKEN_OVER
        if getattr(settings, name) not in (getattr(default, name), getattr(profile, name))
    ]
