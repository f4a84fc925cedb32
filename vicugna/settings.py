"""A recipe: everything that decides what a run makes, as one YAML file.

Unknown keys are errors. What is here decides the bytes of the result, except what only decides how
fast and by which way answers come (`teacher_settings.SPEED`).
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import orjson
import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from vicugna.apportioning import apportion
from vicugna.content import RECIPES
from vicugna.errors import UserError
from vicugna.jsonl import read_text
from vicugna.records import LANGS, Lang, Sampling, Scope, Stratum, TaskType
from vicugna.teacher_settings import (
    NOT_AN_ADDRESS,
    NOT_THE_NAME_OF_A_KEY,
    Role,
    Settings,
    TeacherSettings,
)
from vicugna.templates import Purpose

Share = Annotated[float, Field(gt=0, le=1)]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weights = Annotated[dict[TaskType, Weight], Field(min_length=1)]


class SamplingSettings(Settings):
    """How the teacher samples for one purpose."""

    temperature: float = Field(1.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(3072, ge=16, description="longest answer, in the teacher's tokens")
    presence_penalty: float = Field(0.0, ge=-2, le=2)
    frequency_penalty: float = Field(0.0, ge=-2, le=2)

    def to_record(self) -> Sampling:
        """Return the record that goes into a request."""
        return Sampling(**self.model_dump())


class Saturation(Settings):
    """Stop when too little of what comes back is new."""

    window: int = Field(400, ge=20, description="pieces of one language to look back over")
    min_accepted: float = Field(0.05, ge=0, le=1, description="lowest share of them kept")


class Budget(Settings):
    """The most a run, or a month, may use; reserved before sending. None: no cap."""

    usd: float | None = Field(None, gt=0, description="US dollars")
    tokens: int | None = Field(None, gt=0, description="prompt and answer tokens together")
    requests: int | None = Field(None, gt=0, description="requests paid for")


class Recipe(Settings):
    """One run: what to ask, of whom, how much to keep, and when to stop."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$", description="name of the output folder")
    method: Literal["alpaca", "self-instruct"] = Field(description="how tasks are asked for")
    seed: int = Field(1, ge=0, description="seed of every draw")
    target: int = Field(ge=1, description="tasks to keep, all languages together")
    languages: dict[Lang, Share] = Field(description="share of each language; they add up to 1")
    types: dict[Lang, Weights] = Field(
        default_factory=dict[Lang, Weights],
        description="weight of each type of task, for all languages or by language; default any",
    )
    teacher: TeacherSettings = Field(default_factory=lambda: TeacherSettings.model_validate({}))
    teachers: dict[Role, tuple[TeacherSettings, ...]] = Field(
        default_factory=dict[Role, tuple[TeacherSettings, ...]],
        description="who has a role, where that is not `teacher`: one, or several by weight",
    )
    seeds_shown: int = Field(ge=1, description="seed tasks in a prompt")
    machine_shown: int = Field(0, ge=0, description="kept tasks in a prompt")
    tasks_per_request: int = Field(ge=1, le=50, description="new tasks asked for in a prompt")
    instances_per_task: int = Field(5, ge=1, le=20, description="self-instruct: most kept of one")
    sampling: dict[str, SamplingSettings] = Field(description="by purpose")
    lookahead: int | None = Field(
        None, ge=1, le=50_000, description="requests composed before a reply counts"
    )
    max_f1: float = Field(
        0.7, gt=0, le=1, description="highest ROUGE-L F1 to any seed task or kept task"
    )
    scope: Scope = Field(
        "instruction",
        description="what of a task is compared for duplicates; conversation: all of it",
    )
    against: tuple[str, ...] = Field(
        (), description="earlier sets to compare with: folders of runs, or files"
    )
    filters: tuple[str, ...] | None = Field(None, description="names, default the whole chain")
    formats: tuple[str, ...] = Field(("alpaca", "sharegpt", "messages", "parquet"))
    shards: int = Field(
        1, ge=1, le=256, description="parts grown side by side, then gated together"
    )
    saturation: Saturation = Field(default_factory=lambda: Saturation.model_validate({}))
    budget: Budget = Field(default_factory=lambda: Budget.model_validate({}))
    month_budget: Budget = Field(
        default_factory=lambda: Budget.model_validate({}),
        description="the most all runs on the ledger may use in a calendar month (UTC)",
    )

    @field_validator("types", mode="before")
    @classmethod
    def _give_types_to_all(cls, types: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - YAML
        """Return weights by language; those given once are those of every language."""
        if not isinstance(types, dict) or not types or types.keys() & set(LANGS):
            return cast("Any", types)
        return dict.fromkeys(info.data.get("languages", ()), cast("Any", types))

    @field_validator("teachers", mode="before")
    @classmethod
    def _list_teachers(cls, teachers: Any) -> Any:  # noqa: ANN401 - YAML
        if not isinstance(teachers, dict):
            return teachers
        roles = cast("dict[Any, Any]", teachers)
        return {role: _list(one) for role, one in roles.items()}

    @field_validator("teachers")
    @classmethod
    def _check_weights(
        cls, teachers: dict[Role, tuple[TeacherSettings, ...]]
    ) -> dict[Role, tuple[TeacherSettings, ...]]:
        for role, several in teachers.items():
            if not several:
                raise ValueError(f"{role}: expected a teacher, or a list of teachers")
            if len({one.weight is None for one in several}) > 1:
                raise ValueError(f"{role}: give every teacher a weight, or none of them")
        return teachers

    @model_validator(mode="after")
    def _check(self) -> "Recipe":
        total = sum(self.languages.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"languages: shares add up to {total:g}, expected 1")
        if self.types and (odd := sorted(self.types.keys() ^ self.languages.keys())):
            raise ValueError(f"types: {odd[0]} must be in both languages and types, or in neither")
        needed = PURPOSES_OF[self.method]
        if missing := [purpose for purpose in needed if purpose not in self.sampling]:
            raise ValueError(f"sampling: {missing[0]} is missing (method {self.method} asks it)")
        if unknown := [purpose for purpose in self.sampling if purpose not in needed]:
            raise ValueError(f"sampling: {unknown[0]} is not asked by method {self.method}")
        return self

    @property
    def targets(self) -> dict[Lang, int]:
        """Tasks to keep per language: shares of the target, the remainder to the first ones."""
        targets: dict[Lang, int] = {
            lang: int(self.target * share + 1e-9) for lang, share in self.languages.items()
        }
        for lang in list(targets)[: self.target - sum(targets.values())]:
            targets[lang] += 1
        return targets

    @property
    def strata(self) -> dict[Stratum, int]:
        """Tasks to keep per language and type; the type is "" where any will do."""
        return {
            (lang, type): wanted
            for lang, count in self.targets.items()
            for type, wanted in apportion(count, self.weights_of(lang)).items()
        }

    def weights_of(self, lang: Lang) -> Mapping[str, float]:
        """Return the weight of each type in a language; all of it is of "" where any will do."""
        weights: dict[str, float] = {**self.types.get(lang, {})}
        return weights or {"": 1.0}

    @property
    def window(self) -> int:
        """How many requests are composed before a reply counts: `lookahead`, or one that fits.

        A quarter of the requests that the target is expected to take, from 64 to 4,096: so many
        that one slow answer does not keep the others waiting, and so few that prompts show tasks
        of the run's own. It is a matter of the recipe alone, because it decides what prompts show.
        """
        if self.lookahead is not None:
            return self.lookahead
        chains = self.target / self.shards / (self.tasks_per_request * EXPECTED_YIELD)
        follow = 1 + 2 * self.tasks_per_request if self.method == "self-instruct" else 1
        return min(max(int(chains * follow / 4), 64), 4096)

    @property
    def chains_ahead(self) -> int:
        """How many chains of a language are begun before the first of them must have been read.

        As many as fill the window with the questions that follow from them.
        """
        follow = self.tasks_per_request if self.method == "self-instruct" else 1
        return -(-self.window // follow)

    def teachers_of(self, role: Role) -> tuple[TeacherSettings, ...]:
        """Return who has a role, in their order."""
        return self.teachers.get(role, (self.teacher,))

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that the method has questions for."""
        return tuple(dict.fromkeys(ROLE_OF[purpose] for purpose in PURPOSES_OF[self.method]))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what decides the result, but for the budget.

        That decides only how far a run gets: with a higher one it goes on, in the same folder.
        """
        return self._hash_without("budget")

    def decisive(self) -> dict[str, Any]:
        """Return, as JSON, what decides the result: all but what only decides the speed."""
        free = {"teacher", "teachers", "month_budget"}
        if not self.types:  # what came later is left out where it is not used: digests stay
            free.add("types")
        decisive = self.model_dump(mode="json", exclude=free)
        if self.teachers:
            decisive["teachers"] = {
                role: [one.decisive() for one in several] for role, several in self.teachers.items()
            }
        return decisive | {"teacher": self.teacher.decisive(), "lookahead": self.window}

    @property
    def account(self) -> str:
        """The name (16 hex) under which the ledger adds up what a run has paid.

        Neither the budget nor the layouts are part of it: a run that goes on has paid what it paid.
        """
        return self._hash_without("budget", "formats")[:16]

    def _hash_without(self, *names: str) -> str:
        left = {name: value for name, value in self.decisive().items() if name not in names}
        return hashlib.sha256(orjson.dumps(left, option=orjson.OPT_SORT_KEYS)).hexdigest()


PURPOSES_OF: dict[str, tuple[Purpose, ...]] = {
    "alpaca": ("new_tasks",),
    "self-instruct": ("new_instructions", "is_classification", "input_first", "output_first"),
}
ROLE_OF: dict[str, Role] = {
    "new_tasks": "task_writer",
    "new_instructions": "task_writer",
    "is_classification": "answerer",
    "input_first": "answerer",
    "output_first": "answerer",
}
EXPECTED_YIELD = 0.8  # share of the tasks asked for that are expected before any reply is seen


def load_recipe(name: str, overrides: dict[str, Any] | None = None) -> Recipe:
    """Read a recipe by name (a file of `recipes/`) or by path, with `overrides` on top.

    Override keys are dotted: {"target": 40, "teacher.model": "qwen-plus"}; None is no override.

    Raises:
        UserError: no such recipe, not YAML, an unknown key or an impossible value.
    """
    path = _find(name)
    try:
        found = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UserError(
            f"{path}{line}: not valid YAML: {getattr(error, 'problem', error)}."
        ) from error
    except ValueError as error:  # a date that is none
        raise UserError(f"{path}: not valid YAML: {error}.") from error
    if not isinstance(found, dict):
        raise UserError(f"{path}:1: expected settings (key: value), got {found!r:.40}.")
    settings = cast(dict[str, Any], found)
    for dotted, value in (overrides or {}).items():
        if value is not None:
            _set(settings, dotted, value, path)
    try:
        return Recipe.model_validate(settings)
    except ValidationError as error:
        raise UserError(f"{path}: {_first_problem(error)}") from error


def recipe_names() -> list[str]:
    """Return the names of the recipes that ship."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def _find(name: str) -> Path:
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    path = RECIPES / f"{name}.yaml"
    if "/" in name or "\\" in name or not _exists(path):
        known = ", ".join(recipe_names())
        raise UserError(f'recipe "{name}": not found. Give one of {known}, or a path to a .yaml.')
    return path


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def _set(settings: dict[str, Any], dotted: str, value: Any, path: Path) -> None:  # noqa: ANN401 - YAML value
    *parents, last = dotted.split(".")
    for parent in parents:
        inner: object = settings.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise UserError(f"{path}: {parent}: expected settings (key: value), got {inner!r:.40}.")
        settings = cast(dict[str, Any], inner)
    settings[last] = value


def _list(value: Any) -> Any:  # noqa: ANN401 - YAML value
    return [value] if isinstance(value, dict) else value


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"] if part != "[key]")
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        known = ", ".join(Recipe.model_fields) if len(problem["loc"]) == 1 else "see the README"
        return f'unknown key "{place}". Known: {known}.'
    silent = problem["type"] == "missing" or message in (NOT_AN_ADDRESS, NOT_THE_NAME_OF_A_KEY)
    given = "" if silent else f", got {problem['input']!r:.60}"
    return f"{place}: {message}{given}." if place else f"{message}."
