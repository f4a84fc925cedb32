"""`vicugna export`: a run in other layouts."""

from pathlib import Path

import click

from vicugna.commands.options import split_names


@click.command()
@click.argument("run")
@click.option("--format", "formats", required=True, help="Names, comma-separated.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default RUN-export.")
def export(run: str, formats: str, out: Path | None) -> None:
    """Write a run again, in other layouts.

    RUN is a folder, a name under outputs/, or the beginning of one. Formats: alpaca, sharegpt,
    messages, parquet, self_instruct. dataset_info.json for LLaMA-Factory is written beside them.

    \b
    vicugna export small --format alpaca,messages
    vicugna export outputs/small-800a22a9 --format self_instruct --out finetune
    """
    from vicugna.exporting import export_run
    from vicugna.pipeline import OUTPUTS
    from vicugna.runs import find_run

    written = export_run(find_run(run, OUTPUTS), split_names(formats) or [], out)
    for kind, file in written.items():
        click.echo(f"{kind:14} {file}")
