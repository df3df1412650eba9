"""`zone doctor` says when the key is lost for which browsers turned notifications on."""

from sqlalchemy import select

from tests.operation.doctor.test_surroundings import problems
from tests.world.booking import NOW
from tests.world.doctor import findings_around
from tests.world.push import PushBrowser, a_signed_in_actor
from zone.core import secrets as stored_secrets
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.members.people.models import Member
from zone.members.push import flows, vapid
from zone.members.push.providers.push_service import Reach
from zone.operation.secrets import service as secrets


def said(service: Settings) -> list[str]:
    return [todo for _, todo in problems(findings_around(service), "keys") if "push.key" in todo]


def test_a_lost_key_is_reported_while_browsers_know_it(service: Settings) -> None:
    with reading() as session:
        member = session.scalars(select(Member.id).order_by(Member.id)).first()
    assert member is not None
    assert said(service) == []
    actor, _ = a_signed_in_actor(member, NOW)
    browser = PushBrowser("https://push.example/1", flows.server_key(service))
    reach = Reach(resolve=lambda _host: ["93.184.215.14"])
    flows.subscribe(actor, browser.subscription(), service, NOW, reach)
    assert said(service) == []
    stored_secrets.rotate(service.keys, vapid.KEY_FILE)
    assert said(service) == [], "the old key is there too"
    (service.keys / vapid.KEY_FILE).unlink()
    assert len(said(service)) == 1
    with writing() as session:
        assert secrets.end_without_key(session, service.keys) == 1
    assert said(service) == []
