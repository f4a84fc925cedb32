"""What the offline teacher says, as a whole: pure, distinct, wide enough, and pinned."""

import hashlib
from collections import Counter
from functools import cache

import orjson
import pytest

from vicugna.parsing import parse_list, parse_tasks
from vicugna.records import LANGS, TASK_TYPES, Lang
from vicugna.teachers.offline.kinds import KINDS
from vicugna.teachers.offline.respond import MODEL, SERIALS, compose, respond
from vicugna.templates import PromptName, Purpose, json_line, load_prompt, load_types
from vicugna.text.script import language_of

# SHA-256 of the first 400 tasks of each language, as `MODEL` says them. What changes one of them
# changes the name of the snapshot too, or a ledger would serve answers that nobody gives any more.
PINNED: dict[str, dict[Lang, str]] = {
    "offline-2026-11-22": {
        "en": "94bc4bdb6ea201a2bd8de8069b13620bf7e4f9ed1df6050a3a2cbac57022ddaf",
        "zh": "bfc23e7eec17e80dac11508400bc054d7e878c3a0a046de64e756be6bea6c98f",
    }
}


def ask(name: PromptName, lang: Lang, shown: str, count: int = 8, type: str = "") -> str:
    prompt = load_prompt(name, lang)
    turns = prompt.fill({"shown": shown, "count": str(count), "type": type})
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    return respond({"model": MODEL, "messages": messages, "temperature": 1.0})


def test_there_are_at_least_sixty_kinds_with_names_of_their_own() -> None:
    assert len(KINDS) >= 60
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("lang", LANGS)
def test_answers_of_a_snapshot_do_not_change(lang: Lang) -> None:
    tasks = [compose(lang, serial)[1] for serial in range(400)]

    assert hashlib.sha256(orjson.dumps(tasks)).hexdigest() == PINNED[MODEL][lang]


@pytest.mark.parametrize("lang", LANGS)
def test_new_tasks_are_lines_that_parse_and_carry_their_check(lang: Lang) -> None:
    pieces = parse_tasks(ask("new_tasks", lang, "{}", 12), cut=False)

    fields = [piece.fields or {} for piece in pieces]
    assert len(fields) == 12
    assert all(field["check"] and field["check"] in field["output"] for field in fields)


@pytest.mark.parametrize("type", TASK_TYPES)
@pytest.mark.parametrize("lang", LANGS)
def test_tasks_of_one_type_are_of_that_type(lang: Lang, type: str) -> None:
    """What is asked for is read from the prompt, and what is shown is no part of it."""
    shown = "math: not what is asked for"
    said = load_types(lang)[type]

    pieces = parse_tasks(ask("new_tasks_of_type", lang, shown, 12, said), cut=False)
    listed = parse_list(ask("new_instructions_of_type", lang, shown, 9, said), cut=False)

    asked = [(piece.fields or {})["instruction"] for piece in [*pieces, *listed]]
    assert len(asked) == 21
    assert {_types(lang)[instruction] for instruction in asked} == {type}


@cache
def _types(lang: Lang) -> dict[str, str]:
    """Return the type of every instruction it knows."""
    tasks = (compose(lang, serial) for serial in range(SERIALS))
    return {task.instruction: kind.type for kind, task in tasks}


@pytest.mark.parametrize("lang", LANGS)
def test_same_body_same_answer_other_body_other_answer(lang: Lang) -> None:
    assert ask("new_tasks", lang, "a") == ask("new_tasks", lang, "a")
    assert ask("new_tasks", lang, "a") != ask("new_tasks", lang, "b")


@pytest.mark.parametrize("lang", LANGS)
def test_an_instruction_it_gave_is_labelled_and_answered(lang: Lang) -> None:
    """The second answer is found again from the instruction alone."""
    listed = parse_list(ask("new_instructions", lang, "", 7), cut=False)
    assert len(listed) == 7
    for piece in listed:
        line = json_line(instruction=(piece.fields or {})["instruction"])
        label = ask("is_classification", lang, line)
        purpose: Purpose = "output_first" if label in ("Yes", "是") else "input_first"
        instances = parse_tasks(
            ask(purpose, lang, line, 5), cut=False, required=("input", "output")
        )

        assert label in {"en": ("Yes", "No"), "zh": ("是", "不是")}[lang]
        assert all(instance.fields is not None for instance in instances)


@pytest.mark.parametrize("lang", LANGS)
def test_instructions_are_in_their_language_and_kinds_come_evenly(lang: Lang) -> None:
    serials = range(0, SERIALS, 37)
    tasks = [compose(lang, serial) for serial in serials]
    kinds = Counter(kind.name for kind, _ in tasks)

    assert {language_of(task.instruction) for _, task in tasks} == {lang}
    assert len(kinds) == len(KINDS)
    assert max(kinds.values()) <= 2 * min(kinds.values()) + 2
