r"""DeepSpeed-Chat's local files: a prompt as one text, and the answers to it.

    {"prompt": "Human: Name a bird. Assistant:", "chosen": "A kite.", "rejected": "A cat."}
    {"prompt": "Human: Hi.\n\nAssistant: Hello.\n\nHuman: Name a bird.\n\nAssistant:", ...}

microsoft/DeepSpeedExamples, applications/DeepSpeed-Chat/dschat/utils/data: LocalJsonFileDataset
(raw_datasets.py) reads data/train.json and data/eval.json. It puts a space before the prompt and
one before the answer, so there is none here. The first step trains on prompt and chosen and looks
at no other key; the second leaves out a row whose "rejected" is null. A column that is null in the
first rows and text later stops `load_dataset`, so tasks without a rejected answer have a layout of
their own, to be given as `--sft_only_data_path`. Nothing in the loader cuts the text at the names
of the speakers, but the model would read them as new turns: they are refused.

Read here too: Anthropic's HH-RLHF, {"chosen", "rejected"}, two whole conversations that begin
alike; Dahoas/rm-static; yitingxie/rlhf-reward-datasets, where "Assistant:" is in the answers.
"""

from typing import Any

from vicugna.layouts.layout import NO_REJECTED, Layout, Part, Problem, Read, Row
from vicugna.layouts.preference import (
    PREFERENCE,
    PREFERENCE_IMPLICIT,
    join_pairs,
    rejected_answers,
)
from vicugna.layouts.texts import as_text, dump_row, split_reasoning
from vicugna.layouts.transcripts import (
    find_cut,
    is_transcript,
    read_transcript,
    spoken,
    write_transcript,
)
from vicugna.layouts.turns import question_turns, read_question, to_turns, with_answer
from vicugna.records import Draft

_NAME = "Assistant:"
_ANSWERS: frozenset[Part] = frozenset({"alternatives"})


def _prompt(draft: Draft) -> str:
    """Return the prompt: one question as the README has it, more rounds as HH-RLHF has them."""
    end = f"\n\n{_NAME}" if draft.rounds else f" {_NAME}"
    return write_transcript(question_turns(draft)) + end


def _write(draft: Draft) -> list[Row] | str:
    rejected = rejected_answers(draft)
    fault = find_cut([*spoken(to_turns(draft)), *rejected])
    if fault or not rejected:
        return fault or NO_REJECTED
    asked = {"prompt": _prompt(draft), "chosen": draft.answer}
    return [{**asked, "rejected": worse} for worse in rejected]


def _write_sft(draft: Draft) -> list[Row] | str:
    row = {"prompt": _prompt(draft), "chosen": draft.answer}
    return find_cut(spoken(to_turns(draft))) or [row]


def _matches(row: Row) -> bool:
    if not {"chosen", "rejected"} <= row.keys():
        return False
    if "prompt" in row:
        return is_transcript(row["prompt"])
    return is_transcript(row["chosen"]) and is_transcript(row["rejected"])


def _matches_sft(row: Row) -> bool:
    return "chosen" in row and "rejected" not in row and is_transcript(row.get("prompt"))


def _read(row: Row) -> Read:
    if "prompt" not in row:
        both = {name: read_transcript(row[name]) for name in ("chosen", "rejected")}
        if all(both.values()):
            return PREFERENCE_IMPLICIT.read({**row, **both})
        return [Problem("no question and no answer", dump_row(row))]
    if row["rejected"] in (None, ""):
        return _read_sft(row)
    texts = {name: _answer(row, row[name]) for name in ("chosen", "rejected")}
    return PREFERENCE.read({**row, "prompt": _turns(row["prompt"]), **texts})


def _read_sft(row: Row) -> Read:
    content = read_question(_turns(row["prompt"]))
    answer = as_text(_answer(row, row["chosen"]))
    if isinstance(content, Problem) or not answer:
        reason = content.reason if isinstance(content, Problem) else "an empty answer"
        return [Problem(reason, dump_row(row))]
    reasoning, answer = split_reasoning(answer)
    return [with_answer(content, answer, reasoning)]


def _turns(prompt: str) -> list[Row]:
    return read_transcript(prompt.rstrip().removesuffix(_NAME))


def _answer(row: Row, value: Any) -> Any:  # noqa: ANN401 - from JSON
    """Return an answer, without the name of the speaker where the prompt ends before it."""
    if not isinstance(value, str) or row["prompt"].rstrip().endswith(_NAME):
        return value
    return value.lstrip().removeprefix(_NAME)


DEEPSPEED_CHAT = Layout(
    "deepspeed_chat/train.json", "array", _write, _matches, _read, _ANSWERS, join_pairs
)
DEEPSPEED_CHAT_SFT = Layout(
    "deepspeed_chat_sft/train.json", "array", _write_sft, _matches_sft, _read_sft
)
