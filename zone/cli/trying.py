"""`zone demo` and `zone bench`, and `zone seed` for the data that every service needs."""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from zone.app import create_app
from zone.bench import command as benches
from zone.core.clock import utc_now
from zone.core.config import load_settings
from zone.core.db.transactions import writing
from zone.core.time import wall_clock_time
from zone.demo import command, example
from zone.operation.reference_data import service as reference_data

DEMO_DATA: Final = Path("zone-data/demo")


class WallClock(click.ParamType):  # type: ignore[type-arg]  # generic in its stubs only
    """A Helsinki wall-clock time such as `2027-03-25T17:30`, as a time in UTC."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time.

        Raises:
            BadParameter: it is none, or one that the clock skips.
        """
        if isinstance(value, datetime):
            return value
        try:
            return wall_clock_time(value)
        except ValueError:
            self.fail(f"{value!r} is no time of Helsinki such as 2027-03-25T17:30", param, ctx)


@click.command()
@click.option(
    "--script",
    is_flag=True,
    help="Play the main job without a person; exit 0 when every step passed.",
)
@click.option("--port", default=8000, show_default=True, help="0 picks a free one.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder; default zone-data/demo.",
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --script: the pass as PNG.",
)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only take pictures of the main pages.",
)
@click.option(
    "--states", is_flag=True, help="With --pictures: of every state of every screen instead."
)
@click.option(
    "--at",
    type=WallClock(),
    help="Let it be then, in Helsinki: 2027-03-25T17:30. Default: now.",
)
@click.option("--empty", is_flag=True, help="Without the 800 people of a term.")
def demo(
    *,
    script: bool,
    port: int,
    data: Path | None,
    picture: Path | None,
    pictures: Path | None,
    states: bool,
    at: datetime | None,
    empty: bool,
) -> None:
    """Start everything here with invented people and a simulated door."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if pictures is not None:
        sys.exit(command.take_pictures(pictures, at=at, states=states))
    if script:
        sys.exit(command.run_script(data=data, port=port, picture=picture, at=at))
    sys.exit(command.run(data=data or DEMO_DATA, port=port, at=at, empty=empty))


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(benches.BENCHES)))
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def bench(names: tuple[str, ...], *, as_json: bool) -> None:
    """Measure this machine by the named benchmarks, or by all, each beside a reference of that run.

    Among others they measure the door, the intake of entries, check-ins, rushes on classes and
    quotas, pages, ten years of terms, a pass without a network and a database that falls.
    """
    benches.run(names, as_json=as_json)


@click.command()
@click.option(
    "--example", "with_example", is_flag=True, help="Also the invented service of the demo."
)
def seed(*, with_example: bool) -> None:
    """Load institutions, campuses, VAT rates and targets. Doing it again changes nothing."""
    settings, now = load_settings(os.environ), utc_now()
    with create_app(settings).app_context(), writing() as session:
        reference_data.load(session, now)
        if with_example:
            example.load(session, settings, now)
    click.echo("Seeded.")
