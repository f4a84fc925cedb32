"""The command line as a whole: help, version, exit codes, one line for every mistake."""

import subprocess
import sys

import click
import pytest

import vicugna as package
from vicugna import __main__ as main_module
from vicugna.__main__ import COMMANDS, cli
from vicugna.errors import Fatal, UserError


def _command(name):
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_purpose_and_examples_that_can_be_pasted(vicugna, name):
    code, out, err = vicugna(name, "--help")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith(f"Usage: vicugna {name}")
    purpose = next(line for line in lines[1:] if line.strip()).strip()
    assert purpose[0].isupper()
    assert len(purpose) <= 100
    assert f"  vicugna {name}" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_in_a_few_words(name):
    command = _command(name)
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    for one in commands:
        for option in one.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts}"
                assert len(option.help.split()) <= 10, f"{name} {option.opts}"


def test_every_example_in_the_help_uses_options_that_exist():
    for name in COMMANDS:
        command = _command(name)
        known = {opt for option in command.params for opt in option.opts}
        if isinstance(command, click.Group):
            known |= {
                opt for sub in command.commands.values() for one in sub.params for opt in one.opts
            }
        for line in (command.help or "").splitlines():
            if line.strip().startswith(f"vicugna {name}"):
                used = {word for word in line.split() if word.startswith("--")}
                assert used <= known, line


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_lists_every_command(vicugna, option):
    code, out, err = vicugna(option)

    assert (code, err) == (0, "")
    assert all(f"  {name} " in out for name in COMMANDS)


def test_the_version(vicugna):
    assert vicugna("--version") == (0, f"{package.__version__}\n", "")


def test_without_a_command_the_help_is_shown(vicugna):
    code, out, err = vicugna()

    assert (code, err) == (2, "")
    assert out.startswith("Usage: vicugna")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["grow"], "No such command 'grow'. See vicugna --help.", id="command"),
        pytest.param(["run", "--colour"], "See vicugna run --help.", id="option"),
        pytest.param(["--colour"], "See vicugna --help.", id="option before a command"),
    ],
)
def test_what_does_not_exist_is_one_line_with_where_to_look(vicugna, words, says):
    code, out, err = vicugna(*words)

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: ")
    assert err.endswith(f"{says}\n")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("raised", "code", "line"),
    [
        pytest.param(
            UserError("a.json:3: half\na line.\n  Mend it."),
            2,
            "vicugna: a.json:3: half a line. Mend it.",
            id="a mistake of the user, always one line",
        ),
        pytest.param(
            Fatal("The key is wrong.", cause="bad_key"),
            2,
            "vicugna: The key is wrong.",
            id="a teacher that cannot answer",
        ),
        pytest.param(
            KeyboardInterrupt(),
            130,
            "vicugna: stopped. Every paid answer is kept: the same command goes on.",
            id="Ctrl-C",
        ),
    ],
)
def test_how_an_error_ends(vicugna, monkeypatch, raised, code, line):
    @click.command()
    def run():
        raise raised

    monkeypatch.setattr(main_module.cli, "get_command", lambda ctx, name: run)
    ended, out, err = vicugna("run")

    assert (ended, out) == (code, "")
    assert err.strip() == line


def test_a_bug_keeps_its_traceback(vicugna, monkeypatch):
    @click.command()
    def run():
        raise ZeroDivisionError

    monkeypatch.setattr(main_module.cli, "get_command", lambda ctx, name: run)
    monkeypatch.setattr(sys, "argv", ["vicugna", "run"])
    with pytest.raises(ZeroDivisionError):
        main_module.main()


@pytest.mark.parametrize("returned", [0, 2, 3])
def test_what_a_command_returns_is_the_exit_code(vicugna, monkeypatch, returned):
    @click.command()
    def run():
        return returned

    monkeypatch.setattr(main_module.cli, "get_command", lambda ctx, name: run)

    assert vicugna("run") == (returned, "", "")


SLOW = "prefect", "datasets", "openai", "aiohttp", "pandas", "pyarrow", "sqlalchemy", "pydantic"


def test_help_and_version_import_nothing_slow():
    """Start-up time is paid by every run."""
    code = (
        "import sys\nfrom vicugna.__main__ import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        f"print([name for name in {SLOW!r} if name in sys.modules])"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert ended.stdout.splitlines()[-1] == "[]"


def test_a_direct_run_imports_neither_prefect_nor_a_client(place):
    code = (
        "import sys\nfrom vicugna.__main__ import main\n"
        "sys.argv = ['vicugna', 'run', '--direct', '--quiet', '--target', '4']\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert ended.code == 0, ended.code\n"
        "print([name for name in ('prefect', 'openai', 'aiohttp') if name in sys.modules])"
    )

    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert ended.stdout.splitlines()[-1] == "[]"
