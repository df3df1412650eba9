"""The mail about doors that let nobody in."""

from datetime import UTC, datetime
from typing import Final

from zone.core.i18n import translatable
from zone.core.mail.kinds import AT_A_DOOR, MailKind, Placeholder, declare_mails

MAILS: Final = declare_mails(
    MailKind(
        template="access/door_out",
        sent=translatable("The door to a booked time lets nobody in"),
        night=AT_A_DOOR,
        values={
            "instruction": Placeholder(
                translatable("What to do, in a few words"), translatable("Another way in")
            ),
            "name": Placeholder(translatable("What is booked"), translatable("Back yoga")),
            "when": Placeholder(
                translatable("Its day and time"), datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
            ),
            "where": Placeholder(
                translatable("Its campus and space"), "Metropolia Myllypuro, Studio"
            ),
            "sentence": Placeholder(
                translatable("What is wrong with the door, and which one to use"),
                translatable("The door does not work now: Gym door."),
            ),
        },
        blocks={"call": translatable("Whom to call, where the service has a phone number")},
        needs=("event", "sentence"),
        inner={"phone": "+358 9 123 4567"},
    ),
)
