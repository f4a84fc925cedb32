"""A draft as turns of a conversation, and turns as a draft.

A turn is (role, text), the role "system", "user" or "assistant". Turns of a draft alternate by
construction: an optional system turn, then user and assistant, to an assistant at the end.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from vicugna.layouts.layout import Content, Problem, Read, Row
from vicugna.layouts.texts import as_text, dump_row, split_reasoning
from vicugna.records import Draft, Round

Role = Literal["system", "user", "assistant"]
Turn = tuple[Role, str]
# Every name that the layouts of recipes.md and trainers.md have for a role, lower-cased.
ROLES: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bard": "assistant",
    "bing": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "moss": "assistant",
}
_ROLE_KEYS = ("role", "from")
_TEXT_KEYS = ("content", "value", "text")
_THOUGHT_KEYS = ("reasoning_content", "reasoning", "thinking")


def user_turn(draft: Draft) -> str:
    """Return instruction and input as one user turn, joined as LLaMA-Factory joins them."""
    return f"{draft.instruction}\n{draft.input}" if draft.input else draft.instruction


def question_turns(draft: Draft) -> list[Turn]:
    """Return the turns up to the last question, which is the last of them."""
    return to_turns(draft)[:-1]


def to_turns(draft: Draft) -> list[Turn]:
    """Return all turns of a draft."""
    rounds = [(user_turn(draft), draft.output)]
    rounds += [(later.question, later.answer) for later in draft.rounds]
    turns: list[Turn] = []
    if draft.system:
        turns.append(("system", draft.system))
    for question, answer in rounds:
        turns.append(("user", question))
        turns.append(("assistant", answer))
    return turns


def with_reasoning(draft: Draft) -> Draft:
    """Return a draft whose reasoning stands before its answers, as <think>...</think>.

    As the chat templates of DeepSeek-R1 and Qwen3 have it; `texts.split_reasoning` reads it back.
    """
    return replace(
        draft,
        output=_think(draft.reasoning, draft.output),
        reasoning="",
        rounds=tuple(
            replace(one, answer=_think(one.reasoning, one.answer), reasoning="")
            for one in draft.rounds
        ),
        alternatives=tuple(
            replace(one, answer=_think(one.reasoning, one.answer), reasoning="")
            for one in draft.alternatives
        ),
    )


def _think(reasoning: str, answer: str) -> str:
    return f"<think>\n{reasoning}\n</think>\n\n{answer}" if reasoning else answer


def as_messages(turns: Sequence[Turn]) -> list[Row]:
    """Return turns as OpenAI messages."""
    return [{"role": role, "content": text} for role, text in turns]


def are_turns(value: Any) -> bool:  # noqa: ANN401 - from JSON
    """Return whether a value is a list of turns: each has a role and a text, or it is empty.

    Also of ms-swift's pairs, each with a "user" and an "assistant".
    """
    if not isinstance(value, list):
        return False
    turns = cast(list[Any], value)
    return all(isinstance(turn, dict) and _looks_like_turn(cast(Row, turn)) for turn in turns)


def _looks_like_turn(turn: Row) -> bool:
    if {"user", "assistant"} <= turn.keys():
        return True
    return any(key in turn for key in _ROLE_KEYS) and any(key in turn for key in _TEXT_KEYS)


def read_turns(value: Any, system: str = "") -> Read:  # noqa: ANN401 - from JSON
    """Return the conversation in a list of turns, and the turns that do not belong to it.

    An answer before the first question and a question after the last answer are pieces of their
    own. What else is wrong with a conversation makes the whole of it one.
    """
    turns: list[tuple[str, str, str]] = []
    for turn in _unpair(cast(list[Row], value)):
        known = _read_turn(turn)
        if isinstance(known, str):
            return [Problem(known, dump_row(value))]
        turns.append(known)
    if turns and turns[0][0] == "system":
        system, turns = turns[0][1] or system, turns[1:]
    pieces: Read = []
    if turns and turns[0][0] == "assistant":
        pieces.append(Problem("an answer before the first question", turns.pop(0)[1]))
    unanswered = turns.pop()[1] if turns and turns[-1][0] == "user" else None
    content = _build(turns, system)
    if isinstance(content, str):
        return [Problem(content, dump_row(value))]
    pieces.append(content)
    if unanswered is not None:
        pieces.append(Problem("a question without an answer", unanswered))
    return pieces


def read_question(value: Any, system: str = "") -> Content | Problem:  # noqa: ANN401 - from JSON
    """Return what is asked by turns that end with a question: a draft that has no last answer.

    With further rounds the last of them has the answer "", else `output` is "".
    """
    read = read_turns([*cast(list[Row], value), {"role": "assistant", "content": "-"}], system)
    if len(read) != 1 or isinstance(read[0], Problem):
        reason = next(piece.reason for piece in read if isinstance(piece, Problem))
        return Problem(reason, dump_row(value))
    return with_answer(read[0], "")


def read_prompt(value: Any, system: str = "") -> Content | Problem:  # noqa: ANN401 - from JSON
    """Return what a prompt asks, a list of turns or one text, as `read_question` does."""
    asked = [{"role": "user", "content": value}]
    return read_question(value if isinstance(value, list) else asked, system)


def read_answer(value: Any) -> str | None:  # noqa: ANN401 - from JSON
    """Return an answer: a text, a message, or a list of one message. None when it is no text."""
    if isinstance(value, list):
        turns = cast(list[Any], value)
        value = turns[0] if len(turns) == 1 else turns
    if isinstance(value, dict):
        turn = cast(Row, value)
        value = next((turn[key] for key in ("content", "value") if key in turn), turn)
    return as_text(value)


def with_answer(content: Content, answer: str, reasoning: str = "") -> Content:
    """Return a content with another last answer."""
    rounds = content.get("rounds", ())
    if not rounds:
        return {**content, "output": answer, "reasoning": reasoning}
    last = Round(rounds[-1].question, answer, reasoning)
    return {**content, "rounds": (*rounds[:-1], last)}


def question_of(content: Content) -> str:
    """Return what tells a content's last question from another, earlier rounds and all."""
    asked = with_answer(content, "")
    return repr([asked.get(name) or "" for name in ("system", "instruction", "output", "rounds")])


def last_answer(content: Content) -> str:
    """Return the last answer of a content."""
    rounds = content.get("rounds", ())
    return rounds[-1].answer if rounds else content.get("output", "")


def _unpair(turns: list[Row]) -> list[Row]:
    """Return turns, those of ms-swift's pairs too."""
    flat: list[Row] = []
    for turn in turns:
        if {"user", "assistant"} <= turn.keys():
            flat += [{"role": role, "content": turn[role]} for role in ("user", "assistant")]
        else:
            flat.append(turn)
    return flat


def _read_turn(turn: Row) -> tuple[str, str, str] | str:
    """Return (role, text, reasoning), or what is wrong."""
    name = next((turn[key] for key in _ROLE_KEYS if key in turn), None)
    role = ROLES.get(name.lower()) if isinstance(name, str) else None
    if role is None:
        return "a turn of a role that is not known"
    if turn.get("tool_calls") or turn.get("function_call"):
        return "a turn that calls a tool"
    text = _turn_text(next((turn[key] for key in _TEXT_KEYS if key in turn), None))
    if text is None:
        return "a turn that is not text"
    reasoning = ""
    if role == "assistant":
        reasoning, text = split_reasoning(text)
        reasoning = reasoning or next(
            (as_text(turn[key]) or "" for key in _THOUGHT_KEYS if turn.get(key)), ""
        )
    return role, text, reasoning


def _turn_text(value: Any) -> str | None:  # noqa: ANN401 - from JSON
    """Return a turn's content as text: also of a list of text parts, as OpenAI has it."""
    if not isinstance(value, list):
        return as_text(value)
    parts: list[str] = []
    for part in cast(list[Any], value):
        text = cast(Row, part).get("text") if isinstance(part, dict) else None
        if not isinstance(text, str):
            return None
        parts.append(text)
    return as_text("\n".join(parts))


def _build(turns: Sequence[tuple[str, str, str]], system: str) -> Content | str:
    roles = [role for role, _, _ in turns]
    if not turns:
        return "no question and no answer"
    if "system" in roles:
        return "a system turn that is not the first"
    if roles != ["user", "assistant"] * (len(roles) // 2):
        return "turns that do not alternate"
    if not all(text for _, text, _ in turns):
        return "an empty turn"
    rounds = [
        Round(question, answer, reasoning)
        for (_, question, _), (_, answer, reasoning) in zip(turns[::2], turns[1::2], strict=True)
    ]
    first = rounds[0]
    return {
        "instruction": first.question,
        "input": "",
        "output": first.answer,
        "system": system,
        "reasoning": first.reasoning,
        "rounds": tuple(rounds[1:]),
    }
