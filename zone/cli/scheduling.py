"""`zone scheduler`, and `zone openapi`: commands that make the application and no more."""

import os

import click

from zone.app import create_app
from zone.core.config import load_settings
from zone.core.jobs import loop
from zone.scheduler import JOBS
from zone.web import logs, openapi


@click.command()
def scheduler() -> None:
    """Run the jobs: mail, classes, visits, no-shows, surveys, retention."""
    settings = load_settings(os.environ)
    logs.configure(settings)
    loop.run(create_app(settings), JOBS)


@click.command("openapi")
def print_openapi() -> None:
    """Print the description of the API, OpenAPI 3.1."""
    click.echo(openapi.text_of(create_app(load_settings(os.environ))), nl=False)
