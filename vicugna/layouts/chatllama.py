r"""ChatLLaMA: a text that asks, a text that goes on from it, and for the reward model its score.

    {"user_input": "Human: Name a bird.\n\n##\n\n", "completion": "Assistant: A kite."}
    {"user_input": "Human: Name a bird.\n\n##\n\n", "completion": "Assistant: A cat.", "score": 1.0}
    {"user_input": "Human: Name a bird.\n\n##\n\n"}

nebuly-ai/optimate, optimization/chatllama/chatllama/rlhf: ActorDataset (actor.py), RewardDataset
(reward.py) and ExamplesSampler (trainer.py) read one JSON array. They put `completion` right behind
`user_input`, nothing between, so both are written with the marks that AnthropicRLHF (dataset.py)
puts into the files it makes. RewardDataset takes a score of 0 for none, and trains 2.5 instead: a
draft with such a score is refused. An answer without a score is null, to be rated by
generate_rewards.py; beside others, which are better or worse than it, it is refused.

Read here too: texts without these marks, as in the README. Rows with scores of one question become
one task, its best answer beside the worse ones.
"""

from vicugna.layouts.layout import Content, Layout, Part, Problem, Read, Row
from vicugna.layouts.scores import as_score, join_scores, scored_answers
from vicugna.layouts.texts import dump_row, read_text, split_reasoning
from vicugna.layouts.transcripts import (
    find_cut,
    is_transcript,
    read_transcript,
    spoken,
    write_transcript,
)
from vicugna.layouts.turns import question_turns, read_question, to_turns, with_answer
from vicugna.records import Draft

ZERO = "a score of 0"
_MARK = "##"
_NAME = "Assistant:"
_REWARD: frozenset[Part] = frozenset({"alternatives", "score"})


def _ask(draft: Draft) -> str:
    return f"{write_transcript(question_turns(draft))}\n\n{_MARK}\n\n"


def _write_actor(draft: Draft) -> list[Row] | str:
    row = {"user_input": _ask(draft), "completion": f"{_NAME} {draft.answer}"}
    return find_cut(spoken(to_turns(draft))) or [row]


def _write_reward(draft: Draft) -> list[Row] | str:
    answers = scored_answers(draft)
    if isinstance(answers, str):
        return answers
    fault = find_cut([*spoken(question_turns(draft)), *(answer for answer, _ in answers)])
    if fault:
        return fault
    if any(score == 0 for _, score in answers):
        return ZERO
    return [
        {"user_input": _ask(draft), "completion": f"{_NAME} {answer}", "score": score}
        for answer, score in answers
    ]


def _write_rlhf(draft: Draft) -> list[Row] | str:
    return find_cut(spoken(question_turns(draft))) or [{"user_input": _ask(draft)}]


def _matches_actor(row: Row) -> bool:
    return {"user_input", "completion"} <= row.keys() and "score" not in row


def _matches_reward(row: Row) -> bool:
    return {"user_input", "completion", "score"} <= row.keys()


def _matches_rlhf(row: Row) -> bool:
    # GPT-4-LLM's comparisons have user_input beside completion_a and completion_b.
    return "user_input" in row and not any(name.startswith("completion") for name in row)


def _read(row: Row) -> Read:
    content, answer = _read_question(row), read_text(row, "completion")
    if isinstance(content, Problem):
        return [content]
    if answer is None:
        return [Problem("an answer that is not text", dump_row(row))]
    if str(row["user_input"]).rstrip().endswith(_MARK):
        answer = answer.removeprefix(_NAME).strip()
    reasoning, answer = split_reasoning(answer)
    if not answer:
        return [Problem("an empty answer", dump_row(row))]
    return [{**with_answer(content, answer, reasoning), "score": as_score(row.get("score"))}]


def _read_rlhf(row: Row) -> Read:
    """Return the question, which has no answer; after earlier rounds all of the text."""
    content = _read_question(row)
    if isinstance(content, Problem):
        return [content]
    asked = _asked(row) if content.get("rounds") else content["instruction"]
    return [Problem("a question without an answer", asked)]


def _read_question(row: Row) -> Content | Problem:
    if read_text(row, "user_input") is None:
        return Problem("user_input is not text", dump_row(row))
    asked = _asked(row)
    turns = [{"role": "user", "content": asked}]
    content = read_question(read_transcript(asked) if is_transcript(asked) else turns)
    return Problem(content.reason, dump_row(row)) if isinstance(content, Problem) else content


def _asked(row: Row) -> str:
    return (read_text(row, "user_input") or "").removesuffix(_MARK).strip()


CHATLLAMA_ACTOR = Layout("chatllama_actor.json", "array", _write_actor, _matches_actor, _read)
CHATLLAMA_REWARD = Layout(
    "chatllama_reward.json",
    "array",
    _write_reward,
    _matches_reward,
    _read,
    _REWARD,
    join_scores,
)
CHATLLAMA_RLHF = Layout("chatllama_rlhf.json", "array", _write_rlhf, _matches_rlhf, _read_rlhf)
