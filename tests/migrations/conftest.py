"""What the tests of migrations share."""

from collections.abc import Iterator

import pytest

from tests.migrations.revisions import PostgresCopies, SqliteCopies


@pytest.fixture(scope="session")
def copies_of_sqlite(tmp_path_factory: pytest.TempPathFactory) -> SqliteCopies:
    """Return the copies of SQLite databases, one for each revision that a test has reached."""
    return SqliteCopies(tmp_path_factory.mktemp("revisions"))


@pytest.fixture(scope="session")
def copies_of_postgresql(postgres_server: str) -> Iterator[PostgresCopies]:
    """Yield the same of PostgreSQL, and drop them at the end."""
    copies = PostgresCopies(postgres_server)
    yield copies
    copies.close()
