"""`zone takeover`: passes that another system has sold, from a file."""

import os
import sys
from pathlib import Path

import click

from zone.cli.operating import opened
from zone.core.clock import utc_now
from zone.core.config import load_settings
from zone.core.errors import DomainError
from zone.passes.takeover import flows
from zone.passes.takeover.rules import TakeoverPlan


@click.command("takeover")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--store", is_flag=True, help="Take the passes over; without it nothing is stored.")
@click.option(
    "--good-only", is_flag=True, help="Take over the good rows although others are wrong."
)
@click.option("--tell", is_flag=True, help="Mail everybody who gets a pass.")
def take_over(file: Path, *, store: bool, good_only: bool, tell: bool) -> None:
    """Say what the FILE of passes (CSV in UTF-8, or XLSX) would do, or take them over. The same
    file again changes nothing. The exit code is 1 where a row is wrong."""
    content = file.read_bytes()
    with opened(load_settings(os.environ)):
        plan = flows.preview(content, utc_now())
        _report(plan)
        if store:
            try:
                plan = flows.take_over(
                    content,
                    None,
                    good_only=good_only,
                    tell=tell,
                    now=utc_now(),
                    progress=lambda done, of: click.echo(f"{done} of {of}", err=True),
                )
            except DomainError as refusal:
                raise click.ClickException(
                    refusal.reasons[0].text("en", refusal.params)
                ) from refusal
            click.echo(f"{plan.done} passes were taken over.")
    if plan.faults:
        sys.exit(1)


def _report(plan: TakeoverPlan) -> None:
    for fault in plan.faults:
        click.echo(f"Line {fault.line}: {fault.text('en')}", err=True)
    click.echo(
        f"{len(plan.new)} new passes, {plan.before} taken over before, {plan.bad_rows} rows wrong, "
        f"{plan.new_people} people without an account so far."
    )
