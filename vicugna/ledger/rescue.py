"""Saving paid answers that a ledger could not take, for `vicugna ledger import`."""

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from vicugna.errors import UserError
from vicugna.ledger.database import connect
from vicugna.ledger.writing import Settle, write_group

OUTPUTS = Path("outputs")
_LOG = logging.getLogger(__name__)


def rescue(answers: Sequence[Settle]) -> None:
    """Write answers to a file under outputs/, or where there is room, and say where it is.

    That there is room nowhere is said too.
    """
    from vicugna.ledger.transfer import export_ledger  # what no run needs that ends well

    engine = connect("sqlite://")  # in memory
    try:
        with engine.execution_options(writes=True).begin() as connection:
            write_group(connection, answers)
        for folder in (OUTPUTS, Path(tempfile.gettempdir())):
            path = folder / f"rescued-{uuid4().hex[:8]}.jsonl"
            try:
                export_ledger(engine, path, force=False)
            except UserError as error:
                _LOG.warning("%s", error)
                continue
            _LOG.warning(
                "%d paid answers could not be written to the ledger; they are in %s: "
                "`vicugna ledger import %s` takes them in when it is there again.",
                len(answers),
                path,
                path,
            )
            return
    finally:
        engine.dispose()
    _LOG.error("%d paid answers could not be written anywhere and are lost.", len(answers))
