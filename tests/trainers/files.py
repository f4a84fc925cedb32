"""The files that the trainers are given, as the layouts write them, and what each row must teach.

This is the one place that knows how a file is made.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.trainers.texts import Example
from vicugna.formats.containers import write_rows
from vicugna.layouts import LAYOUTS
from vicugna.records import Alternative, Draft, Round, Source

Row = dict[str, Any]
Learned = dict[str, list[str]]  # the texts that one row must teach, by side
FEWEST = 0.7  # of the examples; a layout that refuses more would prove little
SOURCE = Source(request="0" * 64, teacher="scripted", model="", prompt="", shown=())
TURN_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}


def draft_of(one: Example, number: int) -> Draft:
    """Return an example as a preference of its answer to the worse one."""
    (asked, said), *later = one.rounds
    return Draft(
        id=f"t-{number:02d}",
        lang="zh" if any("\u4e00" <= letter <= "\u9fff" for letter in asked) else "en",
        instruction=asked,
        input=one.given,
        output=said,
        source=SOURCE,
        system=one.system,
        rounds=tuple(Round(question, answer) for question, answer in later),
        alternatives=(Alternative(one.worse, score=0.0),) if one.worse else (),
        score=1.0,
    )


def _answers(one: Example) -> list[Learned]:
    return [{"answer": one.answers}]


def _labelled(one: Example) -> list[Learned]:
    """Return a row for each judged answer: the good one of an example, then the bad one."""
    return [
        {"answer": [one.answers[-1]], "tag": ["true"]},
        {"answer": [one.worse], "tag": ["false"]},
    ]


def _pair(one: Example) -> list[Learned]:
    return [{"chosen": [one.answers[-1]], "rejected": [one.worse]}]


# What the rows of an example teach, where it is not all of its answers in one row.
TAUGHT: dict[str, Callable[[Example], list[Learned]]] = {
    **dict.fromkeys(("kto", "kto_messages", "colossalchat_kto"), _labelled),
    **dict.fromkeys(("preference", "preference_implicit", "preference_sharegpt"), _pair),
    **dict.fromkeys(("preference_alpaca", "preference_swift", "colossalchat_preference"), _pair),
    **dict.fromkeys(("lmflow_paired", "lmflow_paired_text", "lmflow_scored"), _pair),
    "deepspeed_chat": _pair,
    # What is asked in PPO is all that a row holds.
    "colossalchat_prompts": lambda one: [{"answer": [text.strip() for text in one.asked]}],
    "chatglm": lambda one: [{"answer": [answer]} for answer in one.answers],
    "koala": lambda one: [{"answer": one.answers}, {"answer": [one.worse]}],
}


def request(name: str, examples: Sequence[Example], folder: Path, **more: Any) -> Row:
    """Write the examples that a layout takes; return how a check is asked about the file."""
    layout = LAYOUTS[name]
    assert layout.write is not None
    rows: list[Row] = []
    learned: list[Learned] = []
    asked: list[list[str]] = []
    for number, one in enumerate(examples):
        written = layout.write(draft_of(one, number))
        if isinstance(written, str):  # the exporter tells why
            continue
        taught = TAUGHT.get(name, _answers)(one)
        assert len(written) == len(taught), name
        rows += written
        learned += taught
        asked += [one.asked] * len(taught)
    assert len(rows) >= FEWEST * len(examples), f"{name} takes only {len(rows)} examples"
    return request_rows(name, rows, learned, asked, folder, **more)


def request_rows(
    name: str,
    rows: Sequence[Row],
    learned: Sequence[Learned],
    asked: Sequence[list[str]],
    folder: Path,
    **more: Any,
) -> Row:
    """Write rows in the container of a layout, also such as the layout would not write."""
    layout = LAYOUTS[name]
    path = folder / layout.file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_rows(layout.container, rows, path)
    return {
        "layout": name,
        "path": str(path),
        "rows": len(rows),
        "asked": list(asked),
        "wanted": {side: [row[side] for row in learned] for side in learned[0]},
        **more,
    }
