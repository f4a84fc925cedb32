"""What the offline teacher says: a pure function of the body of a chat request.

Every task it knows has a serial number per language; the number seeds the generator that the
task is composed with. A request for new tasks draws numbers from the hash of its body, so the
same question always gets the same answer, in-process and over HTTP. A question about an
instruction is answered by finding the instruction's number again.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import orjson

from vicugna.records import LANGS, TASK_TYPES, Lang
from vicugna.teachers.offline.kind import Composed, Kind
from vicugna.teachers.offline.kinds import KINDS
from vicugna.templates import PURPOSES, Purpose, load_prompt, prompt_of
from vicugna.text.script import language_of

# The snapshot of what it says, as its model name: another snapshot, other answers, other keys in
# the ledger. A test holds the answers of this one.
MODEL = "offline-2026-11-22"
SERIALS = 40_000  # tasks it knows per language
_COUNT = re.compile(r"\d+")
_TYPE = re.compile(rf"^({'|'.join(TASK_TYPES)}): ", re.MULTILINE)
_Known = tuple[Purpose, Lang, bool]  # of a prompt: whether it asks for one type of task
_LABELS: dict[Lang, tuple[str, str]] = {"en": ("No", "Yes"), "zh": ("不是", "是")}


def compose(lang: Lang, serial: int) -> tuple[Kind, Composed]:
    """Return the task with this serial number.

    The number seeds `random.Random` as a string, which is stable across versions of Python.
    """
    kind = KINDS[serial % len(KINDS)]
    return kind, kind.compose(Random(f"{lang}/{serial}"), lang)


def respond(body: dict[str, Any]) -> str:
    """Return the answer to the body of a chat request: `messages`, and anything else."""
    messages = body["messages"]
    system = next((turn["content"] for turn in messages if turn["role"] == "system"), "")
    user = str(messages[-1]["content"])
    unknown: _Known = ("new_tasks", language_of(user) or "en", False)
    purpose, lang, typed = _prompts().get(system, unknown)
    if purpose in ("new_tasks", "new_instructions"):
        digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
        rng = Random(digest)
        numbers = [int(number) for number in _COUNT.findall(user.rstrip().rsplit("\n", 1)[-1])]
        count = min((numbers or [1])[0], 50)
        draw = _drawing(_TYPE.search(user) if typed else None)
        tasks = [compose(lang, draw(rng))[1] for _ in range(count)]
        return _write_tasks(tasks) if purpose == "new_tasks" else _write_list(tasks)
    return _answer_about(purpose, lang, user)


def _drawing(named: re.Match[str] | None) -> Callable[[Random], int]:
    """Return what draws a serial number: of one type of task where it is named."""
    if named is None:
        return lambda rng: rng.randrange(SERIALS)
    kinds = [place for place, kind in enumerate(KINDS) if kind.type == named[1]]
    return lambda rng: rng.choice(kinds) + len(KINDS) * rng.randrange(SERIALS // len(KINDS))


def _write_tasks(tasks: list[Composed]) -> str:
    return "\n".join(
        orjson.dumps(
            {
                "instruction": task.instruction,
                "input": task.instances[0].input,
                "output": task.instances[0].output,
                "check": task.instances[0].check,
            }
        ).decode()
        for task in tasks
    )


def _write_list(tasks: list[Composed]) -> str:
    return "\n".join(f"{number}. {task.instruction}" for number, task in enumerate(tasks, 1))


def _answer_about(purpose: Purpose, lang: Lang, user: str) -> str:
    lines = [line for line in user.splitlines() if line.startswith('{"instruction"')]
    instruction = orjson.loads(lines[-1])["instruction"] if lines else ""
    serial = _serials(lang).get(" ".join(instruction.split()))
    if serial is None:
        return _LABELS[lang][0] if purpose == "is_classification" else ""
    kind, task = compose(lang, serial)
    if purpose == "is_classification":
        return _LABELS[lang][kind.is_classification]
    return "\n".join(
        orjson.dumps(
            {"input": instance.input, "output": instance.output, "check": instance.check}
        ).decode()
        for instance in task.instances
    )


@cache
def _prompts() -> dict[str, _Known]:
    """Return what is known of our prompts, by their system parts."""
    return {
        load_prompt(name, lang).system: (purpose, lang, name != purpose)
        for purpose in PURPOSES
        for name in (purpose, prompt_of(purpose, typed=True))
        for lang in LANGS
    }


@cache
def _serials(lang: Lang) -> dict[str, int]:
    """Return the serial number of every instruction: the first that composes it."""
    found: dict[str, int] = {}
    for serial in range(SERIALS):
        found.setdefault(" ".join(compose(lang, serial)[1].instruction.split()), serial)
    return found
