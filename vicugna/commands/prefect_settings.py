"""The Prefect settings that must hold wherever `vicugna` is started, and Prefect's folder."""

import errno
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from vicugna.errors import UserError

STARTUP_TIMEOUT = 180  # seconds; a start on a busy two-core machine was seen to take 60

# As in prefect.toml, which Prefect reads in the current directory only. What they are for is
# said there.
SETTINGS: dict[str, str] = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(STARTUP_TIMEOUT),
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "200",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "60",
}
# What has no place in prefect.toml: read from the environment only.
ENVIRONMENT: dict[str, str] = {
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",  # the server still gets all of it
}


def set_environment() -> None:
    """Give this process and its children the settings without which Prefect does not run well.

    What the user set stays: the environment first, then a `prefect.toml` in the current directory.
    """
    os.environ["PREFECT_HOME"] = os.path.abspath(os.environ.get("PREFECT_HOME") or ".prefect")
    chosen = flatten(_read_toml(Path("prefect.toml")))
    for name, value in {**SETTINGS, **ENVIRONMENT}.items():
        if name not in chosen:
            os.environ.setdefault(name, value)


def flatten(settings: Mapping[str, Any], prefix: str = "PREFECT") -> dict[str, str]:
    """Return the tables of a `prefect.toml` as environment variables.

    Example: {"flows": {"heartbeat_frequency": 60}} -> {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "60"}
    """
    flat: dict[str, str] = {}
    for name, value in settings.items():
        path = f"{prefix}_{name}".upper()
        if isinstance(value, dict):
            flat.update(flatten(cast(dict[str, Any], value), path))
        else:
            flat[path] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat


def make_home() -> Path:
    """Create `PREFECT_HOME`, kept out of git, and return it.

    Raises:
        UserError: it cannot be written.
    """
    home = Path(os.environ["PREFECT_HOME"])
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not os.access(home, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(home))
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise UserError(
            f"{error.filename}: cannot be written: {error.strerror}. Set PREFECT_HOME to a folder "
            "that can, or run with --direct to do without Prefect."
        ) from error
    return home


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read: {error}.") from error
