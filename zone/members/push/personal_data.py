"""The tables of push that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention
from zone.members.push.queries import own_subscriptions

PUSH_MESSAGES: Final = Retention(
    "30 days after a notification was sent or given up", "members.sweep"
)

PERSONAL_DATA: Final = (
    PersonalData(
        "push_subscription",
        ("member_id", "endpoint"),
        "notifications",
        own_subscriptions,
        retention=Retention(
            "until they are turned off or the browser is signed out, 30 days at most after its "
            "last use",
            "members.sweep",
        ),
    ),
    PersonalData("push_message", ("member_id",), retention=PUSH_MESSAGES),
)
