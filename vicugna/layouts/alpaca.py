"""Alpaca: {"instruction", "input", "output"}, every value a string.

Read as is by stanford_alpaca, alpaca-lora, LLaMA-Factory, axolotl, ms-swift, torchtune; OpenRLHF
does not join the input to the prompt. Those of 2023 read nothing else of a row, so a conversation
would lose its earlier rounds: it is refused.

Read here too: `history` and `system` as LLaMA-Factory names them, {"input", "target"} (BELLE on the
hub), {"query", "response"} (ms-swift), {"system_prompt", "question", "response"} (OpenOrca),
{"question", "answer"}, "response" and "target" for the output (GPTeacher), and what kind of task it
is: "kind" (Firefly), "category", "instruction_type" (InstructionWild).
"""

from typing import Any, cast

from vicugna.layouts.layout import MORE_ROUNDS, Content, Layout, Problem, Read, Row
from vicugna.layouts.texts import dump_row, read_input, read_text, split_reasoning
from vicugna.records import Draft, Round

QUESTIONS = ("instruction", "query", "question", "problem")
OUTPUTS = ("output", "response", "target", "answer", "completion", "solution")
SYSTEMS = ("system", "system_prompt")
TYPES = ("kind", "category", "instruction_type")
_OTHERS = {"chosen", "rejected", "conversations", "messages", "instances"} | {
    f"{name}_response" for name in ("chosen", "rejected")
}


def _write(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    return [{"instruction": draft.instruction, "input": draft.input, "output": draft.output}]


def _matches(row: Row) -> bool:
    if row.keys() & _OTHERS:
        return False
    answered = any(name in row for name in OUTPUTS)
    return "instruction" in row or (answered and any(name in row for name in (*QUESTIONS, "input")))


def read_alpaca(row: Row) -> Read:
    """Return the task of a row in the Alpaca layout, or what is wrong with it."""
    if not any(name in row for name in QUESTIONS):
        row = {**row, "instruction": row.get("input"), "input": ""}
    texts = {
        "instruction": read_text(row, *QUESTIONS),
        "input": read_input(row),
        "output": read_text(row, *OUTPUTS),
        "system": read_text(row, *SYSTEMS),
    }
    history = read_history(row.get("history"))
    bad = next((f"{name} is not text" for name, text in texts.items() if text is None), "")
    if bad or isinstance(history, str):
        return [Problem(bad or str(history), dump_row(row))]
    known = cast(dict[str, str], texts)
    if not known["instruction"]:
        return [Problem("no instruction", dump_row(row))]
    reasoning, output = split_reasoning(known["output"])
    content: Content = {
        "instruction": known["instruction"],
        "input": known["input"],
        "output": output,
        "reasoning": reasoning,
        "system": known["system"],
    }
    if kind := read_text(row, *TYPES):
        content["type"] = kind
    return [after_history(content, history)]


def after_history(content: Content, history: list[Round]) -> Content:
    """Return a task that comes after earlier rounds: the first of them becomes its beginning."""
    if not history:
        return content
    first, *rest = history
    given = content.get("input", "")
    question = content["instruction"] + (f"\n{given}" if given else "")
    last = Round(question, content["output"], content.get("reasoning", ""))
    return {
        **content,
        "instruction": first.question,
        "input": "",
        "output": first.answer,
        "reasoning": first.reasoning,
        "rounds": (*rest, last),
    }


def read_history(value: Any) -> list[Round] | str:  # noqa: ANN401 - from JSON
    """Return the rounds in [[question, answer], ...], or what is wrong; none for null."""
    if value is None:
        return []
    if not isinstance(value, list):
        return "history is not a list"
    rounds: list[Round] = []
    for pair in cast(list[Any], value):
        texts = cast(list[Any], pair) if isinstance(pair, list) else []
        known = [read_text({"text": text}, "text") for text in texts]
        if len(known) != 2 or not all(known):
            return "history is not pairs of texts"
        reasoning, answer = split_reasoning(cast(str, known[1]))
        rounds.append(Round(cast(str, known[0]), answer, reasoning))
    return rounds


ALPACA = Layout("alpaca.json", "array", _write, _matches, read_alpaca)
