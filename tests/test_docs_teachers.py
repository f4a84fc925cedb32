"""docs/teachers: both languages have the same tables, and providers.json what these say."""

import json
import re

import pytest
import yaml

from tests.scripted import make_recipe
from tests.test_docs import DOCS, cells, codes
from vicugna.providers import (
    Provider,
    can_switch,
    find_provider,
    load_providers,
    provider_at,
    rules_for,
)
from vicugna.settings import TeacherSettings
from vicugna.teacher_settings import SPEED
from vicugna.teachers import prices

PAGES = {
    lang: (DOCS / name).read_text("utf-8")
    for lang, name in [("en", "teachers.md"), ("zh", "teachers.zh.md")]
}
PROVIDERS = {name: one for name, one in load_providers().items() if name != "offline"}
THINKING = {"en": "while it reasons", "zh": "思考时"}
ALL = {"en": "all", "zh": "全部"}
every_page = pytest.mark.parametrize("lang", PAGES)


def tables(lang: str) -> list[list[list[str]]]:
    """Return the tables of a page, each its rows without the head, each row its cells."""
    found = re.findall(r"(?:^\|.*\n)+", PAGES[lang], re.MULTILINE)
    return [[cells(line) for line in table.splitlines()[2:]] for table in found]


def blocks(lang: str, kind: str) -> list[str]:
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```", PAGES[lang], re.MULTILINE | re.DOTALL)
    return [text.replace(f"\n{indent}", "\n").removeprefix(indent) for indent, text in found]


def switches(provider: Provider) -> set[str]:
    """Return the parameters that switch reasoning, of the provider and of its models."""
    said = [{"on": provider.thinking_on, "off": provider.thinking_off}]
    said += [
        {"on": rules.get("thinking_on", {}), "off": rules.get("thinking_off", {})}
        for rules in provider.models.values()
    ]
    return {name for one in said for switch in one.values() for name in switch}


@every_page
def test_every_provider_is_there_as_it_is(lang):
    told = {codes(name)[0]: row for name, *row in tables(lang)[0]}

    assert list(told) == list(PROVIDERS)
    for name, (address, key, switch, batch) in told.items():
        provider = PROVIDERS[name]
        assert codes(address) == [url for url in [provider.base_url] if url], name
        assert codes(key) == [variable for variable in [provider.key_env] if variable], name
        assert {*codes(switch)} == switches(provider), name
        rules = provider.batch
        limits = [rules.max_lines, rules.max_bytes // 1_000_000] if rules else []
        assert [int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", batch)] == limits, name


@every_page
def test_the_table_of_what_is_not_sent_is_that_of_the_data(lang):
    told: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for names, models, left in tables(lang)[1]:
        always, _, thinking = left.partition(THINKING[lang])
        for name in codes(names):
            for model in codes(models) or [""]:
                told[name, model] = {*codes(always)}, {*codes(thinking)}
        assert bool(codes(models)) != (models == ALL[lang])

    for name, provider in PROVIDERS.items():
        for model in ("", *provider.models):
            rules = rules_for(provider, model)
            if model == "gpt-5-chat":
                continue  # takes what others take, and is too small a thing to be said
            named = [one for of, one in told if of == name and model.startswith(one)]
            row = told[name, max(named, key=len)] if named else (set(), set())
            assert row == ({*rules.leaves_out}, {*rules.leaves_out_thinking}), (name, model)


@every_page
def test_the_table_of_caches_is_that_of_the_data(lang):
    told = {codes(name)[0]: (least, codes(models)) for name, least, models in tables(lang)[2]}
    caches = {name: p.cache for name, p in PROVIDERS.items() if p.cache.min_tokens is not None}

    assert list(told) == list(caches)
    for name, (least, models) in told.items():
        assert int(re.findall(r"[\d,]+", least)[0].replace(",", "")) == caches[name].min_tokens
        assert models == [*caches[name].models]


@every_page
def test_every_recipe_of_the_page_is_one(lang):
    """And its switches are known."""
    recipes = [yaml.safe_load(text) for text in blocks(lang, "yaml")]

    assert len(recipes) == 6
    for settings in recipes:
        recipe = make_recipe("self-instruct", **settings)
        several = [one for role in recipe.roles for one in recipe.teachers_of(role)]
        for one in several:
            provider = provider_at(one.name, one.base_url or "")
            assert one.model
            assert one.thinking is None or can_switch(provider, one.model, one.thinking)


@every_page
def test_the_file_of_prices_on_the_page_can_be_read(lang, tmp_path, monkeypatch):
    (text,) = blocks(lang, "json")
    path = tmp_path / "prices.json"
    path.write_text(text)
    monkeypatch.setenv("VICUGNA_PRICES", str(path))
    prices._own_prices.cache_clear()
    prices._find.cache_clear()
    try:
        assert prices.price_nusd("qwen3", 10**6, 0, 0, provider="vllm") == 20_000_000
        assert prices.price_nusd("qwen-plus", 10**6, 0, 10**6) == 23_000_000
    finally:
        prices._own_prices.cache_clear()
        prices._find.cache_clear()


@every_page
def test_every_setting_of_a_teacher_is_on_the_page(lang):
    text = PAGES[lang]

    assert [
        name for name in TeacherSettings.model_fields if not re.search(rf"\b{name}\b", text)
    ] == []
    decides = next(part for part in text.split("\n\n") if "`concurrency`" in part)
    assert {*codes(decides)} == {"thinking", "extra_body", "query"} | SPEED


def test_both_languages_have_the_same_tables_and_examples():
    for english, chinese in zip(tables("en"), tables("zh"), strict=True):
        assert [[codes(cell) for cell in row] for row in english] == [
            [codes(cell) for cell in row] for row in chinese
        ]
    for kind in ("yaml", "json"):
        both = [[yaml.safe_load(text) for text in blocks(lang, kind)] for lang in PAGES]
        assert json.dumps(both[0]) == json.dumps(both[1])
    shell = [
        [line.split("  #")[0].rstrip() for line in blocks(lang, "sh")[0].splitlines()]
        for lang in PAGES
    ]
    assert shell[0] == shell[1]
    assert re.findall(r"^#", PAGES["en"], re.MULTILINE) == re.findall(
        r"^#", PAGES["zh"], re.MULTILINE
    )


@every_page
def test_the_models_that_the_page_names_as_examples_are_right(lang):
    openai = find_provider("openai")

    assert "`gpt-5-mini`" in PAGES[lang]
    assert not can_switch(openai, "gpt-5-mini", False)
    assert not can_switch(openai, "gpt-4o-mini", True)


@every_page
def test_links_lead_somewhere(lang):
    for link in re.findall(r"\]\(([^)]+)\)", PAGES[lang]):
        assert (DOCS / link).is_file()
