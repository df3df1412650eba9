"""A backup holds the database as of one instant, and can be restored."""

import errno
import os
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from tests.stored import stored_by
from tests.world.backups import PEOPLE, TOUCHED, contents, destroy, fill, restored
from tests.world.booking import NOW
from zone.access.bridges.models import Bridge
from zone.access.entries.models import UsedCode
from zone.access.issuer_keys import service as issuer_keys
from zone.access.roster import service as roster
from zone.access.roster.models import Feed
from zone.app import MIGRATIONS
from zone.booking.bookings.models import Booking, BookingEvent
from zone.cli.operating import opened
from zone.core import secrets
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.errors import OperationError
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.feedback.answers import sealing
from zone.members.institutions.models import Institution
from zone.members.sign_in_sessions.models import SignInSession
from zone.operation.backups import archive
from zone.operation.backups import service as backups
from zone.operation.backups.archive import Manifest
from zone.operation.backups.flows import target_name
from zone.operation.backups.service import back_up
from zone.operation.migrations import service as migrations

pytestmark = pytest.mark.own_database
LATER = NOW + timedelta(days=90)


def sqlite_file(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))


def backed_up(settings: Settings, path: Path, *, with_keys: bool = False) -> Path:
    return back_up(db.engine, settings, path, with_keys=with_keys, now=NOW)[0]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def check_everything_comes_back(settings: Settings, elsewhere: Path) -> None:
    with opened(settings):
        stored_by(fill, settings)
        before = contents(db.engine)
        path = backed_up(settings, elsewhere)
    destroy(settings)
    restored(path, settings)
    with opened(settings):
        after = contents(db.engine)
    assert {table: found for table, found in after.items() if table not in TOUCHED} == {
        table: found for table, found in before.items() if table not in TOUCHED
    }


def test_everything_comes_back(settings: Settings, elsewhere: Path) -> None:
    check_everything_comes_back(settings, elsewhere)


@pytest.mark.thorough
@pytest.mark.engines("sqlite", thorough="postgresql")
@pytest.mark.planted_fault("a backup that leaves a table out")
def test_a_backup_that_leaves_a_table_out_fails_the_check(
    settings: Settings, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = roster.start_new_epoch

    def forgetful(session: Session) -> None:
        begin(session)
        session.execute(delete(UsedCode))

    monkeypatch.setattr(roster, "start_new_epoch", forgetful)
    with pytest.raises(AssertionError, match="used_code"):
        check_everything_comes_back(settings, elsewhere)


@pytest.mark.thorough
def test_new_rows_are_numbered_behind_the_restored_ones(
    settings: Settings, elsewhere: Path
) -> None:
    with opened(settings):
        stored_by(fill, settings)
        path = backed_up(settings, elsewhere)
    destroy(settings)
    restored(path, settings)
    with opened(settings), writing() as session:
        last = session.scalars(select(func.max(Institution.id))).one() or 0
        made = Institution(
            code="new", name="New", admits_students=True, admits_staff=True, study_region=None
        )
        session.add(made)
        session.flush()
        assert made.id > last


def test_a_restore_resets_sessions_tokens_mails_and_the_epoch(
    settings: Settings, elsewhere: Path
) -> None:
    with opened(settings):
        stored_by(fill, settings)
        with writing() as session:
            session.execute(update(Bridge).values(seen_at=NOW, online_since=NOW))
            epoch = roster.new_epoch(session)
            waiting = session.scalars(
                select(func.count(OutboxMail.id)).where(OutboxMail.state == "waiting")
            ).one()
        path = backed_up(settings, elsewhere)
    destroy(settings)
    done = restored(path, settings)
    assert waiting > 0
    assert (done.held_mails, done.signed_out) == (waiting, PEOPLE)
    with opened(settings), reading() as session:
        assert session.scalars(select(Feed.epoch)).one() != epoch
        assert set(session.scalars(select(OutboxMail.state))) == {"late"}
        assert (
            session.scalars(
                select(SignInSession.id).where(SignInSession.revoked_at.is_(None))
            ).all()
            == []
        )
        assert set(session.scalars(select(Bridge.seen_at))) == {None}


def check_one_instant(settings: Settings, elsewhere: Path) -> None:
    """The property: a backup during bookings never holds a booking without its event."""
    with opened(settings):
        stored_by(fill, settings)
        stop = threading.Event()
        writer = threading.Thread(target=_book_and_cancel, args=(settings, stop))
        writer.start()
        try:
            paths = [backed_up(settings, elsewhere / f"{n}.tar.gz") for n in range(2)]
        finally:
            stop.set()
            writer.join()
    for path in paths:
        destroy(settings)
        restored(path, settings)
        with opened(settings), reading() as session:
            assert session.scalars(select(func.count(Booking.id))).one() == _facts(session)


def _facts(session: Session) -> int:
    return session.scalars(
        select(func.count(BookingEvent.id)).where(BookingEvent.kind == "booked")
    ).one()


def _book_and_cancel(settings: Settings, stop: threading.Event) -> None:
    """Insert related rows of two tables, each time in one transaction."""
    with opened(settings):
        with reading() as session:
            member, place = session.execute(
                select(Booking.member_id, Booking.session_id)
            ).first() or (0, 0)
        while not stop.is_set():
            with writing() as session:
                made = Booking(
                    public_id=new_public_id(),
                    session_id=place,
                    member_id=member,
                    state="cancelled",
                    created_at=NOW,
                )
                session.add(made)
                session.flush()
                session.add(
                    BookingEvent(
                        booking_id=made.id, kind="booked", occurred_at=NOW, recorded_at=NOW
                    )
                )


@pytest.mark.engines("sqlite", "postgresql")
def test_a_backup_is_of_one_instant_while_others_write(settings: Settings, elsewhere: Path) -> None:
    check_one_instant(settings, elsewhere)


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_a_backup_is_never_overwritten_and_only_its_owner_may_read_it(
    settings: Settings, elsewhere: Path
) -> None:
    with opened(settings):
        path = backed_up(settings, elsewhere)
        assert path == elsewhere / f"zone-{NOW:%Y%m%dT%H%M%SZ}.tar.gz"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(OperationError, match="never overwritten"):
            backed_up(settings, path)
    assert [one.name for one in elsewhere.iterdir()] == [path.name]


@pytest.mark.thorough
def test_a_database_that_is_not_empty_is_replaced_only_on_request(
    settings: Settings, elsewhere: Path
) -> None:
    with opened(settings):
        stored_by(fill, settings)
        path = backed_up(settings, elsewhere)
    with pytest.raises(OperationError, match="not empty"):
        restored(path, settings)
    assert restored(path, settings, replacing=True).manifest.revision == migrations.newest(
        str(MIGRATIONS)
    )


def test_a_database_in_use_is_not_replaced(settings: Settings, elsewhere: Path) -> None:
    with opened(settings):
        stored_by(fill, settings)
        path = backed_up(settings, elsewhere)
        with writing() as session:
            session.execute(text("UPDATE member SET name = 'now'"))
            with pytest.raises(OperationError, match="stop web and scheduler"):
                restored(path, settings, replacing=True)


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_older_nightly_backups_are_deleted_and_no_other_file(
    elsewhere: Path,
) -> None:
    nights = [elsewhere / f"zone-202611{day:02}T003000Z.tar.gz" for day in range(1, 6)]
    others = [
        elsewhere / "zone-before-upgrade.tar.gz",
        elsewhere / "zone-20261101T003000Z.tar.gz.gpg",
    ]
    for path in (*nights, *others):
        path.write_bytes(b"\x1f\x8b")
    assert backups.delete_older_backups(elsewhere, 2, LATER) == nights[:3]
    assert set(elsewhere.iterdir()) == {*nights[3:], *others}
    assert backups.delete_older_backups(elsewhere, 9, LATER) == []


@pytest.mark.engines("sqlite")
def test_what_only_has_the_name_of_a_backup_takes_no_place_of_one(elsewhere: Path) -> None:
    nights = [elsewhere / f"zone-202611{day:02}T003000Z.tar.gz" for day in range(1, 4)]
    for path in nights:
        path.write_bytes(b"\x1f\x8b")
    empty, folder, pipe, link, future = (
        elsewhere / f"zone-{day}T003000Z.tar.gz"
        for day in ("20261104", "20261105", "20261106", "20261107", "20990101")
    )
    empty.touch()
    folder.mkdir()
    os.mkfifo(pipe)
    link.symlink_to(elsewhere / "gone")
    future.write_bytes(b"\x1f\x8b")
    assert backups.delete_older_backups(elsewhere, 1, LATER) == nights[:2]
    assert backups.newest_backup(elsewhere, LATER) == datetime(2026, 11, 3, 0, 30, tzinfo=UTC)


@pytest.mark.engines("sqlite")
def test_a_backup_is_made_where_files_cannot_be_linked(
    settings: Settings, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with opened(settings):
        path = backed_up(settings, elsewhere / "one.tar.gz")
        assert archive.verify(path).engine == "sqlite"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(OperationError, match="exists already"):
            backed_up(settings, path)


def overwritten(at: int, length: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:at] + os.urandom(length) + whole[at + length :]


def put(at: int, what: bytes) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:at] + what + whole[at + len(what) :]


def renamed(name: bytes) -> Callable[[bytes], bytes]:
    """Write another name of a table into the list of tables."""
    return lambda whole: whole.replace(b"tablemembermember", b"table" + name + name)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "damage",
    [
        overwritten(0, 20_000),
        renamed(b"m\xf1mber"),
        *(
            pytest.param(damage, marks=pytest.mark.thorough)
            for damage in (
                overwritten(100, 8_000),
                overwritten(100_000, 4096),
                put(18, b"\x03\x02"),  # of a newer SQLite
                put(44, b"\0\0\0\x63"),
                renamed(b'mem"er'),
                renamed(b"m\0mber"),
                renamed(b"nobody"),
            )
        ),
    ],
)
def test_a_damaged_database_is_replaced_on_request(
    settings: Settings, elsewhere: Path, damage: Callable[[bytes], bytes]
) -> None:
    with opened(settings):
        stored_by(fill, settings)
        path = backed_up(settings, elsewhere)
    database = sqlite_file(settings)
    whole = database.read_bytes()
    database.write_bytes(damage(whole))
    assert database.read_bytes() != whole
    database.with_name(database.name + "-wal").write_bytes(os.urandom(5000))
    with pytest.raises(OperationError, match="is not empty"):
        restored(path, settings)
    restored(path, settings, replacing=True)
    with opened(settings), reading() as session:
        assert session.scalar(text("PRAGMA integrity_check(1)")) == "ok"
        assert session.scalar(select(func.count()).select_from(Booking))


@pytest.mark.engines("sqlite")
def test_a_database_that_the_user_may_only_read_is_not_replaced(
    settings: Settings, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says of it what it says of a damaged one, and somebody else may use it."""
    with opened(settings):
        stored_by(fill, settings)
        path = backed_up(settings, elsewhere)
    database = sqlite_file(settings)
    database.write_bytes(put(18, b"\x03\x02")(database.read_bytes()))
    may = os.access
    # As for anybody but root, who runs the tests.
    monkeypatch.setattr(os, "access", lambda path, mode: path != database and may(path, mode))
    with pytest.raises(OperationError, match="stop web and scheduler"):
        restored(path, settings, replacing=True)


@pytest.mark.engines("sqlite")
def test_a_database_that_is_a_link_is_replaced_where_it_leads(
    settings: Settings, elsewhere: Path, tmp_path: Path
) -> None:
    with opened(settings):
        stored_by(fill, settings)
        path = backed_up(settings, elsewhere)
    database, disk = sqlite_file(settings), tmp_path / "disk"
    disk.mkdir()
    database.rename(disk / "data.sqlite")
    database.symlink_to(disk / "data.sqlite")
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM outbox")
        connection.execute("CREATE TABLE of_before (id INTEGER)")
    connection.close()
    assert target_name(settings) == str(disk / "data.sqlite")
    restored(path, settings, replacing=True)
    assert database.is_symlink()
    with sqlite3.connect(disk / "data.sqlite") as connection:
        assert not connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'of_before'"
        ).fetchone()
    connection.close()


@pytest.mark.engines("sqlite")
def test_a_damaged_backup_is_refused_before_anything_is_changed(
    settings: Settings, elsewhere: Path
) -> None:
    with opened(settings):
        stored_by(fill, settings)
        path = backed_up(settings, elsewhere)
        before = contents(db.engine)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0x55
    path.write_bytes(raw)
    with pytest.raises(OperationError, match="not a whole backup"):
        restored(path, settings, replacing=True)
    with opened(settings):
        assert contents(db.engine) == before


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("engine", "revision", "why"),
    [("postgresql", "0001", "is of postgresql"), ("sqlite", "9999", "does not know")],
)
def test_a_backup_of_another_engine_or_a_newer_version_is_refused(
    settings: Settings, elsewhere: Path, engine: str, revision: str, why: str
) -> None:
    archive.write(elsewhere / "other", Manifest("9.0", revision, engine, NOW.isoformat(), ()), {})
    with pytest.raises(OperationError, match=why):
        restored(elsewhere / "other", settings)


# Keys.


def keys_in(path: Path) -> set[str]:
    with tarfile.open(path) as tar:
        return {name for name in tar.getnames() if name.startswith(backups.KEYS)}


@pytest.mark.engines("sqlite")
def test_keys_are_included_only_on_request_and_those_of_surveys_never(
    settings: Settings, elsewhere: Path
) -> None:
    with opened(settings):
        issuer_keys.ensure_issuer(settings.keys)
        secrets.current_secret(settings.keys, "sign-in.key")
        sealing.make_key(settings)
        assert keys_in(backed_up(settings, elsewhere / "plain")) == set()
        with_keys = backed_up(settings, elsewhere / "keys", with_keys=True)
    assert keys_in(with_keys) == {"keys/issuer-1.pem", "keys/sign-in.key"}


@pytest.mark.engines("sqlite")
def test_keys_are_restored_only_where_there_are_none(settings: Settings, elsewhere: Path) -> None:
    with opened(settings):
        issuer_keys.ensure_issuer(settings.keys)
        path = backed_up(settings, elsewhere, with_keys=True)
    issuer = settings.keys / "issuer-1.pem"
    before = issuer.read_bytes()
    issuer.unlink()
    assert restored(path, settings, replacing=True).keys == ("issuer-1.pem",)
    assert (issuer.read_bytes(), stat.S_IMODE(issuer.stat().st_mode)) == (before, 0o600)
    issuer.write_bytes(b"another")
    with pytest.raises(OperationError, match="another key"):
        restored(path, settings, replacing=True)
