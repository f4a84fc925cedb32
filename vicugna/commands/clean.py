"""`vicugna clean`: the filters and the gate over files, or over a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from vicugna.commands.options import split_names
from vicugna.records import SCOPES, Scope

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--filters", help="Names, comma-separated; default all, or the run's.")
@click.option(
    "--max-f1",
    type=click.FloatRange(0, 1, min_open=True),
    help="Highest ROUGE-L F1 kept; default 0.7, or the run's.",
)
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    help="What is compared; default instruction, or the run's.",
)
@click.option("--against", multiple=True, help="Earlier set to compare with; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--direct", is_flag=True, help="Without Prefect: starts in a second.")
@click.option("--ray", metavar="ADDRESS", help="On this Ray cluster, or `local`; no Prefect.")
def clean(
    files: tuple[Path, ...],
    filters: str | None,
    max_f1: float | None,
    scope: Scope | None,
    against: tuple[str, ...],
    out: Path | None,
    *,
    direct: bool,
    ray: str | None,
) -> None:
    """Filter and deduplicate files you have, or a run again.

    FILES are in any layout of docs/layouts.md, found out by what is in them: JSON, JSON lines, .gz
    or parquet; or sets of the hub, as hub:OWNER/NAME. They are read in the order given, and the
    first of two duplicates stays. Of a conversation every round is judged. What is dropped is in
    rejected.jsonl with its reason. With --against rows are compared with those of another set too.

    A set that was imported or cleaned is given by name or folder. Or give one run: every draft it
    ever saw is judged again, in the order of the run, nothing is asked, and no target applies.

    With --ray a cluster does the work, for tens of millions of rows; files only, and every machine
    reads them by the same path.

    \b
    vicugna clean my_alpaca.json
    vicugna clean en.json.gz zh.jsonl --max-f1 0.8 --out outputs/both
    vicugna clean new.jsonl --against outputs/en-1 --against outputs/en-2
    vicugna clean small --max-f1 0.6
    vicugna clean huge.parquet --ray auto --out outputs/huge
    """
    if not direct and ray is None:
        from vicugna.commands.engine import choose_server

        choose_server()  # a temporary one starts while the rest is imported

    from rich.console import Console

    from vicugna.console import print_summary
    from vicugna.content import load_filters

    names = split_names(filters)
    load_filters().chain(names)  # a name that is unknown is told before anything starts
    console = Console()
    gate: _Gate = {
        "filters": names,
        "max_f1": max_f1,
        "scope": scope,
        "against": [*against] or None,
    }
    if ray is not None:
        manifest = _clean_on_ray(ray, files, gate, out, console)
    elif direct:
        manifest = _clean_here(files, gate, out)
    else:
        from vicugna.commands.engine import run_flow

        params = {"files": [str(path) for path in files], "out": str(out) if out else None}
        manifest = run_flow("clean", {**params, **gate}, console)
    print_summary(manifest, Path(manifest["folder"]), console)


class _Gate(TypedDict):
    """What rows are judged by; None is the default."""

    filters: Sequence[str] | None
    max_f1: float | None
    scope: Scope | None
    against: Sequence[str] | None


def _clean_here(files: Sequence[Path], gate: _Gate, out: Path | None) -> dict[str, Any]:
    from vicugna.cleaning import clean as clean_inputs
    from vicugna.content import load_filters

    return clean_inputs(files, load_filters().chain, out=out, **gate)


def _clean_on_ray(
    address: str, files: Sequence[Path], gate: _Gate, out: Path | None, console: "Console"
) -> dict[str, Any]:
    from vicugna.ray_cleaning.cleaning import clean_on_ray
    from vicugna.ray_cleaning.cluster import connect

    with connect(address) as cluster:
        return clean_on_ray(cluster, files, out=out, say=console.print, **gate)
