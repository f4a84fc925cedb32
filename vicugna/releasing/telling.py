"""Telling whom a user names what came of a start: a webhook, a command, or both.

The environment names them, so that no address with a secret in it is in a recipe or in Prefect.

    VICUGNA_WEBHOOK   an http(s) address: what came of it is posted as JSON
    VICUGNA_HOOK      a command: it gets the occasion as its last argument, and the JSON on stdin
"""

import json
import logging
import os
import shlex
import subprocess
from collections.abc import Collection, Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from vicugna.errors import UserError
from vicugna.providers import key_variables

WEBHOOK, HOOK = "VICUGNA_WEBHOOK", "VICUGNA_HOOK"
_LOG = logging.getLogger(__name__)
_POST_SECONDS, _COMMAND_SECONDS = 15.0, 300.0
_STDERR = 2  # its number


def check_hooks() -> None:
    """Do nothing when the hooks in the environment can be called, or there are none.

    Raises:
        UserError: one of them is no address, or no command.
    """
    address, command = os.environ.get(WEBHOOK), os.environ.get(HOOK)
    if address and not _is_address(address):
        raise UserError(
            f"{WEBHOOK}: expected an address as https://host/path, without a user name."
        )
    try:
        if command is not None and not shlex.split(command):
            raise ValueError("nothing in it")
    except ValueError as error:
        raise UserError(f"{HOOK}: not a command: {error}.") from error


def tell(occasion: str, told: Mapping[str, Any], hidden: Collection[str] = ()) -> None:
    """Call the hooks; `occasion` is success, saturation, budget or failure.

    The command does not get the teachers' keys: those known, and variables that are `hidden`.
    What goes wrong with a hook is logged, and is no fault of the run.
    """
    text = json.dumps({"occasion": occasion, **told})  # ASCII: whatever reads it can
    if address := os.environ.get(WEBHOOK):
        _post(address, text.encode())
    if command := os.environ.get(HOOK):
        _call([*shlex.split(command), occasion], text, {*key_variables(), *hidden})


def _is_address(text: str) -> bool:
    """Return whether it can be posted to; the port of one that can is a number."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(known) and parts.username is None and text.isprintable() and " " not in text


def _post(address: str, body: bytes) -> None:
    request = Request(address, body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=_POST_SECONDS):
            pass
    except (OSError, ValueError, HTTPException) as error:
        # The address may hold a secret, and some errors repeat it: only their kind is told.
        why = getattr(error, "reason", "") or type(error).__name__
        _LOG.warning("%s: was not told: %s", WEBHOOK, why)


def _call(command: list[str], text: str, keys: Collection[str]) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in keys}
    try:
        done = subprocess.run(
            command,
            input=text,
            stdout=_STDERR,  # ours is for what `--json` prints
            text=True,
            env=inherited,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _LOG.warning("%s: %s", HOOK, error)
        return
    if done.returncode:
        _LOG.warning("%s: ended with exit code %d", HOOK, done.returncode)
