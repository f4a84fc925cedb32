"""Every check of `vicugna check`, each independent of the others."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from vicugna.earlier import open_earlier
from vicugna.errors import UserError
from vicugna.filtering import Chain, judge, passes
from vicugna.formats.run_folder import check_run_formats
from vicugna.ledger import connect
from vicugna.pipeline import OUTPUTS, ledger_url
from vicugna.pool import Pool, member_of
from vicugna.providers import OFFLINE
from vicugna.records import Draft, Lang, Source
from vicugna.seeds import load_seeds
from vicugna.settings import PURPOSES_OF, Recipe, load_recipe
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.openai_wire import clean_words
from vicugna.teachers.opening import endpoint_of, resolve_teachers
from vicugna.teachers.roles import Named, everyone, name_teachers
from vicugna.templates import load_prompt, load_types, prompt_of

Finding = tuple[str, bool, str]  # what was checked, whether it is good, what to say


class Filters(Protocol):
    """The `filters` folder, as the command line loads it."""

    def chain(self, names: Any = None) -> Chain:  # noqa: ANN401 - names or None
        """Return the chain of the named filters."""
        ...


def check_recipe(name: str, overrides: dict[str, Any], filters: Filters) -> Iterator[Finding]:
    """Yield one finding for each thing a run needs. Stops after the recipe when that is bad."""
    try:
        recipe = load_recipe(name, overrides)
        chain = filters.chain(recipe.filters)
        check_run_formats(recipe.formats)
    except UserError as error:
        yield "recipe", False, str(error)
        return
    asked = f"{recipe.method}, {recipe.target:,} tasks, {len(chain.whole)} filters"
    yield "recipe", True, asked
    for lang in recipe.languages:
        yield _try(f"seeds {lang}", lambda lang=lang: _check_seeds(lang, chain, recipe.max_f1))
        yield _try(f"prompts {lang}", lambda lang=lang: _check_prompts(recipe, lang))
    if recipe.against:
        yield _try("against", lambda: _check_against(recipe, chain))
    yield _try("ledger", _check_ledger)
    yield _try("teacher", lambda: _check_teacher(recipe))


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return name, True, check()
    except UserError as error:
        return name, False, str(error)


def _check_seeds(lang: Lang, chain: Chain, max_f1: float) -> str:
    seeds = load_seeds(lang)
    pool = Pool(max_f1)  # by their instructions, whatever a run compares: answers may be alike
    for seed in seeds:
        draft = Draft(seed.id, lang, seed.instruction, seed.input, seed.output, Source())
        verdicts = judge(draft, chain.whole, pool)
        if not passes(verdicts):
            why = verdicts[-1]
            said = why.detail or why.near or why.measure
            raise UserError(f"{seed.id}: our own filter {why.filter} drops it ({said}). Reword it.")
        pool.add_seed(lang, member_of(seed))
    types = Counter(seed.type for seed in seeds)
    return f"{len(seeds)} tasks of {len(types)} types"


def _check_prompts(recipe: Recipe, lang: Lang) -> str:
    if recipe.types:
        load_types(lang)
    typed = bool(recipe.types)
    prompts = (load_prompt(prompt_of(one, typed=typed), lang) for one in PURPOSES_OF[recipe.method])
    return ", ".join(prompt.name for prompt in prompts)


def _check_against(recipe: Recipe, chain: Chain) -> str:
    earlier = open_earlier(recipe.against, recipe.scope, recipe.max_f1, chain, OUTPUTS)
    names = ", ".join(one["name"] for one in earlier.sets) if earlier else ""
    return f"{len(earlier.archive) if earlier else 0:,} rows of {names}"


def _check_ledger() -> str:
    engine = connect(ledger_url())
    engine.dispose()
    return engine.url.render_as_string(hide_password=True)


def _check_teacher(recipe: Recipe) -> str:
    return "; ".join(map(_check_one_teacher, everyone(name_teachers(resolve_teachers(recipe)))))


def _check_one_teacher(teacher: Named) -> str:
    if teacher.settings.name == OFFLINE:
        return "offline: no key, no network"
    endpoint = replace(endpoint_of(teacher), timeout=20)
    provider, model = endpoint.provider, teacher.settings.model
    models = _list_models(endpoint)
    if not provider.lists_models:
        return f"{endpoint.base_url} answers; it does not tell whether there is {model}"
    if model not in models and f"{model}:{provider.tag}" not in models:
        some = clean_words(", ".join(models[:8]), endpoint) or "none"
        raise UserError(f"{endpoint.base_url}: no model {model}. It offers {some}.")
    return f"{endpoint.base_url} offers {model}"


def _list_models(endpoint: Endpoint) -> list[str]:
    """Return the names of an endpoint's models. What a server says may hold the key, or be none."""
    # Imported here: it takes most of a second, and only this check needs it.
    import openai

    from vicugna.teachers.openai_http import check_endpoint, key_header

    check_endpoint(endpoint)
    headers: dict[str, Any] = {"Authorization": openai.Omit(), **key_header(endpoint)}
    client = openai.OpenAI(
        base_url=endpoint.base_url.partition("/deployments/")[0],  # one of them lists nothing
        api_key="none",
        default_query=dict(endpoint.provider.query),
        max_retries=1,
        timeout=endpoint.timeout,
    )
    try:
        return sorted(str(model.id) for model in client.models.list(extra_headers=headers))
    except openai.OpenAIError as error:
        said = clean_words(str(error), endpoint).rstrip(".")
        raise UserError(f"{endpoint.base_url}: {said}. Check the address and the key.") from None
    except (AttributeError, TypeError, ValueError, RecursionError):
        raise UserError(f"{endpoint.base_url}: sent no list of models. Check it.") from None
