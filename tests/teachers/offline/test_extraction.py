"""What is extracted is all there is of its sort in the message, in order."""

import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import load_words
from vicugna.teachers.offline.kinds.extraction import KINDS

KIND = {kind.name: kind for kind in KINDS}
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
PATTERNS = {
    ("extract_dates", "en"): rf"(?:{MONTHS}) \d+",
    ("extract_dates", "zh"): r"\d+月\d+日",
    ("extract_amounts", "en"): r"\$\d+",
    ("extract_amounts", "zh"): r"\d+元",
    ("extract_numbers", "en"): r"\b(?:[A-Z]{2}-?|\d{4,5}-)\d{4,5}\b",
    ("extract_numbers", "zh"): r"(?<![A-Z\d-])(?:[A-Z]{2}-?|\d{4,5}-)\d{4,5}(?![\d-])",
}


def names(lang: Lang) -> list[str]:
    people = load_words("text_common_people", lang)
    return people["women"] + people["men"]


def places(lang: Lang) -> list[str]:
    return [
        place for use in load_words("extraction_topics", lang)["places"].values() for place in use
    ]


def in_text(text: str, known: list[str]) -> list[str]:
    """Return the known strings that occur in the text, in the order of the text."""
    return sorted({item for item in known if item in text}, key=text.index)


def items(check: str) -> list[str]:
    """Split a list in any of the styles."""
    return [re.sub(r"^(?:- |\d\. )", "", item) for item in re.split(r"\n|; |；|、|, | and ", check)]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", KIND)
def test_the_list_holds_exactly_what_is_in_the_message(name: str, lang: Lang) -> None:
    for seed in range(300):
        for instance in KIND[name].compose(Random(seed), lang).instances:
            if name == "extract_names":
                expected = in_text(instance.input, names(lang))
            elif name == "extract_places":
                expected = in_text(instance.input, places(lang))
            else:
                expected = re.findall(PATTERNS[name, lang], instance.input)
            assert items(instance.check) == expected
            assert len(expected) >= 2


@pytest.mark.parametrize("lang", LANGS)
def test_no_place_is_part_of_another_and_no_name_either(lang: Lang) -> None:
    for known in (names(lang), places(lang)):
        assert not [a for a in set(known) for b in set(known) if a != b and a in b]
