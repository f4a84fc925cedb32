"""What a filter is, and how a chain of them judges a draft."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps

from vicugna.pool import Pool
from vicugna.records import Draft, Round, Verdict
from vicugna.text.script import language_of

Filter = Callable[[Draft, Pool], Verdict]


@dataclass(frozen=True, slots=True)
class Chain:
    """The filters of a run, in the order they are asked.

    `instruction` filters read the instruction (and input) only, so an instruction can be judged
    before its answer is paid for; `answer` filters read the output too; `novelty` compares with
    the pool and comes last because it costs most.
    """

    instruction: tuple[Filter, ...] = ()
    answer: tuple[Filter, ...] = ()
    novelty: tuple[Filter, ...] = ()

    @property
    def whole(self) -> tuple[Filter, ...]:
        """All filters, for a draft that is complete."""
        return self.instruction + self.answer + self.novelty


def each_round(ask: Filter) -> Filter:
    """Return a filter that asks for every round of a conversation, and keeps what all keep.

    The verdict is that on the first round that goes, or on the last. A further round is asked
    about as a task of its own: its question is the instruction, in whose language it is.
    """

    @wraps(ask)  # the manifest names a filter by its factory
    def ask_each(draft: Draft, pool: Pool) -> Verdict:
        if not draft.rounds:
            return ask(draft, pool)
        verdict = ask(replace(draft, rounds=()), pool)
        for number, later in enumerate(draft.rounds, 2):
            if not verdict.kept:
                break
            verdict = ask(_alone(draft, later), pool)
            if not verdict.kept:
                verdict = replace(verdict, detail=f"round {number}: {verdict.detail}")
        return verdict

    return ask_each


def _alone(draft: Draft, later: Round) -> Draft:
    return replace(
        draft,
        lang=language_of(later.question) or draft.lang,
        instruction=later.question,
        input="",
        output=later.answer,
        rounds=(),
    )


def judge(draft: Draft, filters: tuple[Filter, ...], pool: Pool) -> tuple[Verdict, ...]:
    """Return the verdicts up to the first that does not keep: that one is the reason."""
    verdicts: list[Verdict] = []
    for ask in filters:
        verdicts.append(ask(draft, pool))
        if not verdicts[-1].kept:
            break
    return tuple(verdicts)


def passes(verdicts: tuple[Verdict, ...]) -> bool:
    """Return whether the verdicts of `judge` keep the draft."""
    return not verdicts or verdicts[-1].kept
