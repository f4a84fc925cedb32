"""The PostgreSQL server of this machine, for the tests that need a real one."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from benchmarks.killing import fresh_database

_HOST = "127.0.0.1:5432"
_SERVERS = [f"postgresql+psycopg://{user}{_HOST}/postgres" for user in ("", "postgres@")]


@contextmanager
def open_database() -> Generator[str]:
    """Yield the URL of a fresh database, as a user would write it; skip when no server answers."""
    with fresh_database(_find_server()) as url:
        yield url.replace("+psycopg", "")


def _find_server() -> str:
    why = ""
    for server in _SERVERS:
        engine = create_engine(server, connect_args={"connect_timeout": 5})
        try:
            with engine.connect():
                return server
        except OperationalError as error:
            why = " ".join(str(error.orig).split())
        finally:
            engine.dispose()
    pytest.skip(f"no PostgreSQL that lets us in at {_HOST}: {why}")
