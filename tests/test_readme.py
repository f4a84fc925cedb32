"""Both READMEs say the same commands, and what they name exists."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import filters
from vicugna.__main__ import COMMANDS, cli
from vicugna.layouts import LAYOUTS
from vicugna.settings import recipe_names

ROOT = Path(__file__).parent.parent
READMES = {lang: (ROOT / name).read_text("utf-8") for lang, name in
           [("en", "README.md"), ("zh", "README.zh.md")]}  # fmt: skip


def _commands(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def test_readmes_give_the_same_commands() -> None:
    assert _commands(READMES["zh"]) == _commands(READMES["en"])


def test_first_block_installs_and_runs_and_second_tests() -> None:
    first, second, *_ = _commands(READMES["en"])

    assert first.startswith("python3 -m venv .venv && ")
    assert first.endswith(".venv/bin/vicugna run")
    assert second == ".venv/bin/pytest"
    assert second in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", [*COMMANDS, *filters.NAMES, *recipe_names()])
def test_readme_names_every_command_filter_and_recipe(lang: str, name: str) -> None:
    assert f"`{name}`" in READMES[lang] or f"vicugna {name}" in READMES[lang]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_a_pasteable_example(command: str) -> None:
    done = CliRunner().invoke(cli, [command, "--help"])

    assert done.exit_code == 0
    assert re.search(rf"^  vicugna {command}", done.output, re.MULTILINE)
    assert all(len(line) <= 80 for line in done.output.splitlines())


def test_help_of_export_names_every_format() -> None:
    words = CliRunner().invoke(cli, ["export", "--help"]).output
    written = [name for name, layout in LAYOUTS.items() if layout.write is not None]

    assert [name for name in written if not re.search(rf"\b{name}\b", words)] == []


def test_commands_of_the_readme_parse() -> None:
    """Each `vicugna ...` line names a known command and only options that it has."""
    for line in _commands(READMES["en"]):
        words = line.split()
        if words[0] != "vicugna":
            continue
        helped = [words[1], words[2]] if words[1] == "teacher" else [words[1]]
        known = CliRunner().invoke(cli, [*helped, "--help"]).output

        assert [word for word in words if word.startswith("--") and word not in known] == []
