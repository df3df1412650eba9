"""The mails about roles."""

from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import ACCOUNT, MailKind, Placeholder, declare_mails

_VALUES: Final = {
    "role": Placeholder(translatable("The role"), translatable("Desk")),
    "by": Placeholder(translatable("Who gave it or took it away"), "Liisa Laine"),
    "reason": Placeholder(translatable("The reason that was given"), translatable("Summer help")),
}
_OTHER: Final = {
    **_VALUES,
    "person": Placeholder(
        translatable("Whose role it is"), "Matti Meikäläinen (matti@zone.example)"
    ),
}
_WHY_YOU: Final = {"why_you": translatable("Why the reader gets this mail")}
_INNER: Final = {"name": "Aino Virtanen"}

MAILS: Final = declare_mails(
    MailKind(
        template="members/role_given",
        sent=translatable("Somebody got a role"),
        night=ACCOUNT,
        values=_VALUES,
        needs=("facts",),
        inner=_INNER,
    ),
    MailKind(
        template="members/role_taken",
        sent=translatable("Somebody lost a role"),
        night=ACCOUNT,
        values=_VALUES,
        needs=("facts",),
        inner=_INNER,
    ),
    MailKind(
        template="members/role_of_other_given",
        sent=translatable("Somebody got a role; it goes to the administrators"),
        night=ACCOUNT,
        values=_OTHER,
        blocks=_WHY_YOU,
        needs=("facts", "person", "why_you"),
        inner=_INNER,
    ),
    MailKind(
        template="members/role_of_other_taken",
        sent=translatable("Somebody lost a role; it goes to the administrators"),
        night=ACCOUNT,
        values=_OTHER,
        blocks=_WHY_YOU,
        needs=("facts", "person", "why_you"),
        inner=_INNER,
    ),
)
