"""The first steps of a new service, and which of them are done. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

StepName = Literal[
    "institutions",
    "campuses",
    "hours",
    "service",
    "terms",
    "rates",
    "spaces",
    "products",
    "classes",
    "bridges",
    "doors",
    "mail",
    "payments",
    "people",
    "targets",
]

PATHS: Final[dict[StepName, str]] = {
    "institutions": "/manage/institutions",
    "campuses": "/manage/campuses",
    "hours": "/manage/hours",
    "service": "/manage/service",
    "terms": "/manage/terms",
    "rates": "/manage/vat-rates",
    "spaces": "/manage/spaces",
    "products": "/manage/products",
    "classes": "/manage/classes",
    "bridges": "/status",
    "doors": "/manage/doors/new",
    "mail": "/manage/mails",
    "payments": "/manage/payments",
    "people": "/manage/people",
    "targets": "/manage/targets",
}
"""The page on which each step is done, in the order in which one rests on those before it."""


OPENS_WITHOUT: Final[frozenset[StepName]] = frozenset({"mail", "payments", "people", "targets"})
"""Trials, help and goals: a service that runs may lack them, and its people land on their work."""


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A step of setting up, and the page on which it is done."""

    name: StepName
    path: str
    done: bool

    @property
    def opens(self) -> bool:
        """Whether the service cannot open without this step."""
        return self.name not in OPENS_WITHOUT


def steps(done: Collection[str]) -> list[SetupStep]:
    """Return every step in order; `done` names those that are done."""
    return [SetupStep(name, path, name in done) for name, path in PATHS.items()]
