"""Prompt files: a static system part, and a user part with named places to fill.

A prompt file `prompts/<purpose>.<lang>.md` has two headings, `# system` and `# user`. The system
part is sent byte for byte the same every time, so that a teacher's prompt cache can hit. The user
part has `{{places}}`; they are filled in one pass, so text that is put in is never read as a
template. Tasks are put in as lines of JSON, so their text cannot break out of its line.

Where a recipe has types, new tasks are asked for one type at a time, by a prompt of its own. What
each type is, is said in `prompts/task_types.<lang>.yaml`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import orjson
import yaml

from vicugna.content import PROMPTS
from vicugna.errors import UserError
from vicugna.jsonl import read_text
from vicugna.records import TASK_TYPES, Lang, Message

Purpose = Literal[
    "new_tasks", "new_instructions", "is_classification", "input_first", "output_first"
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PromptName = Purpose | Literal["new_tasks_of_type", "new_instructions_of_type"]
PLACES: dict[PromptName, frozenset[str]] = {
    "new_tasks": frozenset({"shown", "count"}),
    "new_tasks_of_type": frozenset({"type", "shown", "count"}),
    "new_instructions": frozenset({"shown", "count"}),
    "new_instructions_of_type": frozenset({"type", "shown", "count"}),
    "is_classification": frozenset({"shown"}),
    "input_first": frozenset({"shown", "count"}),
    "output_first": frozenset({"shown", "count"}),
}
_OF_TYPE: dict[Purpose, PromptName] = {
    "new_tasks": "new_tasks_of_type",
    "new_instructions": "new_instructions_of_type",
}
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_FILE = re.compile(r"\A# system\n+(?P<system>.+?)\n+# user\n+(?P<user>.+?)\n*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file as read. `name` is that of the file and the first 8 hex of its SHA-256."""

    name: str
    system: str
    user: str

    def fill(self, values: Mapping[str, str]) -> tuple[Message, Message]:
        """Return the two messages to send, the places of the user part filled with `values`."""
        user = _PLACE.sub(lambda place: values[place[1]], self.user)
        return Message("system", self.system), Message("user", user)


def prompt_of(purpose: Purpose, *, typed: bool) -> PromptName:
    """Return the prompt that has a purpose, where tasks of one type are asked for, or of any."""
    return _OF_TYPE.get(purpose, purpose) if typed else purpose


def load_prompt(name: PromptName, lang: Lang, folder: Path = PROMPTS) -> Prompt:
    """Read and check one prompt file.

    Raises:
        UserError: a heading is missing, or the places are not those that are filled.
    """
    path = folder / f"{name}.{lang}.md"
    text = read_text(path).replace("\r\n", "\n")
    parts = _FILE.match(text)
    if parts is None:
        raise UserError(f'{path}:1: expected a "# system" part, then a "# user" part.')
    places = frozenset[str](_PLACE.findall(parts["user"]))
    if places != PLACES[name] or _PLACE.search(parts["system"]):
        wanted = ", ".join("{{" + place + "}}" for place in sorted(PLACES[name]))
        raise UserError(f"{path}: the user part must have exactly {wanted}; the system part none.")
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Prompt(f"{name}.{lang}@{digest}", parts["system"], parts["user"])


def load_types(lang: Lang, folder: Path = PROMPTS) -> dict[str, str]:
    """Return what a prompt says of each type of task: "math: ...", in a language.

    Raises:
        UserError: it is no YAML, or a type is missing, unknown or has no words.
    """
    path = types_path(lang, folder)
    try:
        found = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML.") from error
    known = cast("dict[Any, Any]", found) if isinstance(found, dict) else {}
    wrong = [type for type in TASK_TYPES if not isinstance(known.get(type), str)]
    if wrong := wrong + sorted(map(str, known.keys() - set(TASK_TYPES))):
        raise UserError(f"{path}: {wrong[0]}: expected a line of words for each type of task.")
    return {type: f"{type}: {known[type]}" for type in TASK_TYPES}


def types_path(lang: Lang, folder: Path = PROMPTS) -> Path:
    """Return the file that says what each type of task is."""
    return folder / f"task_types.{lang}.yaml"


def json_line(**fields: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return one task as a line of JSON, to be shown in a prompt."""
    return orjson.dumps(fields).decode()
