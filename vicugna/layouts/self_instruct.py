"""The fine-tune file of Self-Instruct: {"prompt", "completion"}, and its tasks with instances.

github.com/yizhongw/self-instruct, prepare_for_finetuning.py: the prompt ends with "Output:", the
completion begins with a space and ends with <|endoftext|>. The repository draws one of 13
templates for each row; here it is always one, with its labels in the language of the task.

Read here too: its seed tasks, {"instruction", "instances": [{"input", "output"}],
"is_classification"}, and any {"prompt", "completion"} of two texts or of messages (TRL).
"""

import re
from typing import Any, cast

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import MORE_ROUNDS, Layout, Problem, Read, Row
from vicugna.layouts.texts import dump_row, read_text, split_reasoning
from vicugna.layouts.turns import are_turns, read_answer, read_prompt, with_answer
from vicugna.records import Draft, Lang

_LABELS: dict[Lang, tuple[str, str, str]] = {
    "en": ("Task: ", "Input: ", "Output:"),
    "zh": ("任务：", "输入：", "输出："),
}
_END = "<|endoftext|>"
_PROMPT = re.compile(
    r"\A(?:Task: |任务：)(?P<instruction>.*?)(?:\n\n(?:Input: |输入：)(?P<input>.*))?"
    r"\n\n(?:Output:|输出：)\Z",
    re.DOTALL,
)


def _write(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    if _END in draft.output:
        return f"{_END} in a text"
    task, given, output = _LABELS[draft.lang]
    middle = f"\n\n{given}{draft.input}" if draft.input else ""
    return [
        {
            "prompt": f"{task}{draft.instruction}{middle}\n\n{output}",
            "completion": f" {draft.output}{_END}",
        }
    ]


def _matches(row: Row) -> bool:
    if "label" in row or not {"prompt", "completion"} <= row.keys():
        return False
    return isinstance(row["prompt"], str) or are_turns(row["prompt"])


def _read(row: Row) -> Read:
    prompt, answer = row["prompt"], read_answer(row["completion"])
    if answer is None:
        return [Problem("an answer that is not text", dump_row(row))]
    reasoning, answer = split_reasoning(answer.removesuffix(_END).strip())
    form = _PROMPT.match(prompt) if isinstance(prompt, str) else None
    if form is not None:
        return read_alpaca(form.groupdict() | {"output": answer})
    content = read_prompt(prompt)
    if isinstance(content, Problem):
        return [Problem(content.reason, dump_row(row))]
    return [with_answer(content, answer, reasoning)]


def _write_tasks(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    return [
        {
            "id": draft.id,
            "name": draft.group or draft.id,
            "instruction": draft.instruction,
            "instances": [{"input": draft.input, "output": draft.output}],
            "is_classification": bool(draft.is_classification),
        }
    ]


def _matches_tasks(row: Row) -> bool:
    return "instruction" in row and isinstance(row.get("instances"), list)


def _read_tasks(row: Row) -> Read:
    """Return a task for each instance; they share a group."""
    read: Read = []
    classified = row.get("is_classification")
    known_class = classified if isinstance(classified, bool) else None
    name = read_text(row, "name", "id")
    for instance in cast(list[Any], row["instances"]):
        known = cast(Row, instance) if isinstance(instance, dict) else {"input": [instance]}
        for piece in read_alpaca({"instruction": row["instruction"]} | known):
            if isinstance(piece, Problem):
                read.append(piece)
            else:
                piece["is_classification"] = known_class
                if name:
                    piece["group"] = name
                read.append(piece)
    return read or [Problem("no instance", dump_row(row))]


SELF_INSTRUCT = Layout("self_instruct.jsonl", "lines", _write, _matches, _read)
SELF_INSTRUCT_TASKS = Layout(
    "self_instruct_tasks.jsonl", "lines", _write_tasks, _matches_tasks, _read_tasks
)
