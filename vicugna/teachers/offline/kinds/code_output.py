"""What a short Python snippet prints. The answer is computed beside the snippet, not by running it.

Each writer of `_SNIPPETS` returns the code and what it prints; the tests run the code to compare.
"""

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.grammar import Rules, rules_of, write

Snippet: TypeAlias = tuple[str, str]


def predicted_output(rng: Random, lang: Lang) -> Composed:
    """Ask what a snippet prints, and why."""
    rules = rules_of("code_output", lang)
    instruction = write(rng, rules, "say", {})
    instances: list[Instance] = []
    for name in rng.sample(tuple(_SNIPPETS), 1 + rng.randrange(3)):
        code, printed = _SNIPPETS[name](rng, rules)
        slots = {"printed": printed, "why": rules[name][0]}
        instances.append(Instance(code, write(rng, rules, "answer", slots), printed))
    return Composed(instruction, tuple(instances))


def _things(rng: Random, rules: Rules, count: int) -> tuple[str, list[str]]:
    """Return the name of a list and its items."""
    return rng.choice(rules["list_name"]), rng.sample(rules["thing"], count)


def _numbers(rng: Random, rules: Rules, count: int) -> tuple[str, list[int]]:
    """Return the name of a list and its numbers."""
    return rng.choice(rules["number_name"]), [rng.randrange(1, 30) for _ in range(count)]


def _listed(items: list[str]) -> str:
    """Return a list of strings as a Python literal with double quotes."""
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"


def _slice(rng: Random, rules: Rules) -> Snippet:
    name, items = _things(rng, rules, 5)
    start = rng.randrange(3)
    stop = start + 1 + rng.randrange(5 - start)
    return f"{name} = {_listed(items)}\nprint({name}[{start}:{stop}])", repr(items[start:stop])


def _negative(rng: Random, rules: Rules) -> Snippet:
    name, items = _things(rng, rules, 4)
    index = -1 - rng.randrange(4)
    return f"{name} = {_listed(items)}\nprint({name}[{index}])", items[index]


def _even_sum(rng: Random, rules: Rules) -> Snippet:
    name, numbers = _numbers(rng, rules, 5)
    code = (
        f"{name} = {numbers}\ntotal = 0\nfor number in {name}:\n"
        "    if number % 2 == 0:\n        total += number\nprint(total)"
    )
    return code, str(sum(number for number in numbers if number % 2 == 0))


def _floor(rng: Random, rules: Rules) -> Snippet:
    large, small = 20 + rng.randrange(80), 3 + rng.randrange(7)
    name = rng.choice(rules["number_name"])
    code = f"{name} = {large}\nprint({name} // {small})\nprint({name} % {small})"
    return code, f"{large // small}\n{large % small}"


def _counting(rng: Random, rules: Rules) -> Snippet:
    word = rng.choice(rules["word"])
    letter = rng.choice(word)
    code = (
        f'counts = {{}}\nfor letter in "{word}":\n'
        f'    counts[letter] = counts.get(letter, 0) + 1\nprint(counts["{letter}"])'
    )
    return code, str(word.count(letter))


def _alias(rng: Random, rules: Rules) -> Snippet:
    name, numbers = _numbers(rng, rules, 3)
    added = rng.randrange(30, 60)
    code = f"{name} = {numbers}\nother = {name}\nother.append({added})\nprint({name})"
    return code, str([*numbers, added])


def _copied(rng: Random, rules: Rules) -> Snippet:
    name, numbers = _numbers(rng, rules, 3)
    added = rng.randrange(30, 60)
    code = f"{name} = {numbers}\nother = {name}[:]\nother.append({added})\nprint({name})"
    return code, str(numbers)


def _default(rng: Random, rules: Rules) -> Snippet:
    _, (first, second, asked) = _things(rng, rules, 3)
    low, high, default = rng.sample(range(1, 20), 3)
    code = (
        f'prices = {{"{first}": {low}, "{second}": {high}}}\n'
        f'print(prices.get("{asked}", {default}) + prices["{first}"])'
    )
    return code, str(default + low)


def _squares(rng: Random, rules: Rules) -> Snippet:
    start, divisor = 1 + rng.randrange(5), rng.choice((2, 3))
    stop = start + 5 + rng.randrange(4)
    code = f"print([n * n for n in range({start}, {stop}) if n % {divisor} == 0])"
    return code, str([n * n for n in range(start, stop) if n % divisor == 0])


def _by_length(rng: Random, rules: Rules) -> Snippet:
    name, items = _things(rng, rules, 4)
    return f"{name} = {_listed(items)}\nprint(sorted({name}, key=len))", repr(
        sorted(items, key=len)
    )


def _halving(rng: Random, rules: Rules) -> Snippet:
    number = rng.randrange(9, 130)
    code = f"n = {number}\nsteps = 0\nwhile n > 1:\n    n //= 2\n    steps += 1\nprint(steps)"
    return code, str(number.bit_length() - 1)


def _numbered(rng: Random, rules: Rules) -> Snippet:
    name, items = _things(rng, rules, 3)
    code = (
        f"{name} = {_listed(items)}\n"
        f"for number, item in enumerate({name}, start=1):\n    print(number, item)"
    )
    return code, "\n".join(f"{number} {item}" for number, item in enumerate(items, 1))


def _backwards(rng: Random, rules: Rules) -> Snippet:
    word = rng.choice(rules["word"])
    return f'word = "{word}"\nprint(word[::-1].upper())', word[::-1].upper()


def _common(rng: Random, rules: Rules) -> Snippet:
    first, second = (sorted(rng.sample(range(1, 10), 5)) for _ in range(2))
    code = f"a = {{{_inner(first)}}}\nb = {{{_inner(second)}}}\nprint(len(a & b))"
    return code, str(sum(number in second for number in first))


def _recursion(rng: Random, rules: Rules) -> Snippet:
    number, step = rng.randrange(4, 10), rng.choice((1, 2))
    code = (
        f"def add_up(n):\n    if n <= 0:\n        return 0\n"
        f"    return n + add_up(n - {step})\n\nprint(add_up({number}))"
    )
    return code, str(sum(range(number, 0, -step)))


def _either(rng: Random, rules: Rules) -> Snippet:
    _, (given, fallback) = _things(rng, rules, 2)
    name = rng.choice((given, ""))
    code = f'choice = "{name}"\nprint(choice or "{fallback}")'
    return code, name or fallback


def _stepped(rng: Random, rules: Rules) -> Snippet:
    start, step = rng.randrange(10), rng.randrange(2, 5)
    stop = start + step * (2 + rng.randrange(3)) + rng.randrange(2)
    return f"print(list(range({start}, {stop}, {step})))", str(list(range(start, stop, step)))


def _swapped(rng: Random, rules: Rules) -> Snippet:
    first, second = rng.sample(range(1, 12), 2)
    code = f"a, b = {first}, {second}\na, b = b, a + b\nprint(a)\nprint(b)"
    return code, f"{second}\n{first + second}"


def _inner(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


_SNIPPETS: dict[str, Callable[[Random, Rules], Snippet]] = {
    "slice": _slice,
    "negative": _negative,
    "even_sum": _even_sum,
    "floor": _floor,
    "counting": _counting,
    "alias": _alias,
    "copied": _copied,
    "default": _default,
    "squares": _squares,
    "by_length": _by_length,
    "halving": _halving,
    "numbered": _numbered,
    "backwards": _backwards,
    "common": _common,
    "recursion": _recursion,
    "either": _either,
    "stepped": _stepped,
    "swapped": _swapped,
}

KINDS: tuple[Kind, ...] = (Kind("predicted_output", "coding", False, predicted_output),)
