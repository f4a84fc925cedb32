"""How tasks are asked for: one module per published method."""

from collections.abc import Callable, Mapping, Sequence

from vicugna.loop import Method
from vicugna.methods.alpaca import alpaca
from vicugna.methods.self_instruct import self_instruct
from vicugna.records import Lang, SeedTask
from vicugna.settings import Recipe
from vicugna.teachers.roles import Address

Seeds = Mapping[Lang, Sequence[SeedTask]]

METHODS: dict[str, Callable[[Recipe, Address, Seeds], Method]] = {
    "alpaca": alpaca,
    "self-instruct": self_instruct,
}
