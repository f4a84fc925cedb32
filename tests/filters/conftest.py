"""One draft, one filter, one verdict: what every test of a filter does."""

from collections.abc import Callable

import pytest

from vicugna.filtering import Filter
from vicugna.pool import Pool
from vicugna.records import Draft, Lang, Source, Verdict

Judge = Callable[..., Verdict]


@pytest.fixture
def judge() -> Judge:
    """Return a function that asks a filter about a draft: `judge(empty(), "zh", output="…")`."""

    def ask(
        one: Filter,
        lang: Lang,
        instruction: str = "",
        input: str = "",
        output: str = "",
        pool: Pool | None = None,
    ) -> Verdict:
        draft = Draft("draft", lang, instruction, input, output, Source())
        return one(draft, pool or Pool(0.7))

    return ask
