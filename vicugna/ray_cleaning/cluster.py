"""Ray, behind one thin wall: it is an extra, its types are partial, and nothing else imports it."""

import importlib
import logging
import os
import secrets
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from vicugna.errors import UserError

Ref = Any  # a ray.ObjectRef: the result of a task, which need not be there yet
Table = Any  # a pyarrow.Table

LOCAL = "local"
_JUDGED = 1 << 25  # bytes of rows that one task judges: some seconds, so that no CPU waits for one
# Nothing is sent to anybody; and what is read before Ray is imported.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # else it waits five minutes where nothing answers
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # or Ray warns of what it will do one day
}


class Cluster:
    """Machines that run tasks. A task may take the results of others, by reference."""

    def __init__(self, ray: Any) -> None:  # noqa: ANN401 - the module
        self._ray = ray

    @property
    def cpus(self) -> int:
        """How many tasks run at a time."""
        return max(int(self._ray.cluster_resources().get("CPU", 1)), 1)

    @property
    def nodes(self) -> int:
        """How many machines (or nodes on one) there are."""
        return sum(bool(node["Alive"]) for node in self._ray.nodes())

    def run(self, function: Callable[..., Any], *args: Any, results: int = 1) -> Any:  # noqa: ANN401
        """Start a task when its arguments are there; return its result, or a list of several."""
        named = self._ray.remote(function).options(num_returns=results, name=function.__name__)
        return named.remote(*args)

    def put(self, value: Any) -> Ref:  # noqa: ANN401 - anything that can be pickled
        """Hand a value to tasks, once for all of them."""
        return self._ray.put(value)

    def get(self, refs: Any) -> Any:  # noqa: ANN401 - one result, or a list of them
        """Wait for results.

        Raises:
            UserError: as the task raised it.
        """
        with _plain_errors():
            return self._ray.get(refs)

    def read(
        self, portions: Sequence[dict[str, Any]], read: Callable[[dict[str, Any]], Iterator[Table]]
    ) -> Any:  # noqa: ANN401 - a ray.data.Dataset
        """Read portions of files as rows, in order; wait for it.

        Raises:
            UserError: as `read` raises it.
        """
        data = _import_data()

        def read_each(batch: Table) -> Iterator[Table]:
            for portion in batch.to_pylist():
                yield from read(portion)

        rows = data.from_items(list(portions), override_num_blocks=len(portions))
        with _plain_errors():
            return rows.map_batches(read_each, batch_size=1, batch_format="pyarrow").materialize()

    def split(
        self,
        rows: Any,  # noqa: ANN401 - a ray.data.Dataset
        blocks: int,
        judge: Callable[[Table], Table] | None,
    ) -> list[Ref]:
        """Return rows that were read as so many tables of about one size, in order, judged."""
        if judge is not None:
            rows = rows.map_batches(judge, batch_size=None, batch_format="pyarrow")
        with _plain_errors():
            return rows.repartition(blocks).materialize().to_arrow_refs()


@contextmanager
def connect(address: str) -> Generator[Cluster]:
    """Yield the cluster at an address, or one that lives on this machine as long as the block.

    What was started here is ended; a cluster that ran before goes on.

    Raises:
        UserError: Ray is not installed, or nothing answers.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    if address == LOCAL and not {"RAY_AUTH_MODE", "ray"} & {*os.environ, *sys.modules}:
        # Its ports are open to the network, so they ask for a token, which nobody else knows. Ray
        # reads the mode when it is imported; since 2.59 it does this by itself.
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    ray = _import_ray()
    options: dict[str, Any] = {"address": address, "log_to_driver": False}
    options["logging_level"] = logging.ERROR
    if address == LOCAL:
        options["include_dashboard"] = False
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        with suppress(Exception):
            ray.shutdown()
        said = str(error).strip().split("\n")[0].rstrip(".")
        raise UserError(
            f"--ray {address}: no cluster answers ({said}). If it wants a token, "
            "give it in RAY_AUTH_TOKEN. Start one with `ray start --head`, or give --ray local."
        ) from error
    try:
        yield Cluster(ray)
    finally:
        ray.shutdown()


def _import_ray() -> Any:  # noqa: ANN401 - the module
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as error:
        raise UserError('--ray needs Ray: pip install -e ".[ray]", on every machine.') from error


def _import_data() -> Any:  # noqa: ANN401 - the module
    """Return Ray Data, quiet and in order."""
    data = importlib.import_module("ray.data")
    # What it would log as an error is raised as well, and may be ours: a row that cannot be read.
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    context.raise_original_map_exception = True
    context.target_max_block_size = _JUDGED
    return data


@contextmanager
def _plain_errors() -> Generator[None]:
    """Raise our own errors as they were raised: Ray adds its traceback, and a class of its own."""
    try:
        yield
    except UserError as error:
        said = str(getattr(error, "cause", error)).split("\n")[0]
        raise UserError(said) from error
