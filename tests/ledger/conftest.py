"""The same test on both databases."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.postgres import open_database
from vicugna.ledger.database import choose_driver


@pytest.fixture(scope="session")
def _database() -> Generator[str]:
    with open_database() as url:
        yield url


@pytest.fixture
def postgres_url(_database: str) -> str:
    """Return the URL of a ledger that is not there yet on PostgreSQL; one at a time."""
    engine = create_engine(choose_driver(make_url(_database)))
    with engine.begin() as connection:  # faster than a database for each test
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return _database


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a ledger that is not there yet, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return request.getfixturevalue("postgres_url")
