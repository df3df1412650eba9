"""`zone bench`: the figures of this machine, each beside a reference from the same run."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import click

from zone.bench import (
    check_in,
    cold_pass,
    door,
    double_taps,
    export,
    freshness,
    herd,
    intake,
    main_job,
    pages,
    quota_rush,
    receipts,
    recovery,
    takeover,
    term_opening,
    upload,
    years,
)
from zone.bench.measurements import Measurement, table

BENCHES: Final[dict[str, Callable[[], Iterator[Measurement]]]] = {
    "door": door.run,
    "freshness": freshness.run,
    "intake": intake.run,
    "check-in": check_in.run,
    "upload": upload.run,
    "herd": herd.run,
    "double-taps": double_taps.run,
    "quota-rush": quota_rush.run,
    "pages": pages.run,
    "years": years.run,
    "cold-pass": cold_pass.run,
    "recovery": recovery.run,
    "term-opening": term_opening.run,
    "main-job": main_job.run,
    "receipts": receipts.run,
    "export": export.run,
    "takeover": takeover.run,
}


def run(names: Sequence[str], *, as_json: bool) -> None:
    """Run the named benchmarks, or all; print a table at the end, or one JSON object a line."""
    figures = []
    for name in names or BENCHES:
        click.echo(f"{name} …", err=True)
        for figure in BENCHES[name]():
            figures.append(figure)
            if as_json:
                click.echo(figure.as_json())
                sys.stdout.flush()
    if not as_json:
        click.echo(table(figures))
