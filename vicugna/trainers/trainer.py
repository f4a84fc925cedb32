"""What a trainer needs beside the rows: its configuration, and the command that trains."""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from vicugna.errors import UserError
from vicugna.records import Draft, Lang

DEFAULT_MODEL = (
    "Qwen/Qwen2.5-0.5B-Instruct"  # small, speaks both languages, and every trainer knows it
)
LLAMA = "huggyllama/llama-7b"  # what trainers of 2023 were written for, in the hub's layout


class Exported(NamedTuple):
    """What was written: the file of each layout, by its name, and the model that is to be trained.

    Validation rows are under "<layout>_validation". Files lie below one folder, which commands
    run in. `lang` is the language of most tasks.
    """

    name: str
    files: Mapping[str, str]
    model: str
    lang: Lang = "en"

    def validation(self, layout: str) -> str | None:
        """Return the file of a layout's validation rows, None when there are none."""
        return self.files.get(f"{layout}_validation")

    def folder(self, layout: str) -> str | None:
        """Return the folder of a layout that has one to itself, None when it was not written."""
        file = self.files.get(layout)
        return str(PurePosixPath(file).parent) if file else None

    def choose_model(self, own: str) -> str:
        """Return the model that was asked for, or a trainer's own where it knows not every one."""
        return own if self.model == DEFAULT_MODEL else self.model


class Setup(NamedTuple):
    """Files that the user would otherwise write by hand, and the commands that train on them."""

    files: Mapping[str, str]
    commands: tuple[str, ...]


def refuse_nothing(_: Draft) -> str:
    """Return "": a trainer that reads its layouts rightly, whatever is in them."""
    return ""


@dataclass(frozen=True, slots=True)
class Trainer:
    """A trainer: what it reads, and how it is told to.

    `layouts` are written of every set, `preferences` when a task has a rejected answer. `setup`
    returns configuration and commands for the files that are there. `refuse` says why this trainer
    would misread a task that the layout itself can hold, "" when it would not; `refuse_pair` says
    it of the files of `preferences` alone. `note` is what a user has to know, one line, "" for
    nothing.
    """

    layouts: tuple[str, ...]
    setup: Callable[[Exported], Setup]
    preferences: tuple[str, ...] = ()
    refuse: Callable[[Draft], str] = refuse_nothing
    refuse_pair: Callable[[Draft], str] = refuse_nothing
    note: str = ""


class Shell(str):
    """A word of a command that the shell is to read, so it is not quoted."""

    __slots__ = ()


Option = str | int | float | None


def in_clone(path: str) -> Shell:
    """Return the path of a file in the trainer's repository: the user sets CLONE, see `note`."""
    return Shell(f'"$CLONE/{path}"')


def clone_note(repository: str, more: str = "") -> str:
    """Return the note of a trainer that is no package but a repository."""
    return f"CLONE is the folder of a clone of github.com/{repository}. {more}".rstrip()


def build_command(program: str, options: Mapping[str, Option]) -> str:
    """Return a command of one line, with every value quoted for the shell.

    An option of None is left away, one of True stands without a value, and one whose name ends
    with "=" holds its value in the same word.

    >>> build_command("train", {"--model": "my model", "--bf16": True, "--eval": None, "--lr=": 1})
    "train --model 'my model' --bf16 --lr=1"
    """
    words = [program]
    for name, value in options.items():
        if value is None:
            continue
        if name.endswith("="):
            words.append(name + quote(value))
        else:
            words += [name] if value is True else [name, quote(value)]
    return " ".join(words)


def quote(value: Option) -> str:
    """Return a word of a command, quoted for the shell where it has to be.

    Raises:
        UserError: it has a line end in it, so the command would not be one line.
    """
    if isinstance(value, Shell):
        return value
    text = str(value)
    if any(letter in text for letter in "\x85\u2028\u2029") or min(text, default=" ") < " ":
        raise UserError(f"{text!r}: has a line end in it. Give the name of a model, or its folder.")
    return shlex.quote(text)


def to_scalar(text: str) -> str:
    r"""Return text as a YAML scalar, in quotes and in ASCII.

    JSON would do but for what is beyond the plane: YAML does not join surrogate pairs.

    >>> print(to_scalar('a "b": 𠮷'))
    "a \"b\": \U00020bb7"
    """
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", r"\x7f")
    return quoted.encode("ascii", "backslashreplace").decode("ascii")


def to_json(value: Mapping[str, object]) -> str:
    """Return a JSON file, in ASCII: most trainers open it without an encoding."""
    return json.dumps(value, indent=2) + "\n"


def join_lines(*lines: str | None) -> str:
    """Return the lines of a file, those that are None left away."""
    return "".join(f"{line}\n" for line in lines if line is not None)
