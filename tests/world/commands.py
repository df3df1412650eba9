"""The environment of a command `zone` on the database of a test."""

from zone.core.config import Settings


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the variables that lead a command to the database and the keys of a test."""
    return {
        "ZONE_DATA_DIR": str(settings.data_dir),
        "ZONE_DATABASE_URL": settings.database_url,
        "ZONE_OWNER_DATABASE_URL": settings.owner_database_url,
    }
