"""How the rows of a layout stand in a file, and what of a set is written there."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from vicugna.formats.lines import write_array, write_lines
from vicugna.layouts import LAYOUTS
from vicugna.layouts.faults import find_fault
from vicugna.layouts.layout import Container, Part, Row
from vicugna.layouts.turns import with_reasoning
from vicugna.records import Draft

_EVAL = "deepspeed_chat"  # whose loader calls the validation rows eval.json, beside train.json


class LeftOut(NamedTuple):
    """A task that a layout cannot hold, and why."""

    layout: str
    id: str
    reason: str


class Written(NamedTuple):
    """What one layout holds of a set.

    `rows` are in the file, `tasks` went into them; the reasons of the rest are counted. `lost` are
    parts that the layout has no place for, with the number of tasks that had one.
    """

    file: str
    rows: int
    tasks: int
    left_out: dict[str, int]
    lost: dict[Part, int]


def write_layout(
    name: str,
    drafts: Sequence[Draft],
    folder: Path,
    refuse: Callable[[Draft], str] = find_fault,
    *,
    validation: bool = False,
    reasoning: bool = False,
) -> tuple[Written, list[LeftOut]]:
    """Write drafts in one layout; return what was written, and what was not.

    Every row has the same keys with values of the same types. A draft that its readers would drop,
    mask or misread is left out: `refuse` says why, or the layout does. With `reasoning` it stands
    before its answer where the layout has no place of its own for it.
    """
    layout = LAYOUTS[name]
    file = validation_file(layout.file) if validation else layout.file
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    left_out: list[LeftOut] = []
    counts: Counter[str] = Counter()
    lost: Counter[Part] = Counter()
    assert layout.write is not None, name
    write = layout.write
    if reasoning and "reasoning" not in layout.holds:
        drafts = [with_reasoning(draft) for draft in drafts]
    if layout.rounds_first:
        drafts = sorted(drafts, key=lambda draft: not draft.rounds)

    def rows() -> Iterator[Row]:
        for draft in drafts:
            written = refuse(draft) or write(draft)
            if isinstance(written, str):
                left_out.append(LeftOut(name, draft.id, written))
                continue
            counts["tasks"] += 1
            counts["rows"] += len(written)
            lost.update(part for part in parts_of(draft) if part not in layout.holds)
            yield from written

    write_rows(layout.container, rows(), path)
    reasons = dict(Counter(one.reason for one in left_out).most_common())
    written = Written(file, counts["rows"], counts["tasks"], reasons, dict(sorted(lost.items())))
    return written, left_out


def parts_of(draft: Draft) -> list[Part]:
    """Return which of the parts that not every layout holds a draft has."""
    thought = draft.reasoning or any(later.reasoning for later in draft.rounds)
    scored = draft.score is not None or any(one.score is not None for one in draft.alternatives)
    has: dict[Part, bool] = {
        "system": bool(draft.system),
        "reasoning": bool(thought),
        "alternatives": bool(draft.alternatives),
        "score": scored,
    }
    return [part for part, there in has.items() if there]


def validation_file(file: str) -> str:
    """Return where the validation rows of a layout's file stand.

    >>> validation_file("alpaca.json"), validation_file("lmflow_text2text/data.json")
    ('alpaca_validation.json', 'lmflow_text2text_validation/data.json')
    """
    path = PurePosixPath(file)
    if path.parent.name.startswith(_EVAL):
        return str(path.with_name("eval.json"))
    if path.parent.name:
        return f"{path.parent}_validation/{path.name}"
    return f"{path.stem}_validation{path.suffix}"


def write_rows(container: Container, rows: Iterable[Row], path: Path) -> None:
    """Write rows as their layout has them in a file."""
    kind, _, of = container.partition(" ")
    if kind == "array":
        write_array(path, rows)
    elif kind == "lines":
        write_lines(path, rows)
    elif kind == "parquet":
        _write_parquet(rows, path)
    else:
        _write_instances(of, rows, path)


def _write_instances(kind: str, rows: Iterable[Row], path: Path) -> None:
    """Write LMFlow's {"type", "instances"}, in ASCII.

    It looks for the two keys in the first and last 100 bytes, and decodes the last ones from
    wherever they begin: in the middle of a Chinese character too.
    """
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(f'{{"type": "{kind}", "instances": [')
        for number, row in enumerate(rows):
            file.write(",\n" if number else "\n")
            file.write(json.dumps(row))
        file.write("\n]}\n")


def _write_parquet(rows: Iterable[Row], path: Path) -> None:
    """Write messages through `datasets`, types stated so that no column can be null."""
    # Imported here: `datasets` takes a second to import, and only this layout needs it.
    # It ships no stubs, and its signatures are partly untyped.
    from datasets import (  # pyright: ignore[reportMissingTypeStubs]
        Dataset,
        Features,
        List,
        Value,
        disable_progress_bars,
    )

    disable_progress_bars()  # the run has a panel of its own
    turn = {"role": Value("string"), "content": Value("string")}
    features = Features({"messages": List(turn)})
    columns = {"messages": [row["messages"] for row in rows]}
    data = Dataset.from_dict(columns, features)  # pyright: ignore[reportUnknownMemberType]
    data.to_parquet(path)  # pyright: ignore[reportUnknownMemberType]
