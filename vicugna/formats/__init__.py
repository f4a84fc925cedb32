"""What trainers read: one module per layout, and the folder they are written to."""

from collections.abc import Callable, Sequence
from pathlib import Path

from vicugna.formats.alpaca import write_alpaca
from vicugna.formats.messages import write_messages
from vicugna.formats.parquet import write_parquet
from vicugna.formats.self_instruct import write_self_instruct
from vicugna.formats.sharegpt import write_sharegpt
from vicugna.records import Task

Write = Callable[[Sequence[Task], Path], None]

# name -> (file, writer). The names are those of `--format` and of a recipe's `formats`.
FORMATS: dict[str, tuple[str, Write]] = {
    "alpaca": ("alpaca.json", write_alpaca),
    "sharegpt": ("sharegpt.json", write_sharegpt),
    "messages": ("messages.jsonl", write_messages),
    "parquet": ("messages.parquet", write_parquet),
    "self_instruct": ("self_instruct.jsonl", write_self_instruct),
}
