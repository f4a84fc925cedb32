"""`vicugna explain`: why a row was kept or dropped."""

from pathlib import Path
from typing import Any

import click

from vicugna.text.hygiene import show_lines, show_plain

NEIGHBOURS = 3


@click.command()
@click.argument("run")
@click.argument("row_id", metavar="ID")
def explain(run: str, row_id: str) -> None:
    """Say why a row was kept or dropped: verdict, neighbours, prompt, price.

    RUN is a folder, a name under outputs/, or the beginning of one. ID is the id of a row of
    tasks.jsonl or rejected.jsonl, or its beginning.

    \b
    vicugna explain small 1749635fa2462524-00
    vicugna explain clean alpaca-52k-en.json.gz:285
    """
    from vicugna.pipeline import OUTPUTS
    from vicugna.runs import find_row, find_run

    folder = find_run(run, OUTPUTS)
    kept, row = find_row(folder, row_id)
    _show_row(kept, row)
    _show_neighbours(folder, row)
    _show_source(row["source"])


def _show_row(kept: bool, row: dict[str, Any]) -> None:
    click.echo(f"{show_plain(row['id'])}  {row['lang']}  {'kept' if kept else 'dropped'}")
    for name in ("system", "instruction", "input", "reasoning", "output", "text"):
        if row.get(name):
            _show(name, row[name])
    for later in row.get("rounds", ()):
        _show("question", later["question"])
        _show("answer", later["answer"])
    for other in row.get("alternatives", ()):
        _show("rejected", other["answer"])
    for verdict in row["verdicts"] if kept else [row["verdict"]]:
        measured = "" if verdict["measure"] is None else f" measure {verdict['measure']:g}"
        limit = "" if verdict["limit"] is None else f" limit {verdict['limit']:g}"
        detail = f" “{verdict['detail']}”" if verdict["detail"] else ""
        word = "kept" if verdict["kept"] else "dropped"
        near = f" near {verdict['near']}" if verdict["near"] else ""
        _show("verdict", f"{verdict['filter']}: {word}{measured}{limit}{near}{detail}")


def _show_neighbours(folder: Path, row: dict[str, Any]) -> None:
    from vicugna.runs import nearest_rows

    if not row.get("instruction"):
        return
    for identity, f1, text in nearest_rows(folder, row, NEIGHBOURS):
        _show("near", f"{f1:.3f}  {identity}  {text}")


def _show_source(source: dict[str, Any]) -> None:
    from vicugna.ledger import connect, find_reply
    from vicugna.pipeline import ledger_url

    if source["file"]:
        _show("file", f"{source['file']}, row {source['position']}")
        return
    _show("prompt", f"{source['prompt']}, showing {', '.join(source['shown']) or 'no task'}")
    stored = find_reply(connect(ledger_url()), source["request"])
    if stored is None:
        _show("reply", f"{source['request'][:16]}: not in this ledger (set VICUGNA_LEDGER)")
        return
    reply = stored.reply
    price = "unknown" if reply.price_nusd is None else f"{reply.price_nusd / 1e9:.6f} USD"
    _show("teacher", f"{reply.teacher} ({reply.model}), {stored.created}, {reply.seconds:.2f} s")
    _show(
        "price", f"{price} for the whole reply, {reply.input_tokens} + {reply.output_tokens} tokens"
    )
    _show("asked", stored.request.messages[-1].content)


def _show(name: str, text: str) -> None:
    first, *rest = show_lines(text).split("\n")
    click.echo(f"  {name:<12}{first}")
    for line in rest:
        click.echo(f"  {'':<12}{line}")
