"""Commands and patterns: patterns are tried on all their examples."""

import random
import re
import shlex

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kinds import code_commands
from vicugna.teachers.offline.kinds.grammar import table_of

BY_LANG = pytest.mark.parametrize("lang", LANGS)
KINDS = {kind.name: kind.compose for kind in code_commands.KINDS}
PATTERNS = [
    pytest.param(row, id=f"{lang} {row['need']}")
    for lang in LANGS
    for row in table_of("code_regex", lang)
]


@pytest.mark.parametrize("row", PATTERNS)
def test_a_pattern_tells_good_from_bad(row: dict[str, str]):
    pattern = re.compile(row["pattern"])
    good, bad = row["good"].split(", "), row["bad"].split(", ")
    assert len(good) + len(bad) >= 4
    assert all(pattern.fullmatch(text) for text in good)
    assert not any(pattern.fullmatch(text) for text in bad)


@BY_LANG
def test_matching_strings_are_those_that_match(lang: Lang):
    for serial in range(300):
        for instance in KINDS["matching_strings"](random.Random(serial), lang).instances:
            pattern_line, _, *strings = instance.input.split("\n")
            pattern = re.split("[:：]", pattern_line, maxsplit=1)[1].strip()
            fitting = [text for text in strings if re.fullmatch(pattern, text)]
            assert len(strings) == 4
            assert 0 < len(fitting) < 4
            assert instance.check == ", ".join(fitting)


@BY_LANG
def test_a_wanted_pattern_accepts_the_example(lang: Lang):
    rows = {row["pattern"]: row for row in table_of("code_regex", lang)}
    for serial in range(300):
        task = KINDS["pattern_for"](random.Random(serial), lang)
        assert rows[task.instances[0].check]["need"] in task.instruction


@BY_LANG
@pytest.mark.parametrize("kind", ["shell_command", "git_command"])
def test_commands_are_complete_and_name_what_was_asked(kind: str, lang: Lang):
    for serial in range(400):
        task = KINDS[kind](random.Random(serial), lang)
        command = task.instances[0].check
        words = shlex.split(command)
        assert words
        assert (words[0] == "git") == (kind == "git_command")
        for word in re.findall(r"\b(?:\d{1,2}|[a-z]+\.(?:log|csv|md|py))\b", task.instruction):
            if word in command or word.isdigit():
                continue
            pytest.fail(f"{word!r} is asked for, but not in {command!r}")


def test_both_languages_know_the_same_commands():
    for name in ("code_shell", "code_git"):
        english, chinese = ([row["command"] for row in table_of(name, lang)] for lang in LANGS)
        assert english == chinese
        assert len(set(english)) == len(english)
