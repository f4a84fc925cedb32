"""The question that begins a chain: new tasks, or new instructions, like those that are shown."""

from collections.abc import Callable

from vicugna.growth import Growth
from vicugna.pool import Member
from vicugna.records import Request, Stratum
from vicugna.settings import Recipe
from vicugna.teachers.roles import Address
from vicugna.templates import Purpose, load_prompt, load_types, prompt_of

Compose = Callable[[Stratum, int, Growth], Request]


def begin_chain(
    recipe: Recipe, purpose: Purpose, show: Callable[[Member], str], address: Address
) -> Compose:
    """Return what composes the number-th first question of a stratum.

    Shown are seed tasks and kept tasks of the stratum, each as `show` has it; which ones depends
    on the seed of the recipe, the shard, the number and the stratum. `address` says which teacher
    is asked.
    """
    name = prompt_of(purpose, typed=bool(recipe.types))
    prompts = {lang: load_prompt(name, lang) for lang in recipe.languages}
    types = {lang: load_types(lang) if recipe.types else {} for lang in recipe.languages}
    sampling = recipe.sampling[purpose].to_record()

    def compose(stratum: Stratum, number: int, growth: Growth) -> Request:
        lang, type = stratum
        quota = growth.quotas[stratum]
        salt = "/".join([growth.salt, str(number), *filter(None, stratum)])
        shown = growth.pool.draw(
            stratum,
            salt,
            seeds=recipe.seeds_shown,
            machine=recipe.machine_shown,
            before=quota.known_before(number),
        )
        values = {
            "type": types[lang].get(type, ""),
            "shown": "\n".join(map(show, shown)),
            "count": str(quota.asked),
        }
        request = Request(
            purpose=purpose,
            lang=lang,
            model="",
            messages=prompts[lang].fill(values),
            sampling=sampling,
            prompt=prompts[lang].name,
            shown=tuple(member.id for member in shown),
            type=type,
        )
        return address(request, salt)

    return compose
