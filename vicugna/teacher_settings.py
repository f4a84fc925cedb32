"""Who is asked: the part of a recipe that names teachers.

What decides the bytes of an answer (model, thinking, further parameters) belongs to the recipe;
how fast and by which way it comes (`SPEED`) does not.
"""

import re
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from vicugna.providers import load_providers

ADDRESS = re.compile(r"https?://[^@?#\s/][^@?#\s]*")
NOT_AN_ADDRESS = (  # which is not repeated: it may hold a password
    "expected an address such as https://api.openai.com/v1, without user name, key, query or "
    "fragment"
)
NOT_THE_NAME_OF_A_KEY = (  # nor is this: somebody may have put the key itself here
    "expected the name of an environment variable, such as DEEPSEEK_API_KEY, not the key itself"
)
Role = Literal["task_writer", "answerer"]
SPEED = frozenset({"concurrency", "rpm", "tpm", "timeout_seconds", "mode", "hours", "key_env"})
_SAID_ELSEWHERE = frozenset(
    {"model", "messages", "temperature", "top_p", "max_tokens", "max_completion_tokens"}
    | {"presence_penalty", "frequency_penalty", "seed", "n", "stream"}
)
_ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9_]{0,80}")


class Settings(BaseModel):
    """What is read from a recipe: unknown keys are errors, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TeacherPrice(Settings):
    """What the teacher costs, in US dollars per million tokens, where the price file is silent."""

    input: float = Field(ge=0, description="USD per million prompt tokens")
    output: float = Field(ge=0, description="USD per million answer tokens")
    cached_input: float | None = Field(
        None, ge=0, description="USD per million prompt tokens read from cache; default input"
    )


class TeacherSettings(Settings):
    """Who answers. Without a name: `openai` when OPENAI_API_KEY is set, else `offline`."""

    name: str | None = Field(
        None, description="provider: offline (no key), openai (any endpoint), or see docs/teachers"
    )
    model: str | None = Field(None, min_length=1, description="model name as the endpoint knows it")
    base_url: str | None = Field(
        None,
        description="endpoint without key or user name; default the provider's, or OPENAI_BASE_URL",
    )
    query: dict[str, str] = Field(
        default_factory=dict, description="query of the address, such as api-version"
    )
    key_env: str | None = Field(
        None, description="environment variable that holds the key; default the provider's"
    )
    weight: float | None = Field(
        None, gt=0, description="share of the questions, beside the other teachers of a role"
    )
    thinking: bool | None = Field(
        None, description="reasoning on or off; default as the model does by itself"
    )
    extra_body: dict[str, Any] = Field(
        default_factory=dict, description="further parameters of the body, sent as they are"
    )
    mode: Literal["live", "batch"] = Field(
        "live", description="live answers, or the provider's Batch API at a lower price"
    )
    concurrency: int | None = Field(
        None, ge=1, le=4096, description="requests in flight at once; default: found out"
    )
    rpm: float | None = Field(None, gt=0, description="requests a minute; default: from headers")
    tpm: float | None = Field(None, gt=0, description="tokens a minute; default: from headers")
    hours: str | None = Field(
        None,
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description="hours (UTC) in which it is asked, as 16:30-00:30; default all day",
    )
    timeout_seconds: float = Field(180, gt=0, description="longest time one answer may take")
    price: TeacherPrice | None = None

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str | None) -> str | None:
        if name is not None and name not in load_providers():
            raise ValueError(f"expected one of {', '.join(load_providers())}")
        return name

    @field_validator("base_url")
    @classmethod
    def _check_address(cls, address: str | None) -> str | None:
        if address is not None and not (ADDRESS.fullmatch(address) and address.isprintable()):
            raise ValueError(NOT_AN_ADDRESS)
        return address

    @field_validator("key_env")
    @classmethod
    def _check_key_env(cls, name: str | None) -> str | None:
        if name is not None and not _ENVIRONMENT.fullmatch(name):
            raise ValueError(NOT_THE_NAME_OF_A_KEY)
        return name

    @field_validator("model")
    @classmethod
    def _check_model(cls, model: str | None) -> str | None:
        if model is not None and not model.isprintable():
            raise ValueError("holds a line break or a control character")
        return model

    @field_validator("extra_body")
    @classmethod
    def _check_extra(cls, extra: dict[str, Any]) -> dict[str, Any]:
        if ours := sorted(_SAID_ELSEWHERE & extra.keys()):
            raise ValueError(f"{ours[0]} is said elsewhere in the recipe")
        try:
            orjson.dumps(extra)
        except TypeError as error:
            raise ValueError("expected what JSON can say") from error
        return extra

    @model_validator(mode="after")
    def _check_mode(self) -> "TeacherSettings":
        if self.mode == "batch" and self.name and load_providers()[self.name].batch is None:
            raise ValueError(f"mode: {self.name} has no Batch API")
        if self.hours and self.mode == "batch":
            raise ValueError("hours: a batch is answered when the provider likes; take them out")
        if self.hours and self.hours[:5] == self.hours[-5:]:
            raise ValueError("hours: they end when they begin")
        return self

    @property
    def extra(self) -> str:
        """The further parameters as a record holds them: JSON with sorted keys, "" for none."""
        if not self.extra_body:
            return ""
        return orjson.dumps(self.extra_body, option=orjson.OPT_SORT_KEYS).decode()

    def decisive(self) -> dict[str, Any]:
        """Return, as JSON, what decides the answers. What came later is left out where unused."""
        later = {"weight", "thinking", "extra_body", "query"}
        decisive = self.model_dump(mode="json", exclude=set(SPEED))
        return {name: value for name, value in decisive.items() if name not in later} | {
            name: decisive[name] for name in sorted(later) if decisive[name] not in (None, {})
        }
