"""The migration of notifications goes down with rows in its tables, and up again."""

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from tests.migrations.revisions import begin_at, newest
from tests.migrations.test_bookings import a_public_id, store
from tests.migrations.test_migrations import differences, empty, triggers, wanted_triggers
from tests.migrations.test_proof import AT
from zone.app import MIGRATIONS

__all__ = ["empty"]
# Its migration is released and does not change any more; `test_upgrade` runs them all by default.
pytestmark = pytest.mark.thorough
BEFORE, OWN = "0038", "0040"


def test_notifications_come_and_go(empty: Flask, engine_name: str) -> None:
    begin_at(BEFORE)
    member = store(
        "member",
        public_id=a_public_id(),
        holder=7,
        email="a@zone.example",
        name="",
        language="en",
        created_at=AT,
    )
    signed_in = store(
        "sign_in_session",
        public_id=a_public_id(),
        member_id=member,
        digest=b"d",
        created_at=AT,
        seen_at=AT,
    )
    for revision in (OWN, newest()):
        upgrade(directory=str(MIGRATIONS), revision=revision)
        if revision != OWN:
            assert differences() == []
            assert triggers() == wanted_triggers(engine_name)
        browser = store(
            "push_subscription",
            public_id=a_public_id(),
            member_id=member,
            session_id=signed_in,
            endpoint="https://push.example/1",
            point=b"p",
            secret=b"s",
            server_key="k",
            created_at=AT,
        )
        store(
            "push_message",
            subscription_id=browser,
            member_id=member,
            payload="{}",
            topic="t",
            created_at=AT,
            not_after=AT,
            due_at=AT,
            attempts=0,
            state="waiting",
        )
        downgrade(directory=str(MIGRATIONS), revision=BEFORE)
