"""Answers that only repeat the question."""

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Verdict
from vicugna.text.tokens import tokens


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
        same = tokens(output) == tokens(draft.instruction) != []
        return Verdict("echo", not same, detail="instruction" if same else "")

    return ask
