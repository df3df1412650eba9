"""`zone lottery`: for everybody who doubts a draw. It needs no database and no settings."""

import json
import sys
from typing import TextIO

import click

from zone.booking.lotteries import drawing


@click.command("lottery")
@click.argument("file", type=click.File(encoding="utf-8"))
def recompute_lottery(file: TextIO) -> None:
    """Recompute a draw from the FILE that its page lets everybody download; - reads it from the
    input. The exit code is 0 where all is as it was promised, else 1."""
    try:
        exported = json.load(file)
    except ValueError as error:
        faults = [f"This is no JSON ({error})."]
    else:
        faults = drawing.faults_of(exported)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    tickets, places = len(exported["entries"]), exported["places"]
    click.echo(f"As it was promised: {tickets} tickets, {places} places, in the order of the seed.")
