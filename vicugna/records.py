"""Every record that crosses a stage, and nothing else.

    seed -> prompt -> request -> reply -> draft -> verdict -> task

A record is a frozen dataclass of JSON-able values. Languages are BCP-47 codes.
"""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import orjson

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = get_args(Lang)

Scope = Literal["instruction", "instruction+input", "output", "conversation"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

TaskType = Literal[
    "brainstorming",
    "classification",
    "closed_qa",
    "coding",
    "dialogue",
    "extraction",
    "formatting",
    "math",
    "open_qa",
    "planning",
    "reasoning",
    "rewriting",
    "summarization",
    "translation",
    "writing",
]
TASK_TYPES: tuple[TaskType, ...] = get_args(TaskType)

# A language and a type of task, "" where any will do: what a recipe wants so many tasks of.
Stratum = tuple[Lang, str]

Topic = Literal[
    "arts",
    "daily_life",
    "education",
    "food",
    "geography",
    "health",
    "history",
    "language",
    "law",
    "literature",
    "money",
    "nature",
    "relationships",
    "science",
    "sports",
    "technology",
    "travel",
    "work",
]
TOPICS: tuple[Topic, ...] = get_args(Topic)


@dataclass(frozen=True, slots=True)
class SeedTask:
    """A hand-written task. `input` is "" when the instruction needs none."""

    id: str
    lang: Lang
    type: TaskType
    topic: Topic
    is_classification: bool
    instruction: str
    input: str
    output: str
    licence: str


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn, as every OpenAI-compatible endpoint reads it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the teacher samples. `max_tokens` bounds the answer, not the prompt.

    `thinking` switches reasoning on or off, None is as the model does by itself. `extra` is a JSON
    object of further parameters, with sorted keys; "" is none.
    """

    temperature: float
    top_p: float
    max_tokens: int
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    thinking: bool | None = None
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the teacher.

    `sample` tells apart two answers wanted to the same question. `prompt` (name and hash),
    `shown` (ids of the tasks in it), `about` (id of the draft it is about, or "") and `teacher`
    (the one it is for, or "") say where the question came from and where it goes; they are not
    sent, so they are not part of the key. `static` counts the characters that the last message
    begins with whatever is asked, so that a provider can be told to keep them. `type` is the one
    type of task that is asked for, "" for any.
    """

    purpose: str
    lang: Lang
    model: str
    messages: tuple[Message, ...]
    sampling: Sampling
    prompt: str
    shown: tuple[str, ...] = ()
    about: str = ""
    sample: int = 0
    teacher: str = ""
    static: int = 0
    type: str = ""
    _key: str = field(default="", init=False, repr=False, compare=False)  # orjson leaves it out

    @property
    def key(self) -> str:
        """SHA-256 (hex) of what is sent: model, messages, sampling, sample number."""
        if not self._key:  # asked for at every step of a request, and a prompt may be long
            sent = (self.model, self.messages, _sampling_sent(self.sampling), self.sample)
            object.__setattr__(self, "_key", hashlib.sha256(orjson.dumps(sent)).hexdigest())
        return self._key


@dataclass(frozen=True, slots=True)
class Bound:
    """The most a request can use. `nusd` is in 1e-9 USD; None means the price is unknown."""

    nusd: int | None
    tokens: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One paid answer, as it came. Tokens are as the server counted them.

    `price_nusd` is in billionths of a US dollar (1e-9 USD); None means unknown, never free.
    `finish_reason` is the server's word: "stop", "length", "content_filter" or another.
    `reasoning` is what a model said that it thought, where its server keeps that apart from `text`.
    """

    key: str
    teacher: str
    model: str
    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    price_nusd: int | None
    seconds: float
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked and what the answer cost, of one reply that a run consumed.

    A line of the run's invoice. `request` is the request's key; the other fields are those of the
    request and of the reply. No time is in it: the same answers give the same lines.
    """

    request: str
    purpose: str
    lang: Lang
    prompt: str
    about: str
    sample: int
    teacher: str
    model: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    price_nusd: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a draft came from: a reply of a teacher, or a row of a file.

    From a teacher, `request` is the request's key and `position` counts pieces in the reply
    from 0. From a file, `file` is its name and `position` the row, counted from 1.
    """

    request: str = ""
    file: str = ""
    position: int = 0
    teacher: str = ""
    model: str = ""
    prompt: str = ""
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """A further question of a conversation, and its answer.

    `reasoning` is what was thought before the answer, "" when it is not known.
    """

    question: str
    answer: str
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another answer to the last question of a draft, and a worse one than its own.

    `score` is on the scale of the draft's, None when nobody gave one.
    """

    answer: str
    reasoning: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One task or conversation as parsed, not yet judged.

    `instruction`, `input` and `output` are the first question and its answer, `rounds` what comes
    after, `system` the system turn before it. `reasoning` is what was thought before `output`.
    With `alternatives` it is a preference: its last answer was chosen, they were rejected; `score`
    is that of the last answer. What is not known is "", () or None.

    `group` is shared by the instances of one instruction. `check` is the answer a program can
    compare with ("" when there is none): only the offline teacher gives one.
    """

    id: str
    lang: Lang
    instruction: str
    input: str
    output: str
    source: Source
    group: str = ""
    is_classification: bool | None = None
    check: str = ""
    system: str = ""
    reasoning: str = ""
    rounds: tuple[Round, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    score: float | None = None
    type: str = ""
    topic: str = ""
    licence: str = ""

    @property
    def answer(self) -> str:
        """The last answer: the one that `alternatives` are compared with."""
        return self.rounds[-1].answer if self.rounds else self.output


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one filter says of one draft. `kept=True` means keep, everywhere.

    `measure` was compared with `limit`; `near` is the id of the nearest neighbour; `detail` is
    the word, phrase or run that decided.
    """

    filter: str
    kept: bool
    measure: float | None = None
    limit: float | None = None
    near: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A draft that every filter kept, with their verdicts."""

    draft: Draft
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A piece of a reply (or a row of a file) that did not become a task, and why.

    `draft` is None when the piece could not be read as a task; then `text` is the piece.
    """

    id: str
    lang: Lang
    verdict: Verdict
    source: Source
    draft: Draft | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that a release has and the one before had not, or the other way round.

    `why` is empty for what was added; for what was withdrawn it is the filter, or words of a user.
    """

    change: Literal["added", "withdrawn"]
    id: str
    lang: Lang
    why: str = ""


def _sampling_sent(sampling: Sampling) -> dict[str, Any]:
    """Return what is hashed of it. What came later is left out where it is not used.

    So answers keep the keys that they were paid for under.
    """
    sent = {name: getattr(sampling, name) for name in Sampling.__slots__}
    if sampling.thinking is None:
        del sent["thinking"]
    if not sampling.extra:
        del sent["extra"]
    return sent


def to_json(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any record of this module
    """Return a record as plain dicts and lists, ready for JSON."""
    plain: dict[str, Any] = asdict(record)
    return {name: value for name, value in plain.items() if not name.startswith("_")}
