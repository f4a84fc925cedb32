"""`vicugna clean`: the filters and the gate over files."""

from pathlib import Path

import click

from vicugna.commands.options import split_names


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--filters", help="Names, comma-separated; default the whole chain.")
@click.option(
    "--max-f1",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.7,
    show_default=True,
    help="Highest ROUGE-L F1 to a kept instruction.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--direct", is_flag=True, help="Without Prefect: starts in a second.")
def clean(
    files: tuple[Path, ...], filters: str | None, max_f1: float, out: Path | None, *, direct: bool
) -> None:
    """Filter and deduplicate files you have.

    FILES are in the Alpaca layout (instruction, input, output): a JSON array or JSON lines, plain
    or .gz. They are read in the order given, and the first of two near duplicates stays. What is
    dropped is in rejected.jsonl with its reason.

    \b
    vicugna clean my_alpaca.json
    vicugna clean en.json.gz zh.jsonl --max-f1 0.8 --out outputs/both
    vicugna clean en.json --filters near_duplicate --direct
    """
    if not direct:
        from vicugna.commands.engine import choose_server

        choose_server()  # a temporary one starts while the rest is imported

    from rich.console import Console

    from vicugna.cleaning import FORMATS, clean_files
    from vicugna.console import print_summary
    from vicugna.content import load_filters

    names = split_names(filters)
    chain = load_filters().chain(names)
    console = Console()
    if direct:
        manifest = clean_files(files, chain, max_f1, FORMATS, out)
    else:
        from vicugna.commands.engine import run_flow

        params = {"files": [str(path) for path in files], "filters": names, "max_f1": max_f1}
        manifest = run_flow("clean", params | {"out": str(out) if out else None}, console)
    print_summary(manifest, Path(manifest["folder"]), console)
