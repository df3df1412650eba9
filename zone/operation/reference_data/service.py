"""`zone seed`: load institutions, campuses, VAT rates and targets from reference.toml."""

import tomllib
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from zone.members.affiliations import service as affiliations
from zone.passes.catalogue import service as catalogue
from zone.places.campuses import service as campuses
from zone.reporting.kpis import service as kpis

FILE: Final = Path(__file__).with_name("reference.toml")


def load(session: Session, now: datetime, path: Path = FILE) -> None:
    """Store what the file lists; loading it again changes nothing."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    for row in data["institution"]:
        # TOML has no null: a region that is left out is none.
        affiliations.set_institution(session, **{"study_region": None} | row)
    for row in data["campus"]:
        campuses.ensure_campus(session, **row)
    for row in data["vat_rate"]:
        catalogue.set_vat_rate(
            session, row["category"], percent=Decimal(row["percent"]), valid_from=row["valid_from"]
        )
    for row in data["target"]:
        kpis.set_target(session, **row, now=now)
