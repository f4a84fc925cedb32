import hashlib
import re

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vicugna.errors import UserError
from vicugna.records import TASK_TYPES, Message
from vicugna.templates import PURPOSES, Prompt, json_line, load_prompt, load_types, prompt_of

EN = "# system\n\nYou write tasks.\n\n# user\n\n{{shown}}\n\nWrite {{count}} more.\n"
ZH = "# system\n\n你来出题。\n\n# user\n\n{{shown}}\n\n再写 {{count}} 道。\n"


@pytest.fixture
def load(tmp_path):
    """Return a function that writes a prompt file and loads it."""

    def load(text, purpose="new_tasks", lang="en"):
        (tmp_path / f"{purpose}.{lang}.md").write_text(text, encoding="utf-8", newline="")
        return load_prompt(purpose, lang, tmp_path)

    return load


@pytest.mark.parametrize(
    ("lang", "text", "system", "user"),
    [
        ("en", EN, "You write tasks.", "{{shown}}\n\nWrite {{count}} more."),
        ("zh", ZH, "你来出题。", "{{shown}}\n\n再写 {{count}} 道。"),
    ],
    ids=["en", "zh"],
)
def test_a_prompt_has_two_parts_and_a_name(load, lang, text, system, user):
    prompt = load(text, lang=lang)
    digest = hashlib.sha256(text.encode()).hexdigest()

    assert prompt == Prompt(f"new_tasks.{lang}@{digest[:8]}", system, user)


def test_a_changed_word_changes_the_name_and_line_ends_do_not(load):
    name = load(EN).name

    assert load(EN.replace("\n", "\r\n")).name == name
    assert load("\ufeff" + EN).name == name
    assert load(EN.replace("tasks", "poems")).name != name


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("Write {{count}}.", ':1: expected a "# system" part', id="no headings"),
        pytest.param(EN.split("# user")[0], ':1: expected a "# system" part', id="no user part"),
        pytest.param("# system\n\n# user\n{{shown}}{{count}}", ":1: expected", id="empty part"),
        pytest.param(
            EN.replace("{{count}}", "3"), "must have exactly {{count}}, {{shown}}", id="less"
        ),
        pytest.param(EN + "{{topic}}", "must have exactly {{count}}, {{shown}}", id="more"),
        pytest.param(EN.replace("tasks.", "{{count}} tasks."), "the system part none", id="system"),
        pytest.param("", ':1: expected a "# system" part', id="empty file"),
    ],
)
def test_a_file_that_is_no_prompt(load, tmp_path, text, complaint):
    path = tmp_path / "new_tasks.en.md"
    with pytest.raises(UserError, match=re.escape(str(path))) as caught:
        load(text)

    assert complaint in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"output_first\.zh\.md: cannot be read"):
        load_prompt("output_first", "zh", tmp_path)


@settings(deadline=None)
@given(shown=st.text(max_size=40), count=st.text(max_size=40))
def test_what_is_put_in_is_never_read_as_a_template(shown, count):
    """The system part is sent as it is; the user part is filled in one pass."""
    prompt = Prompt("name", "system {x}", "a {{shown}} b {{count}} c {{shown}}")
    messages = prompt.fill({"shown": shown, "count": count})

    assert messages[0] == Message("system", "system {x}")
    assert messages[1] == Message("user", f"a {shown} b {count} c {shown}")


@pytest.mark.parametrize("text", ["{{count}}", r"\1 \g<0>", "{x} %s", "{{shown}}"])
def test_signs_of_other_template_languages_are_text(text):
    prompt = Prompt("name", "s", "{{shown}} {{count}}")

    assert prompt.fill({"shown": text, "count": "2"})[1].content == f"{text} 2"


@settings(deadline=None)
@given(st.text(), st.text())
def test_a_shown_task_stays_in_its_line(instruction, output):
    line = json_line(instruction=instruction, output=output)

    assert "\n" not in line
    assert orjson.loads(line) == {"instruction": instruction, "output": output}


def test_chinese_is_shown_as_it_is_written():
    assert json_line(instruction="写诗") == '{"instruction":"写诗"}'


def test_purposes_are_those_of_the_shipped_files():
    assert set(PURPOSES) >= {"new_tasks", "new_instructions", "is_classification"}


def test_new_tasks_of_a_type_are_asked_for_by_a_prompt_of_their_own():
    typed = {purpose: prompt_of(purpose, typed=True) for purpose in PURPOSES}

    assert {name for purpose, name in typed.items() if name != purpose} == {
        "new_tasks_of_type",
        "new_instructions_of_type",
    }
    assert {prompt_of(purpose, typed=False) for purpose in PURPOSES} == set(PURPOSES)


WORDS = "".join(f"{type}: words\n" for type in TASK_TYPES)


def _load_types(folder, text):
    (folder / "task_types.zh.yaml").write_text(text, encoding="utf-8")
    return load_types("zh", folder)


def test_types_are_said_with_their_names(tmp_path):
    types = _load_types(tmp_path, WORDS.replace("math: words", "math: 算出一个数"))

    assert types["math"] == "math: 算出一个数"
    assert tuple(types) == TASK_TYPES


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(WORDS.replace("math: words", ""), ": math: expected a line", id="missing"),
        pytest.param(WORDS.replace("math: words", "math: 7"), ": math: expected", id="no words"),
        pytest.param(WORDS + "maths: words\n", ": maths: expected a line", id="unknown"),
        pytest.param("", ": brainstorming: expected a line", id="empty"),
        pytest.param("- math\n", ": brainstorming: expected a line", id="a list"),
        pytest.param("math: [", ": not valid YAML", id="no YAML"),
    ],
)
def test_a_file_that_does_not_say_each_type(tmp_path, text, complaint):
    with pytest.raises(UserError, match=re.escape(f"task_types.zh.yaml{complaint}")):
        _load_types(tmp_path, text)
