"""Python tasks: every answer is executed."""

import builtins
import random
import re

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Composed
from vicugna.teachers.offline.kinds import code
from vicugna.teachers.offline.kinds.code_functions import FUNCTIONS, Function
from vicugna.teachers.offline.kinds.grammar import rules_of, table_of

BY_LANG = pytest.mark.parametrize("lang", LANGS)
BY_FUNCTION = pytest.mark.parametrize("function", FUNCTIONS, ids=[f.key for f in FUNCTIONS])
KINDS = {kind.name: kind.compose for kind in code.KINDS}


def tasks(name: str, lang: Lang) -> list[Composed]:
    return [KINDS[name](random.Random(serial), lang) for serial in range(300)]


def definition_in(output: str) -> str:
    """Return the function that an answer contains: from "def" to the next blank line."""
    match = re.search(r"^def .+?(?=\n\n|\Z)", output, re.MULTILINE | re.DOTALL)
    assert match
    return match[0]


def run(source: str) -> dict[str, object]:
    space: dict[str, object] = {}
    exec(source, space)
    return space


def function_named(name: str) -> Function:
    (function,) = (function for function in FUNCTIONS if name in function.names)
    return function


@BY_FUNCTION
def test_the_catalogue_does_what_it_says(function: Function):
    for name in function.names:
        space = run(function.named(name))
        for arguments, result in function.calls:
            got, wanted = eval(f"{name}({arguments})", space), eval(result)
            assert got == wanted
            assert type(got) is type(wanted)


@BY_FUNCTION
def test_the_bug_of_the_catalogue_does_harm(function: Function):
    assert function.source.count(function.line) == 1
    space = run(function.source.replace(function.line, function.bug))

    def fails(arguments: str, result: str) -> bool:
        try:
            return eval(f"{function.names[0]}({arguments})", space) != eval(result)
        except Exception:
            return True

    assert any(fails(arguments, result) for arguments, result in function.calls)


@BY_LANG
@BY_FUNCTION
def test_every_function_is_described(function: Function, lang: Lang):
    rules = rules_of("code_functions", lang)
    assert all("{name}" in text for text in rules[f"task_{function.key}"])
    assert sum(row["key"] == function.key for row in table_of("code_functions", lang, "bugs")) == 1


@BY_LANG
def test_a_written_function_passes_its_calls(lang: Lang):
    for task in tasks("write_function", lang):
        source = definition_in(task.instances[0].output)
        (name,) = re.findall(r"def (\w+)", source)
        assert f"{name}(" in task.instruction
        space = run(source)
        for arguments, result in function_named(name).calls:
            assert eval(f"{name}({arguments})", space) == eval(result)


@BY_LANG
def test_a_repaired_function_passes_its_calls(lang: Lang):
    for task in tasks("fix_function", lang):
        for instance in task.instances:
            source = definition_in(instance.output)
            (name,) = re.findall(r"def (\w+)", source)
            assert instance.input.startswith("# ")
            assert source not in instance.input
            assert instance.check in source
            space = run(source)
            for arguments, result in function_named(name).calls:
                assert eval(f"{name}({arguments})", space) == eval(result)


@BY_LANG
def test_an_assertion_holds(lang: Lang):
    for task in tasks("expected_value", lang):
        for instance in task.instances:
            source, _, call = instance.input.rpartition("\n\n")
            (assertion,) = re.findall(r"^assert .+$", instance.output, re.MULTILINE)
            assert call in assertion
            exec(assertion, run(source))


@BY_LANG
def test_an_error_occurs_and_its_repair_runs(lang: Lang, capsys: pytest.CaptureFixture[str]):
    for task in tasks("explained_error", lang):
        for instance in task.instances:
            source, _, message = instance.input.rpartition("\n\n")
            error: type[Exception] = getattr(builtins, message.partition(":")[0])
            with pytest.raises(error) as caught:
                run(source)
            assert type(caught.value) is error
            run(instance.check)
    capsys.readouterr()
