"""The kinds of what is offered, and everything that depends on a kind, in one table. Pure."""

import json
from dataclasses import dataclass, fields
from typing import Any, Final
from uuid import UUID, uuid5


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTraits:
    """What holds for all of a kind.

    `right` (of `passes.ENTITLEMENTS`) is what booking it needs. `is_session`: a session of an
    activity; otherwise a reservation of a space. `is_public`: everybody sees it; otherwise only
    staff see and book it, and who is in it. `guided`: somebody leads it. `counts_in_hours`: it
    counts in the hours of target B. `is_shared`: the policy's share of the places can be booked;
    otherwise all of them can. `needs_link`: it is held online, not in a space. `is_personal`: only
    staff see whose it is. `is_attended`: people come to it, and only while the campus is open.
    """

    right: str = "class"
    is_session: bool = True
    is_public: bool = True
    guided: bool = False
    counts_in_hours: bool = False
    is_shared: bool = True
    needs_link: bool = False
    is_personal: bool = False
    is_attended: bool = True


_GUIDED: Final = KindTraits(guided=True, counts_in_hours=True)

# Source of `counts_in_hours`: the definition of target B. An online session counts when it is live.
KINDS: Final[dict[str, KindTraits]] = {
    "class": _GUIDED,
    "course": _GUIDED,
    # People come to it by a referral.
    "low_threshold": KindTraits(guided=True, counts_in_hours=True, is_public=False),
    "online": KindTraits(guided=True, counts_in_hours=True, needs_link=True),
    "ball_turn": KindTraits(),
    "club_turn": KindTraits(),
    "event": KindTraits(),
    # A space that a person reserved for themselves and those they bring.
    "own_use": KindTraits(
        right="court", is_session=False, is_public=False, is_shared=False, is_personal=True
    ),
    # A space that staff keep free for something else: an examination, cleaning, repairs.
    "block": KindTraits(is_session=False, is_public=False, is_shared=False, is_attended=False),
}

SESSION_KINDS: Final = tuple(kind for kind, traits in KINDS.items() if traits.is_session)
RESERVATION_KINDS: Final = tuple(kind for kind, traits in KINDS.items() if not traits.is_session)
STAFF_KINDS: Final = frozenset(
    kind for kind, traits in KINDS.items() if traits.is_session and not traits.is_public
)
"""Kinds of sessions that only staff see."""
UNATTENDED_KINDS: Final = tuple(kind for kind, traits in KINDS.items() if not traits.is_attended)
COUNTED_KINDS: Final = frozenset(kind for kind, traits in KINDS.items() if traits.counts_in_hours)
ONLINE_KINDS: Final = frozenset(kind for kind, traits in KINDS.items() if traits.needs_link)

LEVELS: Final = ("everybody", "beginners", "experienced")
"""Whom an activity suits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityDetails:
    """What an activity is. `level`: of LEVELS; `bring_…`: what to bring along."""

    kind: str
    name_fi: str
    name_sv: str
    name_en: str
    category: str
    level: str = "everybody"
    description_fi: str = ""
    description_sv: str = ""
    description_en: str = ""
    bring_fi: str = ""
    bring_sv: str = ""
    bring_en: str = ""


NAMES: Final = ("name_fi", "name_sv", "name_en")
ROOTS: Final = UUID("6f0f6a5e-6a0f-4c55-9f5b-6d1d3a0c3e80")
"""The namespace of roots; migration 0080 has it too."""


def root_of_names(details: ActivityDetails) -> UUID:
    """Return the root of a new activity: the same for whoever makes one of these names, also for
    two who do so at once.
    """
    return uuid5(ROOTS, json.dumps([getattr(details, name) for name in NAMES]))


DETAILS: Final = tuple(field.name for field in fields(ActivityDetails))
"""The names of the details of an activity."""


def details_in(source: Any) -> dict[str, Any]:
    """Return the details of an activity from what has them as attributes."""
    return {name: getattr(source, name) for name in DETAILS}
