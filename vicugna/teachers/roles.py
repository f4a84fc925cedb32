"""Who is asked which question: by role, among several by weight, and who stands in for whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import log

from vicugna.records import Request
from vicugna.settings import ROLE_OF, Recipe, Role
from vicugna.teacher_settings import TeacherSettings

Address = Callable[[Request, str], Request]
"""Completes a request with the teacher, the model and what belongs to them; the text is a salt."""


@dataclass(frozen=True, slots=True)
class Named:
    """A teacher of a recipe. `label` is how it is called in replies, reports and counts."""

    label: str
    settings: TeacherSettings


Cast = Mapping[Role, Sequence[Named]]


def name_teachers(recipe: Recipe) -> Cast:
    """Return the teachers of a resolved recipe by role, each with a label.

    The label is the provider's name, with a number where another teacher has that already:
    "openai", "vllm", "vllm-2". The same teacher has the same label in every role.
    """
    known: list[Named] = []
    named: dict[Role, list[Named]] = {}
    for role in recipe.roles:
        for settings in recipe.teachers_of(role):
            named.setdefault(role, []).append(_name(settings, known))
    return named


def everyone(cast: Cast) -> list[Named]:
    """Return every teacher once, in the order of the roles."""
    return list({one.label: one for several in cast.values() for one in several}.values())


def addressing(cast: Cast) -> Address:
    """Return what addresses a request to the teacher of its role.

    Among teachers with weights it is drawn by rendezvous hashing over the salt, so another weight
    moves only as many questions as it must; without weights it is the first one.
    """

    def address(request: Request, salt: str) -> Request:
        several = cast[ROLE_OF[request.purpose]]
        return readdress(request, min(several, key=lambda one: _rank(one, salt)))

    return address


def stand_ins(cast: Cast, request: Request) -> list[Request]:
    """Return a request as it would go to the others of its role, the next in the list first."""
    several = cast[ROLE_OF[request.purpose]]
    place = [one.label for one in several].index(request.teacher)
    return [readdress(request, one) for one in [*several[place + 1 :], *several[:place]]]


def readdress(request: Request, teacher: Named) -> Request:
    """Return a request as it goes to a teacher."""
    settings = teacher.settings
    sampling = replace(request.sampling, thinking=settings.thinking, extra=settings.extra)
    model = settings.model or ""
    return replace(request, model=model, sampling=sampling, teacher=teacher.label)


def _name(settings: TeacherSettings, known: list[Named]) -> Named:
    alike = settings.model_copy(update={"weight": None})
    for one in known:
        if one.settings == alike:
            return Named(one.label, settings)
    name = settings.name or ""
    before = sum(one.settings.name == name for one in known)
    known.append(Named(f"{name}-{before + 1}" if before else name, alike))
    return Named(known[-1].label, settings)


def _rank(teacher: Named, salt: str) -> float:
    """Return the place of a teacher in a draw: the lowest wins, in proportion to the weights."""
    weight = teacher.settings.weight
    if weight is None:
        return 0.0
    digest = blake2b(f"{salt}/{teacher.label}".encode(), digest_size=8).digest()
    return -log((int.from_bytes(digest, "big") + 1) / 2**64) / weight
