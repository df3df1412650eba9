"""What the service may start from: institutions, campuses, VAT rates and targets as listed in
reference.toml. `zone seed` takes all of it; the page of the first steps takes what is ticked.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy.orm import Session

from zone.members.institutions import service as institutions
from zone.operation.reference_data.queries import FILE, listed
from zone.passes.catalogue import service as catalogue
from zone.places.campuses import service as campuses
from zone.reporting.kpis import service as kpis


def load(session: Session, now: datetime, path: Path = FILE) -> None:
    """Store what the file lists and is not there yet: what a manager has changed stays."""
    data = listed(path)
    for row in data["study_region"]:
        institutions.ensure_region(session, **row)
    for row in data["institution"]:
        institutions.ensure_institution(session, **row)
    for row in data["campus"]:
        campuses.ensure_campus(session, **row)
    for row in data["vat_rate"]:
        catalogue.ensure_vat_rate(
            session, row["category"], percent=Decimal(row["percent"]), valid_from=row["valid_from"]
        )
    for row in data["target"]:
        kpis.ensure_target(session, **row, now=now)
