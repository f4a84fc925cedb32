"""`vicugna export`: a run in other layouts, or as a trainer wants it."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vicugna.commands.options import split_names

if TYPE_CHECKING:
    from vicugna.exporting import Export

_PARTS: dict[str, str] = {
    "system": "system turn",
    "reasoning": "reasoning",
    "alternatives": "rejected answers",
    "score": "score",
}


@click.command()
@click.argument("run")
@click.option("--format", "formats", help="Names of layouts, comma-separated.")
@click.option("--for", "trainer", metavar="TRAINER", help="All that this trainer needs.")
@click.option("--validation", type=float, metavar="SHARE", help="Rows kept apart, as 0.05.")
@click.option("--tokenizer", metavar="NAME", help="File, folder or hub name; shows lengths.")
@click.option("--max-tokens", type=click.IntRange(1), help="Split longer conversations.")
@click.option("--reasoning", is_flag=True, help="Write it before its answer: <think>.")
@click.option("--model", help="What the trainer's configuration trains.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default RUN-export.")
def export(
    run: str,
    formats: str | None,
    trainer: str | None,
    validation: float | None,
    tokenizer: str | None,
    max_tokens: int | None,
    model: str | None,
    out: Path | None,
    *,
    reasoning: bool,
) -> None:
    """Write a run again, in other layouts.

    RUN is a folder, a name under outputs/, or the beginning of one. With --for there are the data,
    the configuration and the command that trains; with --format the named layouts. docs/layouts.md
    lists both. A task that a layout's reader would drop, mask or misread is left out, and told.

    Trainers: llama-factory, trl, axolotl, ms-swift, openrlhf, torchtune, unsloth, fastchat,
    stanford-alpaca, alpaca-lora, lmflow, colossalchat, deepspeed-chat, chatllama, chatglm, belle,
    moss, baize, koala, dolly, self-instruct, tencentpretrain.

    Layouts: alpaca, sharegpt, messages, parquet, preference, preference_implicit, kto,
    kto_messages, self_instruct, self_instruct_tasks, lmflow_text2text, lmflow_conversation,
    lmflow_paired, lmflow_paired_text, lmflow_textlist, lmflow_scored, chatllama_actor,
    chatllama_reward, chatllama_rlhf, belle_dpo, belle_reward, deepspeed_chat,
    deepspeed_chat_sft, colossalchat, colossalchat_preference, colossalchat_prompts,
    colossalchat_kto, preference_swift, preference_sharegpt, preference_alpaca, dolly,
    tencentpretrain, belle, chatglm, moss, baize, koala.

    \b
    vicugna export small --for llama-factory --validation 0.05
    vicugna export small --format alpaca,messages
    vicugna export chats --for trl --tokenizer Qwen/Qwen3-0.6B --max-tokens 4096
    vicugna export outputs/small-800a22a9 --format self_instruct --out finetune
    """
    from vicugna.exporting import Wanted, export_run
    from vicugna.pipeline import OUTPUTS
    from vicugna.runs import find_run
    from vicugna.trainers import DEFAULT_MODEL

    wanted = Wanted(
        split_names(formats) or [],
        trainer or "",
        validation or 0.0,
        max_tokens,
        tokenizer or "",
        reasoning,
        model or DEFAULT_MODEL,
    )
    written = export_run(find_run(run, OUTPUTS), wanted, out)
    _show(written)


def _show(export: "Export") -> None:
    """Print what was written, what was not, and what to do with it."""
    from vicugna.text.counting import histogram_lines

    for kind, one in export.written.items():
        place = export.folder / one.file if one.rows else "so no file"
        click.echo(f"{kind:20} {one.rows:>7,} rows  {place}")
        for reason, tasks in one.left_out.items():
            click.echo(f"{'':20} {tasks:>7,} tasks left out: {reason}")
        for part, tasks in one.lost.items():
            click.echo(f"{'':20} {tasks:>7,} tasks written without their {_PARTS[part]}")
    if any(one.left_out for one in export.written.values()):
        click.echo(f"which ones: {export.folder / 'left_out.jsonl'}")
    if export.held_out < export.wanted:
        click.echo(
            f"validation has {export.held_out:,} of {export.wanted:,} rows: the others are too "
            "near to rows of train"
        )
    if export.too_long:
        click.echo(f"{export.too_long:,} tasks are longer than --max-tokens in one round")
    if export.lengths is not None:
        click.echo("\n".join(histogram_lines(export.lengths)))
    _show_commands(export)


def _show_commands(export: "Export") -> None:
    if not export.setup.commands:
        return
    for name in export.setup.files:
        click.echo(f"{'configuration':20} {export.folder / name}")
    if export.note:
        click.echo(export.note)
    click.echo(f"\ncd {shlex.quote(str(export.folder))}")
    for command in export.setup.commands:
        click.echo(command)
