"""Prompt files: a static system part, and a user part with named places to fill.

A prompt file `prompts/<purpose>.<lang>.md` has two headings, `# system` and `# user`. The system
part is sent byte for byte the same every time, so that a teacher's prompt cache can hit. The user
part has `{{places}}`; they are filled in one pass, so text that is put in is never read as a
template. Tasks are put in as lines of JSON, so their text cannot break out of its line.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from vicugna.content import PROMPTS
from vicugna.errors import UserError
from vicugna.jsonl import read_text
from vicugna.records import Lang, Message

Purpose = Literal[
    "new_tasks", "new_instructions", "is_classification", "input_first", "output_first"
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
PLACES: dict[Purpose, frozenset[str]] = {
    "new_tasks": frozenset({"shown", "count"}),
    "new_instructions": frozenset({"shown", "count"}),
    "is_classification": frozenset({"shown"}),
    "input_first": frozenset({"shown", "count"}),
    "output_first": frozenset({"shown", "count"}),
}
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_FILE = re.compile(r"\A# system\n+(?P<system>.+?)\n+# user\n+(?P<user>.+?)\n*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt file as read. `name` is purpose, language and the first 8 hex of its SHA-256."""

    name: str
    system: str
    user: str

    def fill(self, values: Mapping[str, str]) -> tuple[Message, Message]:
        """Return the two messages to send, the places of the user part filled with `values`."""
        user = _PLACE.sub(lambda place: values[place[1]], self.user)
        return Message("system", self.system), Message("user", user)


def load_prompt(purpose: Purpose, lang: Lang, folder: Path = PROMPTS) -> Prompt:
    """Read and check one prompt file.

    Raises:
        UserError: a heading is missing, or the places are not those the purpose fills.
    """
    path = folder / f"{purpose}.{lang}.md"
    text = read_text(path).replace("\r\n", "\n")
    parts = _FILE.match(text)
    if parts is None:
        raise UserError(f'{path}:1: expected a "# system" part, then a "# user" part.')
    places = frozenset[str](_PLACE.findall(parts["user"]))
    if places != PLACES[purpose] or _PLACE.search(parts["system"]):
        wanted = ", ".join("{{" + place + "}}" for place in sorted(PLACES[purpose]))
        raise UserError(f"{path}: the user part must have exactly {wanted}; the system part none.")
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Prompt(f"{purpose}.{lang}@{digest}", parts["system"], parts["user"])


def json_line(**fields: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return one task as a line of JSON, to be shown in a prompt."""
    return orjson.dumps(fields).decode()
