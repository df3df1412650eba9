"""Settings from ZONE_… environment variables: typed, frozen, and read once.

An unknown ZONE_ variable is an error, so that a misspelt setting does not silently keep its
default.
"""

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from zone.core.mail.addresses import parse_sender, parse_server, parse_web_address

PREFIX: Final = "ZONE_"
MOST_PORT: Final = 65535
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})
SETTINGS_KEY: Final = "zone_settings"
# Read by the tests, not by the product; allowed so that both can share an environment.
_TEST_ONLY: Final = frozenset(
    {"ZONE_TEST_DATABASE_URL", "ZONE_TEST_STRICT", "ZONE_REQUIRE", "ZONE_LEAVE_OUT"}
)
# Regular expressions for the text of a setting.
_PROVIDERS: Final = "development|paytrail|stripe"
_COUNT: Final = r"\d{1,4}"
_DAYS_OF_A_YEAR: Final = r"[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-5]"
_SHIFT: Final = r"-?[0-9]{1,9}"
_DATABASES: Final = r"|sqlite:///.+|postgresql\+psycopg://.*"
# A name as browsers send it, or an IP address. No account, query or fragment: paths follow it.
_WEB_ADDRESSES: Final = r"https?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*)(:\d+)?"
_MAIL_SERVERS: Final = r"|smtps?://([^@\s]*@)?(\[[0-9a-fA-F:]+\]|[^@:/\[\]\s]+)(:\d+)?/?"


class SettingsError(ValueError):
    """A setting is unknown or unreadable; the message names it and says what is expected."""


def _setting(
    default: Any, doc: str, form: str = ".*", *, parse: Callable[[str], object] = str
) -> Any:
    """A field of Settings.

    `form` is a regular expression for the text of the variable. `parse` is the function by which
    whoever uses the setting reads it; it raises ValueError.
    """
    # Checked at the start, because a wrong value would otherwise fail only when it is first used:
    # a comma in the sender's name made every mail one that cannot be written.
    return field(default=default, metadata={"doc": doc, "form": form, "parse": parse})


def _parse_database(url: str) -> object:
    try:
        read = make_url(url)
    except ArgumentError as error:
        raise ValueError("no URL of a database") from error
    if read.get_backend_name() == "sqlite":
        _check_file(url, read.database or "")
    # A `@` of a password, or a `/` of a user, ends it where it is not written as %40 or %2F: what
    # stands behind it would be asked for.
    elif "@" in (read.host or "") + (read.database or ""):
        raise ValueError("more than the host follows the password")
    # Port 0 is left out, and the usual one asked instead.
    elif read.port is not None and not 0 < read.port <= MOST_PORT:
        raise ValueError("nobody answers at that port")
    return read


def _check_file(url: str, path: str) -> None:
    # What follows a `?` is left out, or is an option: `/srv/a?b=c/zone.sqlite` would be `/srv/a`.
    if "?" in url:
        raise ValueError("a ? in the path, which is written as %3F")
    # SQLite's own names: a database in memory is gone with the process, and a `file:` may be opened
    # as another file than the one that backups and restores look for.
    if path == ":memory:" or path.startswith("file:"):
        raise ValueError("no path of a file")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator may set. Each field `x` is read from `ZONE_X`."""

    data_dir: Path = _setting(
        Path("zone-data"), "Folder for the database, keys and logs when nothing else is set."
    )
    database_url: str = _setting(
        "",
        "SQLAlchemy URL. Empty: SQLite in the data folder. PostgreSQL: postgresql+psycopg://…",
        _DATABASES,
        parse=_parse_database,
    )
    owner_database_url: str = _setting(
        "",
        "PostgreSQL only: the role that owns the tables, for `zone migrate` and `zone restore`. "
        "Empty: they belong to the role of ZONE_DATABASE_URL.",
        r"|postgresql\+psycopg://.*",
        parse=_parse_database,
    )
    keys_dir: Path | None = _setting(
        None, "Folder of secrets and issuer keys, not in the database. Empty: data folder/keys."
    )
    base_url: str = _setting(
        "http://localhost:8000",
        "The address people reach, without a slash at the end.",
        _WEB_ADDRESSES,
        parse=parse_web_address,
    )
    smtp_url: str = _setting(
        "",
        "smtp://user:password@host:port or smtps://…. With smtp:// the server must offer STARTTLS, "
        "unless it is on this machine. Empty: mail waits in the outbox.",
        _MAIL_SERVERS,
        parse=parse_server,
    )
    mail_from: str = _setting(
        "Zone <zone@localhost>",
        "The sender of mail: an address, or Name <address>.",
        ".+",
        parse=parse_sender,
    )
    operator_mail: str = _setting(
        "",
        "Who gets a mail when a unit fails or the nightly doctor finds something wrong.",
        parse=parse_sender,
    )
    backup_dir: Path | None = _setting(
        None, "Folder of the nightly backups: `zone doctor` looks at the age of the newest one."
    )
    payment_provider: str = _setting(
        "none",
        "none, or the providers among which buyers choose, with commas between them. "
        "development: a working redirect provider that takes no money. The others need keys: "
        "docs/payments.md.",
        rf"none|({_PROVIDERS})(,({_PROVIDERS}))*",
    )
    paytrail_account: str = _setting(
        "", "The merchant's number at Paytrail. Its secret is the file paytrail.key.", r"\d{0,20}"
    )
    paytrail_url: str = _setting(
        "https://services.paytrail.com",
        "Where Paytrail is; another address is for tests.",
        _WEB_ADDRESSES,
        parse=parse_web_address,
    )
    stripe_url: str = _setting(
        "https://api.stripe.com",
        "Where Stripe is; another address is for tests.",
        _WEB_ADDRESSES,
        parse=parse_web_address,
    )
    seller_vat: bool = _setting(
        True, "Whether the seller charges VAT; off: every line has rate 0; likewise."
    )
    seller_name: str = _setting("", "Who sells, until somebody saves the page /manage/service.")
    seller_address: str = _setting("", "The seller's postal address; likewise.")
    seller_business_id: str = _setting("", "The seller's business ID (Y-tunnus); likewise.")
    demo: bool = _setting(False, "One-click demo sign-ins. Never on a machine that others reach.")
    demo_clock_shift: int = _setting(
        0, "Seconds by which the demo is ahead of the machine's clock; only with ZONE_DEMO.", _SHIFT
    )
    trusted_proxies: int = _setting(
        0, "Number of proxies in front whose X-Forwarded-For is believed.", _COUNT
    )
    pool_size: int = _setting(
        4,
        "Connections a process keeps to write, and twice as many to read; at least as many as it "
        "has threads. Bounds the writers in flight.",
        r"[1-9]\d{0,3}",
    )
    log_format: str = _setting(
        "json", "json: one object a line; text: lines for people.", "json|text"
    )
    metrics_token: str = _setting(
        "",
        "Bearer token that opens /metrics to other machines; without one only this machine may "
        "read it.",
    )
    door_event_days: int = _setting(
        90,
        "How long a door event names its person, 365 days at most; the event itself and all "
        "figures stay.",
        _DAYS_OF_A_YEAR,
    )
    pass_warning_days: int = _setting(
        14, "A mail says so many days ahead that a pass ends; 0: none.", _COUNT
    )
    pass_last_warning_days: int = _setting(
        1, "And another one so many days ahead; 0: none.", _COUNT
    )

    def __post_init__(self) -> None:
        if self.demo_clock_shift and not self.demo:
            raise SettingsError("ZONE_DEMO_CLOCK_SHIFT needs ZONE_DEMO: a service lives now.")

    @property
    def clock_shift(self) -> timedelta:
        """By how much the clock of the demo is ahead."""
        return timedelta(seconds=self.demo_clock_shift)

    @property
    def database(self) -> str:
        return self.database_url or sqlite_url(self.data_dir.absolute() / "zone.sqlite")

    @property
    def payment_providers(self) -> tuple[str, ...]:
        """The names of the payment providers that are offered, each once."""
        names = dict.fromkeys(self.payment_provider.split(","))
        return tuple(name for name in names if name != "none")

    @property
    def keys(self) -> Path:
        return self.keys_dir or self.data_dir.absolute() / "keys"

    @property
    def person_kept(self) -> timedelta:
        """How long a door event names its person."""
        return timedelta(days=self.door_event_days)

    @property
    def secure(self) -> bool:
        """Whether the site is served over HTTPS, so that cookies can be `__Host-`."""
        return self.base_url.startswith("https://")


def sqlite_url(file: Path) -> str:
    """Return the URL of a database file."""
    # Not put together as text: a % or ? in the path would lead to another file.
    return URL.create("sqlite", database=str(file)).render_as_string()


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: an unknown ZONE_ variable, or one that cannot be read.
    """
    hints = get_type_hints(Settings)
    known = {PREFIX + item.name.upper(): item.name for item in fields(Settings)}
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    unknown = sorted(set(given) - set(known) - _TEST_ONLY)
    if unknown:
        raise SettingsError(
            f"unknown setting {', '.join(unknown)}; known: {', '.join(sorted(known))}"
        )
    for item in fields(Settings):
        _check_form(item, given.get(PREFIX + item.name.upper()))
    values = {
        known[name]: _read(name, value, hints[known[name]])
        for name, value in given.items()
        if name in known and not _is_unset(value, hints[known[name]])
    }
    return Settings(**values)


def _is_unset(value: str, kind: Any) -> bool:
    """Whether `ZONE_X=` in a file means that a folder or a switch is not set."""
    # Read as a path it is the folder in which the service happens to run, where keys would lie;
    # read as a switch, no VAT.
    return not value.strip() and kind not in (str, int)


def _check_form(item: Field[Any], value: str | None) -> None:
    if value is not None and not _is_readable(item, value):
        # The value is not in the message: it may hold a password.
        raise SettingsError(
            f"{PREFIX}{item.name.upper()} is not of a form that can be used. {item.metadata['doc']}"
        )


def _is_readable(item: Field[Any], value: str) -> bool:
    if re.fullmatch(item.metadata["form"], value, re.DOTALL) is None:
        return False
    try:
        if value:
            item.metadata["parse"](value)
    except ValueError:
        return False
    return True


def settings_in(file: Path) -> dict[str, str]:
    """Read `NAME=value` lines, as in a systemd EnvironmentFile; `#` begins a comment line.

    Raises:
        SettingsError: the file cannot be read, or a line is neither.
    """
    try:
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from error
    given = [line for line in lines if line and not line.startswith("#")]
    for line in given:
        if not line.startswith(PREFIX) or "=" not in line:
            raise SettingsError(f"{file}: {line.split('=')[0]!r} is no {PREFIX}… = value")
    return {
        name.strip(): _unquote(value.strip())
        for name, _, value in (line.partition("=") for line in given)
    }


def _unquote(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _read(name: str, value: str, kind: Any) -> Any:
    target = (
        next(k for k in get_args(kind) if k is not types.NoneType)
        if isinstance(kind, types.UnionType)
        else kind
    )
    if target is bool:
        if value.lower() not in _TRUE | _FALSE:
            raise SettingsError(f"{name}: {value!r} is neither true nor false")
        return value.lower() in _TRUE
    try:
        return target(value)
    except ValueError as error:
        raise SettingsError(f"{name}: {value!r} is not a {target.__name__}") from error
