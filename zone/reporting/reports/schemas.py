"""The JSON of the targets. Decimals are strings, exact; instants are UTC."""

from typing import Any

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.reporting.kpis.queries import Figure, FigurePart, Provenance, Report
from zone.reporting.kpis.rules import JudgedFigure, Status
from zone.reporting.supporting.queries import SupportingFigure
from zone.web.fields import AwareDateTime, Boolean, Dict, Integer, List, String
from zone.web.schemas import ListSchema


class AsOfSchema(Schema):
    """As of when: only what was recorded by then counts. Without it, now."""

    as_of = AwareDateTime(load_default=None, validate=validate.Range(EARLIEST, LATEST))


class FigureReceiptSchema(Schema):
    """How a figure came about; the same as-of time gives the same receipt for ever."""

    definition = String(required=True)
    window_start = AwareDateTime(required=True)
    window_end = AwareDateTime(required=True)
    as_of = AwareDateTime(required=True)
    rows = Dict(keys=String(), values=Integer(), required=True)
    sha256 = String(required=True, example="5f" * 32)


class JudgedSchema(Schema):
    """`value` is unrounded and decides the status, `shown` is rounded; `rounds_up`: only the shown
    one is enough.
    """

    status = String(required=True, validate=validate.OneOf([status.value for status in Status]))
    value = String(required=True, allow_none=True, example="2500")
    shown = String(required=True, allow_none=True, example="2500")
    growth_pct = String(required=True, allow_none=True)
    rounds_up = Boolean(required=True)
    receipt = Nested(FigureReceiptSchema, required=True)


class PartSchema(JudgedSchema):
    """A term's or a wave's figure."""

    name = String(required=True, example="2026-autumn")


class FigureSchema(JudgedSchema):
    """A target with its figure. Where there are `parts`, each must meet it; they are never
    averaged.
    """

    key = String(required=True, example="a")
    baseline = String(required=True, example="1870")
    baseline_of = String(required=True, example="2019")
    pct = String(required=True, allow_none=True, example="33")
    goal = String(required=True, example="2500")
    parts = List(Nested(PartSchema), required=True)


class TargetsSchema(Schema):
    """The targets of a calendar year."""

    year = Integer(required=True, example=2026)
    as_of = AwareDateTime(required=True)
    figures = List(Nested(FigureSchema), required=True)


class SupportingSchema(Schema):
    """A supporting figure: `part` of `whole` in percent, or the people of an institution (`group`),
    if five or more.
    """

    key = String(required=True, example="a")
    group = String(required=True, allow_none=True)
    percent = String(required=True, allow_none=True)
    part = Integer(required=True, allow_none=True)
    whole = Integer(required=True, allow_none=True)
    receipt = Nested(FigureReceiptSchema, required=True)


class SupportingListSchema(ListSchema):
    """The supporting figures of a calendar year."""

    figures = List(Nested(SupportingSchema), required=True)


def supporting_json(item: SupportingFigure) -> dict[str, Any]:
    """Return a supporting figure as SupportingSchema takes it."""
    return {
        "key": item.key,
        "group": item.group,
        "percent": _text(item.percent),
        "part": None if item.hidden else item.part,
        "whole": None if item.hidden or item.group is not None else item.whole,
        "receipt": _receipt(item.provenance),
    }


def report_json(report: Report) -> dict[str, Any]:
    """Return a report as TargetsSchema takes it."""
    return {
        "year": report.year,
        "as_of": report.as_of,
        "figures": [_figure(item) for item in report.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    goal = figure.goal
    return {
        "key": goal.key,
        "baseline": _text(goal.baseline),
        "baseline_of": goal.baseline_of,
        "pct": _text(goal.pct),
        "goal": _text(goal.goal),
        "parts": [_part(part) for part in figure.parts],
        **_judged(figure.judged, figure.provenance),
    }


def _part(part: FigurePart) -> dict[str, Any]:
    return {"name": part.name, **_judged(part.judged, part.provenance)}


def _judged(judged: JudgedFigure, provenance: Provenance) -> dict[str, Any]:
    return {
        "status": judged.status.value,
        "value": _text(judged.value),
        "shown": _text(judged.shown),
        "growth_pct": _text(judged.growth_pct),
        "rounds_up": judged.rounds_up,
        "receipt": _receipt(provenance),
    }


def _receipt(provenance: Provenance) -> dict[str, Any]:
    return {
        "definition": provenance.definition,
        "window_start": provenance.window[0],
        "window_end": provenance.window[1],
        "as_of": provenance.as_of,
        "rows": provenance.rows,
        "sha256": provenance.digest,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
