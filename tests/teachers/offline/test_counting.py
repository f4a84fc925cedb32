"""What is counted is there as often as said."""

import re
from random import Random

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds.counting import KINDS


def recount(instruction: str, text: str, lang: Lang) -> int:
    """Count again what the instruction asks for, in another way than the kind does."""
    if re.search("comma|逗号", instruction):
        return len(re.findall("[,，]", text))
    if re.search("sentences|句", instruction):
        return len([said for said in re.split(r"[.。]", text) if said.strip()])
    target = re.search(r"\"(\w+)\"" if lang == "en" else "“(.)”", instruction)
    assert target
    if lang == "zh":
        return len(text.split(target[1])) - 1
    return len(re.findall(rf"(?<![\w'-]){target[1]}(?![\w'-])", text, re.IGNORECASE))


@pytest.mark.parametrize("lang", LANGS)
def test_the_count_is_right_and_at_least_two(lang: Lang) -> None:
    for seed in range(400):
        task = KINDS[0].compose(Random(seed), lang)
        for instance in task.instances:
            assert int(instance.check) == recount(task.instruction, instance.input, lang) >= 2
