"""Declarations of mails: what each is for, the placeholders of its words, and when it may wait.

A leaf declares its mails in `mails.py`. From the declaration follow the editor of the managers, its
preview, the check of changed words, and the quiet hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from zone.core.formats import format_day, format_moment
from zone.core.i18n import translatable, translate

BLOCKS: Final[Mapping[str, str]] = {
    "event": translatable("A box that says what, when and where"),
    "button": translatable("The button of the mail, with its link"),
    "code": translatable("The code, large"),
    "facts": translatable("A table of the details"),
    "greeting": translatable("“Hello” with the name of the reader, where it is known"),
    "link": translatable("A link to another site, with its sentence"),
}
"""The parts that several mails have; each stands in a paragraph of its own."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that the words of a mail may name in braces, with what it means to managers.

    `sample` stands for it in the preview. Only one of `lines` may have several lines.
    """

    meaning: str
    sample: Any
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Night:
    """Whether a mail waits until the quiet hours are over, and why.

    One that is `always` silent waits also for what begins before the morning.
    """

    waits: bool
    why: str
    always: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MailKind:
    """A mail that the service sends. `sent` tells managers when that is.

    `values` may stand inside a sentence, so none of them is ever empty. `blocks` are parts of the
    template that stand in a paragraph of their own, and may be empty. Words that lack one of
    `needs` are refused. `inner` are samples of what only the template uses.
    """

    template: str
    sent: str
    night: Night
    values: Mapping[str, Placeholder] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    inner: Mapping[str, Any] = field(default_factory=dict)

    def samples(self, language: str) -> dict[str, Any]:
        """Return values of the template as a reader of this language might get them."""
        values = {name: value.sample for name, value in self.values.items()}
        return {name: _in_language(one, language) for name, one in {**self.inner, **values}.items()}


def _in_language(sample: Any, language: str) -> Any:
    match sample:
        case datetime():
            return format_moment(sample, language)
        case date():
            return format_day(sample, language)
        case str():
            return "\n".join(translate(line, language) for line in sample.split("\n"))
        case tuple():
            return tuple(_in_language(one, language) for one in sample)
        case list():
            return [_in_language(one, language) for one in sample]
    return sample


KINDS: Final[dict[str, MailKind]] = {}
"""The declared mails by their template."""


def declare_mails(*kinds: MailKind) -> Sequence[MailKind]:
    """Declare mails once, when their module is imported; return them for the feature.

    Raises:
        ValueError: one of them is declared already.
    """
    for kind in kinds:
        if kind.template in KINDS:
            raise ValueError(f"the mail {kind.template} is declared twice")
        KINDS[kind.template] = kind
    return kinds


ASKED_FOR: Final = Night(waits=False, why=translatable("The reader has just asked for it."))
RUNS_OUT: Final = Night(waits=False, why=translatable("It is of no use later."))
AT_A_DOOR: Final = Night(waits=False, why=translatable("Somebody stands at a door, or soon will."))
ACCOUNT: Final = Night(
    waits=False, why=translatable("If it was not the reader, every minute counts.")
)
CAN_WAIT: Final = Night(
    waits=True,
    why=translatable(
        "It waits until the quiet hours are over. About what begins by then, or within an hour "
        "after it, it leaves at once."
    ),
)
IN_THE_EVENING: Final = Night(
    waits=True,
    always=True,
    why=translatable(
        "It waits until the quiet hours are over. About what begins by then, or within an hour "
        "after it, it leaves the evening before."
    ),
)

SERVICE: Final = Placeholder(translatable("The name of the service"), "Zone")
"""Every mail may name it."""
