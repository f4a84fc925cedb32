"""`vicugna import`: files in any layout, as a set."""

from pathlib import Path

import click


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--licence", default="", metavar="ID", help="Noted in every task, as cc-by-4.0.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write.")
def import_files(files: tuple[Path, ...], licence: str, out: Path | None) -> None:
    """Read files in any layout into a set, every row of them.

    FILES are in any layout of docs/layouts.md, found out by what is in them: JSON, JSON lines, .gz,
    parquet, raw ShareGPT pages; or sets of the hub as hub:OWNER/NAME, or hub:OWNER/NAME:CONFIG.
    Nothing is filtered: `clean` does that. What is no task is in rejected.jsonl with its reason.

    \b
    vicugna import sharegpt.json
    vicugna import hub:tatsu-lab/alpaca --licence cc-by-nc-4.0
    vicugna import chats.jsonl more.parquet --out outputs/chats
    vicugna export chats --for llama-factory
    """
    from rich.console import Console

    from vicugna.console import print_summary
    from vicugna.importing import import_files as read_into_set

    manifest = read_into_set(files, licence=licence, out=out)
    print_summary(manifest, Path(manifest["folder"]), Console())
