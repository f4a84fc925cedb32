"""Exports for each trainer: the data, the configuration and the commands fit together."""

import ast
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from tests.layouts.drafts import CHAT, RATED, SINGLE
from tests.trainers_sets import SETS, write_set
from vicugna.commands.export import export as export_command
from vicugna.errors import UserError
from vicugna.exporting import Export, Wanted, export_run
from vicugna.records import Alternative
from vicugna.trainers import TRAINERS
from vicugna.trainers.trainer import DEFAULT_MODEL, Exported, Setup

SINGLE_ONLY = {"stanford-alpaca", "alpaca-lora", "dolly", "self-instruct", "tencentpretrain"}
MODEL_LESS = {"self-instruct"}  # it is trained at OpenAI
FITTING = [
    pytest.param(name, kind, share, id=f"{name} {kind} {share}")
    for name in TRAINERS
    for kind in SETS
    for share in (0.0, 0.3)
    if not (kind == "chats" and name in SINGLE_ONLY)
]
NAMES = [
    "a b",
    'x"; echo #',
    "it's",
    "$(id)",
    "`id`",
    "~",
    "a\\b",
    "{x}",
    "%s",
    "模型/𠮷",
    "k: v",
]
EARLY = "a text that stands in the marks before it too"
BEFORE = "an answer that axolotl's DPO finds before it begins"
FILE = re.compile(r"\S+\.(json|jsonl|yaml|parquet|py)")


def make(name: str, kind: str = "rated", share: float = 0.3, model: str = DEFAULT_MODEL) -> Export:
    run = write_set(kind, Path("outputs/small-1"))
    return export_run(run, Wanted(trainer=name, validation=share, model=model))


def constants_of(script: str) -> list[Any]:
    return [node.value for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Constant)]


def parsed(export: Export) -> dict[str, Any]:
    """Return the configuration files, read: YAML, JSON, the head of a card, a script."""
    found: dict[str, Any] = {}
    for file in export.setup.files:
        text = (export.folder / file).read_text("ascii" if not file.endswith(".md") else "utf-8")
        if file.endswith(".py"):
            found[file] = constants_of(text)
        elif file.endswith(".md"):
            found[file] = yaml.safe_load(text.split("---")[1])
        else:
            found[file] = json.loads(text) if file.endswith(".json") else yaml.safe_load(text)
    return found


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.items() for part in one for text in texts_in(part)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts_in(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(("name", "kind", "share"), FITTING)
def test_every_file_that_is_named_is_there(place, name, kind, share):
    made = make(name, kind, share)

    assert made.setup.commands
    for file, value in parsed(made).items():
        for text in texts_in(value):
            if FILE.fullmatch(text) and not text.startswith("model/"):  # downloaded first
                assert (made.folder / file).parent.joinpath(text).exists() or (
                    made.folder / text
                ).exists(), (file, text)
    there = {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*")}
    for command in made.setup.commands:
        words = shlex.split(command)
        for word in words[1:]:
            value = word.partition("=")[2] or word
            if FILE.fullmatch(value) and not value.startswith(("$CLONE", "trained/")):
                copied = words[0] in ("cp", "sed") and word == words[-1]
                assert copied or value.removeprefix("./") in there, command
        if words[0] in ("cp", "sed"):
            there.add(words[-1])


@pytest.mark.parametrize(("name", "kind", "share"), FITTING)
def test_a_command_is_one_line_without_absolute_paths(place, name, kind, share):
    made = make(name, kind, share)

    for command in made.setup.commands:
        assert command.isascii()
        assert len(command.splitlines()) == 1
        assert not any(word.startswith(("/", "~")) for word in shlex.split(command))
    assert len(TRAINERS[name].note.splitlines()) <= 1
    clones = any("$CLONE" in command for command in made.setup.commands)
    assert clones == TRAINERS[name].note.startswith("CLONE is the folder of a clone of github.com/")
    for text in (text for one in parsed(made).values() for text in texts_in(one)):
        assert not re.match(r"/\w", text)


@pytest.mark.parametrize(("name", "kind", "share"), FITTING)
def test_a_file_has_the_rows_that_are_told(place, name, kind, share):
    made = make(name, kind, share)

    for kind, one in made.written.items():
        data = (made.folder / one.file).read_bytes()
        lines = data.splitlines()
        if data.startswith(b"["):
            rows = len(orjson.loads(data))
        elif data.startswith(b'{"type"'):
            rows = len(orjson.loads(data)["instances"])
        else:
            rows = len(lines)
        assert rows == one.rows, kind


@pytest.mark.parametrize("name", TRAINERS)
def test_without_preferences_nothing_is_said_of_them(place, name):
    made = make(name, "single")

    said = " ".join(made.setup.commands) + " ".join(made.setup.files)
    assert not re.search(r"dpo|reward|kto|train_rm|REWARD", said)


@pytest.mark.parametrize("name", TRAINERS)
def test_an_export_may_be_repeated(place, name):
    first = make(name)
    before = {path.name: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()}
    second = make(name)

    assert second.setup == first.setup
    assert before == {
        path.name: path.read_bytes() for path in second.folder.rglob("*") if path.is_file()
    }


def set_up(name: str, model: str) -> Setup:
    """Return the setup of every layout of a trainer, with a model."""
    trainer = TRAINERS[name]
    layouts = (*trainer.layouts, *trainer.preferences)
    return trainer.setup(Exported("small", {one: f"{one}/data.json" for one in layouts}, model))


def named_in(setup: Setup) -> list[str]:
    """Return the words of the commands, and what stands in the configuration."""
    words = [word for command in setup.commands for word in shlex.split(command)]
    named = [word.partition("=")[2] if word.startswith("--") else word for word in words]
    for file, text in setup.files.items():
        if file.endswith(".yaml"):
            named += texts_in(yaml.safe_load(text))
        elif file.endswith(".py"):
            named += constants_of(text)
    return named


@pytest.mark.parametrize("model", NAMES)
@pytest.mark.parametrize("name", [name for name in TRAINERS if name not in MODEL_LESS])
def test_the_name_of_a_model_stays_in_its_quotes(name, model):
    setup = set_up(name, model)

    assert model in named_in(setup)
    assert all(text.isascii() for text in setup.files.values())


@pytest.mark.parametrize("letter", ["\n", "\r", "\x00", "\u2028", "\x85"])
@pytest.mark.parametrize("name", [name for name in TRAINERS if name not in MODEL_LESS])
def test_no_command_is_broken_by_a_line_end(name, letter):
    """Where the model stands in a file it is escaped; in a command it is refused."""
    model = f"a{letter}b"
    if any("plain" in command for command in set_up(name, "plain").commands):
        with pytest.raises(UserError, match="has a line end in it") as told:
            set_up(name, model)
        assert len(str(told.value).splitlines()) == 1
        return
    setup = set_up(name, model)

    assert all(len(command.splitlines()) == 1 for command in setup.commands)
    assert model in named_in(setup)


@pytest.mark.parametrize(
    ("name", "draft", "says"),
    [
        ("llama-factory", replace(SINGLE, input="{{idx}}"), "{{idx}} in a text"),
        ("llama-factory", replace(SINGLE, output="{{idx}}"), ""),
        ("stanford-alpaca", replace(SINGLE, input="a [PAD] b"), "[PAD] in a text"),
        ("stanford-alpaca", replace(SINGLE, output="a [PAD] b"), ""),
        ("alpaca-lora", replace(SINGLE, output="### Response: a"), "### Response: in a text"),
        ("alpaca-lora", replace(SINGLE, output="### 回答：好"), "### 回答： in a text"),
        ("alpaca-lora", replace(SINGLE, instruction="### Response:"), ""),
        ("dolly", replace(SINGLE, output="a<|endoftext|>"), "<|endoftext|> in a text"),
        ("axolotl", replace(SINGLE, output="user"), ""),
        (
            "axolotl",
            replace(RATED, output="user"),
            BEFORE,
        ),
        (
            "axolotl",
            replace(RATED, alternatives=(Alternative("a"),)),
            BEFORE,
        ),
        ("axolotl", replace(RATED, output=" A penguin."), "blanks around an answer"),
        ("axolotl", RATED, ""),
        (
            "colossalchat",
            replace(SINGLE, output="a"),
            EARLY,
        ),
        (
            "colossalchat",
            replace(CHAT, instruction="user"),
            EARLY,
        ),
        ("colossalchat", CHAT, ""),
    ],
)
def test_what_a_trainer_would_misread_is_refused(name, draft, says):
    trainer = TRAINERS[name]
    refuse = trainer.refuse_pair if draft.alternatives else trainer.refuse
    assert refuse(draft) == says


def test_alpaca_loras_templates_are_asked_and_answered_in_their_language(place):
    found = parsed(make("alpaca-lora", "single"))

    for template in found.values():
        assert set(template) == {
            "description",
            "prompt_input",
            "prompt_no_input",
            "response_split",
        }
        for prompt, given in (("prompt_input", {"input": "B"}), ("prompt_no_input", {})):
            text = template[prompt].format(instruction="A", **given)
            assert text.endswith(f"{template['response_split']}\n")
            assert text.count(template["response_split"]) == 1


def test_a_model_of_another_family_is_told_to_torchtune(place):
    found = parsed(make("torchtune", model="meta-llama/Llama-3.2-1B"))

    assert found["sft.yaml"]["model"]["_component_"] == "???"  # OmegaConf stops at it


def test_the_help_lists_the_trainers():
    text = " ".join((export_command.help or "").split())
    [listed] = re.findall(r"Trainers: ([^.]+)\.", text)

    assert listed.split(", ") == list(TRAINERS)


def test_an_unknown_trainer_is_told_with_those_that_are(place):
    run = write_set("single", Path("outputs/small-1"))

    with pytest.raises(UserError) as told:
        export_run(run, Wanted(trainer="llamafactory"))

    assert str(told.value) == (
        f'trainer "llamafactory": unknown. Trainers are {", ".join(TRAINERS)}.'
    )
