"""One predicate per file, for both languages; the order they are asked in stands here.

A filter is a factory that returns a callable `(Draft, Pool) -> Verdict`; `kept=True` means keep.
The first verdict that does not keep is the reason. Cheap ones come first. Of a conversation every
round is judged; `length` looks at all questions together ("Why?" is a good second one).
"""

from collections.abc import Callable, Sequence

from filters.answer_language import answer_language
from filters.blocklist import blocklist
from filters.debris import debris
from filters.echo import echo
from filters.empty import empty
from filters.exact_duplicate import exact_duplicate
from filters.instruction_language import instruction_language
from filters.length import length
from filters.near_duplicate import near_duplicate
from filters.placeholder import placeholder
from filters.published import alpaca_rules, self_instruct_rules
from filters.refusal import refusal
from filters.repetition import repetition
from vicugna.errors import UserError
from vicugna.filtering import Chain, Filter, each_round

INSTRUCTION: dict[str, Callable[[], Filter]] = {
    "length": length,
    "instruction_language": instruction_language,
    "blocklist": blocklist,
    "placeholder": placeholder,
}
ANSWER: dict[str, Callable[[], Filter]] = {
    "empty": empty,
    "echo": echo,
    "debris": debris,
    "refusal": refusal,
    "answer_language": answer_language,
    "repetition": repetition,
}
NOVELTY: dict[str, Callable[[], Filter]] = {
    "exact_duplicate": exact_duplicate,
    "near_duplicate": near_duplicate,
}
PUBLISHED: dict[str, Callable[[], Filter]] = {
    "self_instruct_rules": self_instruct_rules,
    "alpaca_rules": alpaca_rules,
}
_WHOLE = ("length", *NOVELTY)  # these look at a conversation as a whole
NAMES: tuple[str, ...] = (*INSTRUCTION, *ANSWER, *NOVELTY, *PUBLISHED)


def chain(names: Sequence[str] | None = None) -> Chain:
    """Return the chain of the named filters, in the order of this module; None is the default one.

    Raises:
        UserError: a name is unknown.
    """
    for name in names or ():
        if name not in NAMES:
            raise UserError(f'filter "{name}": unknown. Filters are {", ".join(NAMES)}.')
    wanted = [*INSTRUCTION, *ANSWER, *NOVELTY] if names is None else names

    def build(group: dict[str, Callable[[], Filter]]) -> tuple[Filter, ...]:
        return tuple(
            factory() if name in _WHOLE else each_round(factory())
            for name, factory in group.items()
            if name in wanted
        )

    return Chain(build(PUBLISHED) + build(INSTRUCTION), build(ANSWER), build(NOVELTY))
