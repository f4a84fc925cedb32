"""Python functions: write one, repair one, test one, and explain an error message."""

from random import Random

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.code_functions import FUNCTIONS, Function
from vicugna.teachers.offline.kinds.grammar import (
    Row,
    draw_rows,
    rules_of,
    table_of,
    write,
)

_DATA = "code_functions"


def write_function(rng: Random, lang: Lang) -> Composed:
    """Ask for a Python function that does what a text says."""
    rules = rules_of(_DATA, lang)
    function = rng.choice(FUNCTIONS)
    name = rng.choice(function.names)
    arguments, result = rng.choice(function.calls)
    slots = {"name": name, "code": function.named(name), "result": result}
    slots["call"] = f"{name}({arguments})"
    slots["task"] = write(rng, rules, f"task_{function.key}", slots)
    instruction = write(rng, rules, "write_say", slots)
    output = write(rng, rules, "write_answer", slots)
    return Composed(instruction, (Instance("", output, slots["code"].splitlines()[0]),))


def fix_function(rng: Random, lang: Lang) -> Composed:
    """Ask for the bug in a Python function and its repair."""
    rules = rules_of(_DATA, lang)
    about = {row["key"]: row for row in table_of(_DATA, lang, "bugs")}
    instruction = write(rng, rules, "bug_say", {})
    instances: list[Instance] = []
    for function in _drawn(rng):
        slots = {"line": function.line, "bug": function.bug, "code": function.source}
        slots["why"] = about[function.key]["why"]
        broken = function.source.replace(function.line, function.bug)
        shown = f"# {about[function.key]['purpose']}\n{broken}"
        output = write(rng, rules, "bug_answer", slots)
        instances.append(Instance(shown, output, function.line))
    return Composed(instruction, tuple(instances))


def expected_value(rng: Random, lang: Lang) -> Composed:
    """Ask for the assertion that a unit test makes about a call."""
    rules = rules_of(_DATA, lang)
    instruction = write(rng, rules, "expect_say", {})
    instances: list[Instance] = []
    for function in _drawn(rng):
        arguments, result = rng.choice(function.calls)
        call = f"{function.names[0]}({arguments})"
        output = write(rng, rules, "expect_answer", {"call": call, "result": result})
        instances.append(Instance(f"{function.source}\n\n{call}", output, result))
    return Composed(instruction, tuple(instances))


def explained_error(rng: Random, lang: Lang) -> Composed:
    """Ask what an error message means and how the code is repaired."""
    rules = rules_of("code_errors", lang)
    instruction = write(rng, rules, "say", {})
    instances: list[Instance] = []
    for row in draw_rows(rng, table_of("code_errors", lang)):
        names: Row = {key: rng.choice(rules[key]) for key in ("total", "things", "count")}
        case = {column: _named(text, names) for column, text in row.items()}
        shown = f"{case['code']}\n\n{case['error']}"
        instances.append(Instance(shown, write(rng, rules, "answer", case), case["fix"]))
    return Composed(instruction, tuple(instances))


def _drawn(rng: Random) -> list[Function]:
    return rng.sample(FUNCTIONS, 1 + rng.randrange(3))


def _named(text: str, names: Row) -> str:
    """Put variable names into code. Other braces are part of the code."""
    for key, name in names.items():
        text = text.replace(f"{{{key}}}", name)
    return text


KINDS: tuple[Kind, ...] = (
    Kind("write_function", "coding", False, write_function),
    Kind("fix_function", "coding", False, fix_function),
    Kind("expected_value", "coding", False, expected_value),
    Kind("explained_error", "coding", False, explained_error),
)
