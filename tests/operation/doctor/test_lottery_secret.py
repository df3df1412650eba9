"""`zone doctor` says when the secret is lost that a lottery needs to be drawn."""

import pytest
from flask import Flask

from tests.operation.doctor.test_surroundings import problems
from tests.stored import stored
from tests.world.booking import NOW, a_member, an_actor, build
from tests.world.doctor import findings
from tests.world.lotteries import a_drawn_class, announce
from zone.booking.draws import service as draws
from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.rules import KEY_FILE
from zone.core import secrets as stored_secrets
from zone.core.config import Settings
from zone.core.db.transactions import writing


def said(settings: Settings) -> list[tuple[str, str]]:
    """Return what the doctor says of the secret of lotteries."""
    return [one for one in problems(findings(settings), "keys") if KEY_FILE in one[1]]


def check_a_lost_secret_is_reported(settings: Settings) -> None:
    world = stored(build)
    assert said(settings) == [], "nothing was promised"
    secret = stored_secrets.current_secret(settings.keys, KEY_FILE)
    with writing() as session:
        manager = a_member(session, world, "manager")
    lottery = announce(a_drawn_class(world), manager, secret=secret)
    assert said(settings) == []
    stored_secrets.rotate(settings.keys, KEY_FILE)
    assert said(settings) == [], "the old secret is there too"
    kept = {path: path.read_bytes() for path in settings.keys.glob("lottery*")}
    for path in kept:
        path.unlink()
    [(level, todo)] = said(settings)
    assert level == "fail"
    assert "from a backup with keys" in todo
    assert not list(settings.keys.glob("lottery*")), "the check makes no other secret"
    stored_secrets.current_secret(settings.keys, KEY_FILE)
    assert len(said(settings)) == 1, "another secret does not fit"
    for path, content in kept.items():
        path.write_bytes(content)
    assert said(settings) == []
    with writing() as session:
        actor = an_actor(manager, "manager")
        lotteries.call_off(session, actor, lottery, reason="No secret", now=NOW)
    for path in kept:
        path.unlink()
    assert said(settings) == [], "nothing is to be drawn any more"


@pytest.mark.thorough
def test_a_lost_secret_is_reported_while_a_lottery_needs_it(app: Flask, settings: Settings) -> None:
    check_a_lost_secret_is_reported(settings)


@pytest.mark.thorough
@pytest.mark.planted_fault("any secret passes for the one that was promised")
def test_a_check_that_takes_any_secret_fails_the_check(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draws, "seed_of", lambda *_: b"some seed")
    with pytest.raises(ValueError, match="not enough values"):
        check_a_lost_secret_is_reported(settings)
