"""A site with bridges and doors, members with phones, and uploads as a bridge sends them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from firmware_bridge.wire.decide import Decision
from firmware_bridge.wire.messages import entries as messages_entries
from firmware_bridge.wire.messages.changes import Changes
from firmware_bridge.wire.messages.enrol import sign_on_message
from firmware_bridge.wire.reasons import Reason
from tests.world.booking import NOW, World
from tests.world.booking import a_member as a_person
from tests.world.booking import build as build_world
from tests.world.people import an_actor
from zone.access.areas import service as areas
from zone.access.attendance import queries as attendance_queries
from zone.access.attendance.queries import AttendanceList
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.access.check_in import service as check_ins
from zone.access.check_in.context import PersonAtDoor, person_at_door, person_known
from zone.access.check_in.service import CheckIn, judge_person
from zone.access.credentials import service as credentials
from zone.access.doors import service as doors_service
from zone.access.entries import service as entries_service
from zone.access.entries.context import Issuers, proofs_of
from zone.access.visits import service as visits
from zone.access.visits.rules import DeskVisitor
from zone.booking.bookings.models import Booking
from zone.booking.bookings.service import book
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id
from zone.passes.passes.models import Pass
from zone.passes.pauses import service as pauses
from zone.passes.pauses.rules import PauseRequest

START = NOW + timedelta(hours=5)  # the start of the class


@dataclass(frozen=True, slots=True)
class Site:
    """Ids of a site's rows.

    The studio's door proves presence, the lobby's does not; the court needs a booking; `other_door`
    leads to the studio too, and belongs to `other_bridge`.
    """

    world: World
    bridge: int
    other_bridge: int
    studio: int
    studio_door: uuid.UUID
    lobby_door: uuid.UUID
    court_door: uuid.UUID
    other_door: uuid.UUID


def build(session: Session) -> Site:
    """Store Myllypuro with two bridges and four doors."""
    world = build_world(session)
    bridge, _ = bridges.create_bridge(session, campus_id=world.campus, name="Myllypuro", now=NOW)
    other_bridge, _ = bridges.create_bridge(
        session, campus_id=world.campus, name="Myllypuro, back", now=NOW
    )
    studio = areas.create_area(
        session,
        campus_id=world.campus,
        name="Studio",
        kinds=["class"],
        space_ids=[world.studio],
        proves_presence=True,
    )
    lobby = areas.create_area(
        session, campus_id=world.campus, name="Lobby", kinds=["gym", "class", "court"]
    )
    court = areas.create_area(
        session,
        campus_id=world.campus,
        name="Hall",
        kinds=["court"],
        space_ids=[world.hall],
        needs_booking=True,
    )
    doors = [
        doors_service.create_door(
            session, area_id=area.id, bridge_id=owner.id, name=f"{area.name} {owner.id}"
        ).public_id
        for area, owner in (
            (studio, bridge),
            (lobby, bridge),
            (court, bridge),
            (studio, other_bridge),
        )
    ]
    return Site(world, bridge.id, other_bridge.id, studio.id, *doors)


@dataclass
class Phone:
    """A member's phone with its enrolled key."""

    member: int
    holder: int
    key: ec.EllipticCurvePrivateKey
    kid: bytes
    certificate: bytes


def a_point() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """Return a new key pair and its uncompressed point of 65 bytes."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key, key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def a_phone(session: Session, member: int, settings: Settings, now: datetime = NOW) -> Phone:
    """Enrol a new key for a member."""
    key, point = a_point()
    enrolled = credentials.enrol_key(
        session, member, point=point, label="phone", now=now, settings=settings
    )
    return Phone(member, enrolled.holder, key, enrolled.kid, enrolled.certificate)


def a_member(session: Session, site: Site, name: str, *, with_pass: bool = True) -> tuple[int, int]:
    """Store a member; return (member, holder)."""
    member = a_person(session, site.world, name, with_pass=with_pass)
    return member, member_by_id(session, member).holder


def a_pause(session: Session, member_id: int, now: datetime, days: int = 20) -> Pass:
    """Let staff pause a member's only pass from today on; return it."""
    held = session.scalars(select(Pass).where(Pass.member_id == member_id)).one()
    today = helsinki_date(now)
    asked = PauseRequest(today, today + timedelta(days=days - 1), "illness")
    pauses.pause(session, held, asked, by=f"member {member_id}", now=now)
    return held


def a_staff_actor(session: Session, site: Site, role: str) -> Actor:
    """Store a new member of staff with one role; return the actor."""
    member, _ = a_member(session, site, f"{role}-{uuid.uuid4().hex[:8]}", with_pass=False)
    return an_actor(member, role)


@dataclass
class Journal:
    """A bridge's journal, which numbers and chains entries as a bridge does."""

    door: uuid.UUID
    rows: list[messages_entries.Entry] = field(default_factory=list)

    def scan(
        self,
        holder: int,
        at: datetime,
        *,
        granted: bool = True,
        door: uuid.UUID | None = None,
        **changed: object,
    ) -> messages_entries.Entry:
        """Append a scan at `at`, with the code of that holder and second."""
        kid = holder.to_bytes(8, "big")
        entry = messages_entries.Entry(
            seq=len(self.rows) + 1,
            uuid=str(uuid.uuid4()),
            door=str(door or self.door),
            kind="scan",
            occurred_at=int(at.timestamp() * 1000),
            granted=granted,
            reason=Reason.GRANTED if granted else Reason.EXPIRED,
            holder=holder,
            kid=kid,
            ts=int(at.timestamp()),
        )
        return self.append(replace(entry, **changed))  # type: ignore[arg-type]  # by name

    def not_opened(
        self, scan: messages_entries.Entry, kind: str = "not_opened"
    ) -> messages_entries.Entry:
        """Append what the contact reports 5 s after a scan if nobody entered, or the relay."""
        return self.append(
            replace(
                scan,
                seq=len(self.rows) + 1,
                uuid=str(uuid.uuid4()),
                kind=kind,
                ref=scan.uuid,
                occurred_at=scan.occurred_at + 5000,
                granted=False,
                reason=None,
            )
        )

    def append(self, entry: messages_entries.Entry) -> messages_entries.Entry:
        """Append an entry as it is."""
        self.rows.append(entry)
        return entry

    def upload(self, first: int = 1, last: int | None = None) -> messages_entries.Upload:
        """Return the upload of the entries from `first` to `last`, both included."""
        last = last or len(self.rows)
        hashes = [messages_entries.GENESIS]
        for entry in self.rows:
            hashes.append(messages_entries.hash_entry(hashes[-1], entry))
        raw = tuple(entry.to_json() for entry in self.rows[first - 1 : last])
        return messages_entries.Upload(raw, hashes[first - 1], hashes[last])


def receive(
    bridge: int, upload: messages_entries.Upload, now: datetime = START
) -> messages_entries.UploadAck:
    """Store one upload and derive visits, as the route does."""
    with writing() as session:
        ack = store_entries(session, bridge, upload, now)
    derive_visits(now)
    return ack


def store_entries(
    session: Session,
    bridge: int,
    upload: messages_entries.Upload,
    now: datetime,
    issuers: Issuers = dict,
) -> messages_entries.UploadAck:
    """Store one upload, and derive nothing."""
    proofs = proofs_of(session, bridge, upload, issuers, now)
    return entries_service.receive(session, bridge, upload, proofs, now)


def derive_visits(now: datetime = START) -> None:
    """Derive visits from all pending entries."""
    while True:
        with writing() as session:
            if not visits.derive(session, now):
                return


def sign_on(client: FlaskClient, token: str, **version: object) -> tuple[str, dict[str, str]]:
    """Enrol a bridge over HTTP and sign it on; return its id and its headers."""
    key = Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    bridge = client.post(
        "/api/v1/bridge/enrol", json={"token": token, "public_key": raw}
    ).get_json()["bridge"]
    return bridge, bearer(client, bridge, key, **version)


def bearer(
    client: FlaskClient, bridge: str, key: Ed25519PrivateKey, **version: object
) -> dict[str, str]:
    """Sign a bridge on; return its headers. `version` are further fields of the proof."""
    challenge = client.post("/api/v1/bridge/challenge", json={"bridge": bridge}).get_json()[
        "challenge"
    ]
    signature = key.sign(sign_on_message(bridge, challenge)).hex()
    proof = {"bridge": bridge, "challenge": challenge, "signature": signature}
    answer = client.post("/api/v1/bridge/sign-on", json=proof | version).get_json()
    return {"Authorization": f"Bearer {answer['access_token']}"}


def a_bridge_at_work(client: FlaskClient, site: Site, **version: object) -> dict[str, str]:
    """Enrol the site's first bridge over HTTP and sign it on; return its headers."""
    with writing() as session:
        token = bridge_sign_on.enrolment_token(
            session, session.get_one(Bridge, site.bridge), utc_now()
        )
    return sign_on(client, token, **version)[1]


def fetch_changes(client: FlaskClient, headers: dict[str, str], **query: object) -> Changes:
    """Return the answer to one poll of a bridge."""
    answer = client.get("/api/v1/bridge/changes", query_string=query, headers=headers)
    assert answer.status_code == 200, answer.get_json()
    return Changes.from_json(answer.get_json())


def door_of(browser: FlaskClient, door: uuid.UUID) -> dict[str, Any]:
    """Return a door as the API shows it."""
    answer = browser.get(f"/api/v1/doors/{door}")
    assert answer.status_code == 200
    shown: dict[str, Any] = answer.get_json()
    return shown


def seqs(entries: Iterable[messages_entries.Entry]) -> tuple[int, ...]:
    """Return the entries' seqs in order."""
    return tuple(sorted(entry.seq for entry in entries))


def booked(member: int, class_session: ClassSession) -> Booking:
    with writing() as session:
        return book(session, member_id=member, class_session=class_session.public_id, now=NOW)


def attendance(class_session: ClassSession) -> AttendanceList:
    with reading() as session:
        return attendance_queries.attendance(session, class_session.public_id)


def statuses(class_session: ClassSession) -> dict[str, str]:
    return {person.name: person.status for person in attendance(class_session).people}


def upload_scans(site: Site, holder: int, *at: datetime) -> Journal:
    journal = Journal(site.studio_door)
    for moment in at:
        journal.scan(holder, moment)
    receive(site.bridge, journal.upload(), max(at))
    return journal


def at_door(session: Session, member_id: int, door: uuid.UUID, now: datetime) -> PersonAtDoor:
    """Return a person, locked, as the desk finds them at a door."""
    person = member_by_id(session, member_id).public_id
    return person_at_door(session.connection(), person, door, now)


def judged_at_desk(session: Session, member_id: int, door: uuid.UUID, now: datetime) -> Decision:
    """Return what a door would decide about a person without a phone."""
    asked = at_door(session, member_id, door, now)
    return judge_person(session, asked, person_known(session, asked, now), now)


def check_in(
    session: Session, door: uuid.UUID, member_id: int, *, override: bool, now: datetime
) -> CheckIn:
    """Check a person in at the desk, or refuse."""
    asked = at_door(session, member_id, door, now)
    return check_ins.check_in(session, asked, override=override, now=now)


def let_in_at_desk(session: Session, member_id: int, area_id: int, now: datetime) -> int:
    """Store the visit of a person whom the desk lets in, without a pass; return its id."""
    visitor = DeskVisitor(member_id, area_id, ["gym"], "myllypuro", None, [])
    return visits.add_at_desk(session, visitor, now)
