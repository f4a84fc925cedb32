"""The offline teacher, question by question: an answer is a function of the question alone."""

from random import Random

import orjson
import pytest

from tests.scripted import addressed, make_job, make_recipe
from vicugna.methods import METHODS
from vicugna.pipeline import begin
from vicugna.records import Message
from vicugna.teachers.offline import respond as module
from vicugna.teachers.offline.kinds import KINDS
from vicugna.teachers.offline.respond import compose, respond
from vicugna.teachers.openai_body import write_body
from vicugna.templates import load_prompt
from vicugna.text.script import language_of

both = pytest.mark.parametrize("lang", ["en", "zh"])
SERIALS = 4000  # of the 40,000 tasks it knows: to look through all of them takes seconds


@pytest.fixture(autouse=True)
def _few_serials(monkeypatch):
    """Let it know fewer tasks."""
    monkeypatch.setattr(module, "SERIALS", SERIALS)
    module._serials.cache_clear()
    yield
    module._serials.cache_clear()


def _ask(purpose, lang, shown="", count=4):
    messages = load_prompt(purpose, lang).fill({"shown": shown, "count": str(count)})
    return respond({"messages": [{"role": m.role, "content": m.content} for m in messages]})


def _about(purpose, lang, instruction):
    return _ask(purpose, lang, orjson.dumps({"instruction": instruction}).decode())


@both
@pytest.mark.parametrize("count", [1, 8, 50])
def test_new_tasks_are_lines_of_json_as_many_as_asked_for(lang, count):
    rows = [orjson.loads(line) for line in _ask("new_tasks", lang, count=count).splitlines()]

    assert len(rows) == count
    for row in rows:
        assert set(row) == {"instruction", "input", "output", "check"}
        assert row["check"] in row["output"]
        assert language_of(row["instruction"]) == lang


@both
def test_no_more_than_fifty_are_written_at_once(lang):
    assert len(_ask("new_tasks", lang, count=10_000).splitlines()) == 50


@both
def test_new_instructions_are_a_numbered_list(lang):
    lines = _ask("new_instructions", lang, count=7).split("\n")

    assert [line.split(". ")[0] for line in lines] == [f"{number}" for number in range(1, 8)]
    assert all(language_of(line) == lang for line in lines)


@both
def test_a_question_in_nobodys_words_is_answered_in_its_language(lang):
    """Any client may ask: the prompt need not be one of ours."""
    text = {"en": "Please write 3 tasks for me.", "zh": "请给我写3个任务。"}[lang]

    rows = respond({"messages": [{"role": "user", "content": text}]}).splitlines()

    assert len(rows) == 3
    assert {language_of(orjson.loads(row)["instruction"]) for row in rows} == {lang}


@both
@pytest.mark.parametrize("purpose", ["input_first", "output_first"])
def test_instances_are_those_of_the_instruction(lang, purpose):
    rng = Random(1)
    for serial in (rng.randrange(SERIALS) for _ in range(20)):
        instruction = compose(lang, serial)[1].instruction

        rows = [orjson.loads(line) for line in _about(purpose, lang, instruction).splitlines()]

        assert rows
        assert all(row["check"] in row["output"] for row in rows)
        instances = [
            (one.input, one.output)
            for number in range(SERIALS)
            if number % len(KINDS) == serial % len(KINDS)
            and (composed := compose(lang, number)[1]).instruction == instruction
            for one in composed.instances
        ]
        assert {(row["input"], row["output"]) for row in rows} <= set(instances)


@both
def test_the_label_is_that_of_the_kind(lang):
    words = {"en": ("No", "Yes"), "zh": ("不是", "是")}[lang]
    for serial in range(0, len(KINDS)):
        kind, composed = compose(lang, serial)

        label = _about("is_classification", lang, composed.instruction)

        assert label == words[kind.is_classification], kind.name


@both
def test_an_instruction_it_does_not_know_gets_no_and_nothing(lang):
    unknown = {"en": "Recite a poem that was never written.", "zh": "背一首从未写成的诗。"}[lang]

    assert _about("is_classification", lang, unknown) == {"en": "No", "zh": "不是"}[lang]
    assert _about("input_first", lang, unknown) == ""


@both
def test_blank_space_in_an_instruction_does_not_matter(lang):
    """Parsing squeezes it."""
    instruction = compose(lang, 5)[1].instruction

    spread = _about("input_first", lang, f" {instruction.replace(' ', '  ')}\n")

    assert spread == _about("input_first", lang, instruction) != ""


def _shared_instruction(lang):
    """Return the later of two serial numbers with one instruction and different instances."""
    seen = {}
    for serial in range(SERIALS):
        composed = compose(lang, serial)[1]
        first = seen.setdefault(" ".join(composed.instruction.split()), composed)
        if first.instances != composed.instances:
            return serial
    raise AssertionError("every instruction has its own instances")


@both
def test_an_answer_does_not_depend_on_what_was_said_before(lang, monkeypatch):
    """A resumed run asks a fresh process: it must hear what the killed one would have."""
    serial = _shared_instruction(lang)
    instruction = compose(lang, serial)[1].instruction
    fresh = _about("input_first", lang, instruction)

    with monkeypatch.context() as patch:
        patch.setattr(module, "Random", lambda seed: _Scripted(seed, serial))
        assert instruction in _ask("new_instructions", lang, count=1)

    assert _about("input_first", lang, instruction) == fresh


class _Scripted(Random):
    """Draws the serial number a test wants, and all else as ever."""

    def __init__(self, seed, serial):
        super().__init__(seed)
        self._serial = serial

    def randrange(self, *given):
        return self._serial if given == (SERIALS,) else super().randrange(*given)


@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
@pytest.mark.parametrize("type", ["", "math"], ids=["any type", "one type"])
@both
def test_it_recognises_the_prompts_of_both_methods(method, lang, type):
    job = make_job(make_recipe(method, types={type: 1} if type else {}, target=10))
    request = METHODS[method](job.recipe, addressed("offline"), job.seeds).compose(
        (lang, type), 0, begin(job)
    )

    text = respond(orjson.loads(write_body(request)))

    assert len(text.splitlines()) == 4
    assert isinstance(request.messages[0], Message)
