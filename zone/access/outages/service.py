"""Outages: begun and ended by the alarms that keep people out, and mailed of. Never commits.

Theory of operation. A bridge opens and clears its alarms as it finds them, also many times an hour.
Once a minute the lasting ones are compared with the outages: an alarm without one begins it, and
staff get a mail; an outage whose alarm has stayed away long enough ends, and they get another. The
unique indexes of `Outage` let one of two such comparisons at once begin it, and the condition on
`ended_at` lets one end it: nobody gets a mail twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zone.access.alarms.rules import ALARM_KINDS
from zone.access.outages import queries
from zone.access.outages.models import Outage
from zone.access.outages.queries import OutagePlace
from zone.access.outages.rules import FaultKey, is_over, sorted_keys
from zone.core.db.statements import insert_new
from zone.core.formats import format_moment
from zone.core.i18n import translate
from zone.core.identity import Permission
from zone.core.ids import new_public_id
from zone.core.mail import service as mail
from zone.members.roles.queries import holders_of


def update_outages(session: Session, now: datetime) -> None:
    """Begin and end outages by the alarms that last now, and mail staff of each."""
    faults = queries.lasting_faults(session)
    _mail(session, _begin(session, faults), "access/outage_began", now)
    _mail(session, _end(session, faults, now), "access/outage_over", now)


def _begin(session: Session, faults: Mapping[FaultKey, datetime]) -> list[Outage]:
    rows = [
        {
            "public_id": new_public_id(),
            "bridge_id": key.bridge,
            "kind": key.kind,
            "door_id": key.door,
            "began_at": faults[key],
        }
        for key in sorted_keys(faults)
    ]
    begun = [row.id for row in insert_new(session, Outage, rows, Outage.id)]
    return _outages(session, begun)


def _end(session: Session, faults: Mapping[FaultKey, datetime], now: datetime) -> list[Outage]:
    going_on = {key: row for key, row in queries.open_outages(session).items() if key not in faults}
    if not going_on:
        return []
    seen = queries.last_seen(session, min(row.began_at for row in going_on.values()))
    earlier = queries.earlier_outages(session, now)
    over: list[int] = []
    for key, row in going_on.items():
        ended, statement = seen.get(key), update(Outage).where(Outage.id == row.id)
        if ended is None:
            # The alarm lasts on a bridge that was revoked meanwhile: of that there is a mail.
            session.execute(statement.values(ended_at=now))
        elif is_over(ended, earlier.get(key, 0), now):
            still = statement.where(Outage.ended_at.is_(None))
            values = {"ended_at": max(ended, row.began_at)}
            over += session.scalars(still.values(values).returning(Outage.id))
    return _outages(session, over)


def _outages(session: Session, ids: Iterable[int]) -> list[Outage]:
    rows = select(Outage).where(Outage.id.in_(list(ids))).order_by(Outage.id)
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def _mail(session: Session, outages: Sequence[Outage], template: str, now: datetime) -> None:
    """Mail those who see to doors, once for all doors of a bridge with the same fault."""
    if not outages:
        return
    # One board drives several doors, and a power cut takes them all at once.
    together: dict[tuple[int, str], list[Outage]] = defaultdict(list)
    for outage in outages:
        together[outage.bridge_id, outage.kind].append(outage)
    staff = holders_of(session, Permission.DOORS_OPEN)
    for (bridge_id, kind), of_bridge in together.items():
        doors = [outage.door_id for outage in of_bridge if outage.door_id is not None]
        place = queries.place_of(session, bridge_id, doors)
        for member in staff:
            mail.post(
                session,
                to=member.email,
                template=template,
                language=member.language,
                params=_params(kind, of_bridge, place, member.language),
                now=now,
                asked=queries.IS_OUT.about(*(outage.public_id for outage in of_bridge))
                if template == "access/outage_began"
                else None,
            )


def _params(
    kind: str, outages: Sequence[Outage], place: OutagePlace, language: str
) -> dict[str, object]:
    words = ALARM_KINDS[kind]
    ended = [outage.ended_at for outage in outages if outage.ended_at is not None]
    return {
        "title": translate(words.title, language),
        "keeps_out": words.keeps_out.value,
        "steps": [translate(step, language) for step in words.steps],
        "campus": place.campus,
        "bridge": place.bridge,
        "doors": ", ".join(place.doors),
        "since": format_moment(min(one.began_at for one in outages), language),
        "until": format_moment(max(ended), language) if ended else "",
    }
