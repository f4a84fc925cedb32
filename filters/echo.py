"""Answers that only repeat the question."""

from itertools import zip_longest

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict
from vicugna.text.tokens import iter_tokens

_KEPT = Verdict("echo", True)


def echo() -> Filter:
    """Drop a draft whose output is its input, or has exactly the tokens of its instruction.

    Self-Instruct drops output equal to input (prepare_for_finetuning.py). Case, width and
    punctuation are what some tasks do to an input (capitalise, punctuate), so there the text
    itself must be equal.
    """

    def ask(draft: Draft, _: Pool) -> Verdict:
        output = draft.output.strip()
        if output and output == draft.input.strip():
            return Verdict("echo", False, detail="input")
        if _has_tokens_of(output, draft.instruction):
            return Verdict("echo", False, detail="instruction")
        return _KEPT

    return ask


def _has_tokens_of(text: str, other: str) -> bool:
    """Return whether two texts have the same tokens, and one at least."""
    pairs = zip_longest(iter_tokens(text), iter_tokens(other))
    first = next(pairs, ("", None))
    return first[0] == first[1] and all(one == two for one, two in pairs)
