"""Each provider named in a recipe: its address, its key, its switches, its prices."""

import re

import pytest

from tests.scripted import make_recipe
from vicugna.errors import UserError
from vicugna.providers import find_provider, load_providers
from vicugna.settings import TeacherSettings
from vicugna.teachers.opening import cost_of, endpoint_of, resolve_teachers
from vicugna.teachers.roles import Named

KEY = "a-very-secret-key-0123456789"
AZURE = "https://mine.openai.azure.com/openai"
ELSEWHERE = "https://gateway.example.com/v1"
REAL = [name for name in load_providers() if name != "offline"]


@pytest.fixture(autouse=True)
def _prices_of_those_that_ship():
    """The file of one's own prices is read once a process."""
    from vicugna.teachers import prices

    yield
    prices._own_prices.cache_clear()
    prices._find.cache_clear()


def _resolve(**teacher):
    return resolve_teachers(make_recipe(teacher=teacher)).teacher


def _endpoint(**teacher):
    return endpoint_of(Named("it", _resolve(**teacher)))


@pytest.mark.parametrize("name", REAL)
def test_a_provider_is_reached_by_its_name(name, monkeypatch):
    """A name and a model are enough, but for Azure, where everybody has an address."""
    provider = find_provider(name)
    if provider.key_env:
        monkeypatch.setenv(provider.key_env, KEY)
    more = {} if provider.base_url else {"base_url": f"{AZURE}/v1"}

    endpoint = _endpoint(name=name, model="m", **more)
    assert endpoint.base_url == (provider.base_url or f"{AZURE}/v1")
    assert endpoint.api_key == (KEY if provider.key_env else "")
    assert endpoint.provider is provider
    assert KEY not in repr(endpoint)


@pytest.mark.parametrize("name", REAL)
def test_a_key_that_is_missing_is_named(name):
    """At another address too, unless it may be anybody's."""
    provider = find_provider(name)
    addresses = [ELSEWHERE] if provider.elsewhere or not provider.key_env else []
    for base_url in addresses:
        assert _endpoint(name=name, model="m", base_url=base_url).api_key == ""
    if not provider.key_env:
        return
    for base_url in {provider.base_url, ELSEWHERE} - {*addresses, ""}:
        with pytest.raises(UserError, match=f"{provider.key_env} is not set"):
            _resolve(name=name, model="m", base_url=base_url)


def test_the_older_address_of_azure_has_a_query(monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    teacher = {"name": "azure", "model": "m", "base_url": f"{AZURE}/deployments/m"}

    endpoint = _endpoint(**teacher, query={"api-version": "2024-10-21"})
    assert endpoint.provider.query == {"api-version": "2024-10-21"}
    assert endpoint.provider.key_header == "api-key"
    assert find_provider("azure").query == {}


def test_azure_without_an_address(monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)

    with pytest.raises(UserError, match=re.escape("teacher.base_url: azure has no address")):
        _resolve(name="azure", model="m")


def test_a_query_decides_and_none_changes_nothing():
    """A recipe without one is the same recipe as before there were any."""
    plain = TeacherSettings(name="azure", model="m")

    assert "query" not in plain.decisive()
    assert plain.model_copy(update={"query": {"a": "1"}}).decisive()["query"] == {"a": "1"}


@pytest.mark.parametrize(
    ("teacher", "says"),
    [
        pytest.param({"name": "openai", "model": "gpt-5-mini"}, "off", id="always reasons"),
        pytest.param({"name": "openai", "model": "gpt-4o-mini"}, "on", id="never reasons"),
        pytest.param({"name": "lm_studio", "model": "m"}, "on", id="nobody knows how to"),
        pytest.param({"name": "lm_studio", "model": "m"}, "off", id="nobody knows how not to"),
        pytest.param(
            {"name": "openai", "model": "qwen3", "base_url": ELSEWHERE}, "on", id="anywhere"
        ),
    ],
)
def test_a_switch_that_nobody_knows_is_refused(monkeypatch, teacher, says):
    """Before anything is paid for an answer of the other kind."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    with pytest.raises(UserError) as caught:
        _resolve(**teacher, thinking=says == "on")
    assert str(caught.value) == (
        f"teacher.thinking: nothing is known that switches reasoning {says} for "
        f"{teacher['model']} ({teacher['name']}). Leave it out, or say it in extra_body."
    )


@pytest.mark.parametrize("thinking", [None, True, False])
def test_a_switch_that_is_known_is_taken(thinking):
    assert _resolve(name="vllm", model="m", thinking=thinking).thinking is thinking


def test_openai_elsewhere_is_asked_as_anybody(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    home = _endpoint(name="openai", model="m").provider
    elsewhere = _endpoint(name="openai", model="m", base_url=ELSEWHERE).provider

    assert (home.cache.key, elsewhere.cache.key) == ("prompt_cache_key", "")
    assert (home.max_tokens, elsewhere.max_tokens) == ("max_completion_tokens", "max_tokens")


@pytest.mark.parametrize(
    ("name", "model", "cost"),
    [
        pytest.param("deepseek", "deepseek-v4-pro", 1000 * 1320 + 10 * 3960, id="its own"),
        pytest.param("dashscope", "deepseek-v4-pro", None, id="somebody else's"),
        pytest.param("openai", "gpt-5.6-luna", 1000 * 250 + 10 * 1200, id="put into the cache"),
        pytest.param("ollama", "gpt-4o-mini", None, id="nobody's"),
    ],
)
def test_what_a_request_costs_at_most(name, model, cost):
    assert cost_of(TeacherSettings(name=name, model=model), 1000, 10) == cost


def test_a_bad_file_of_prices_is_told_before_a_run(monkeypatch, tmp_path):
    from vicugna.teachers import prices

    prices._own_prices.cache_clear()
    monkeypatch.setenv("VICUGNA_PRICES", str(tmp_path / "none.json"))

    with pytest.raises(UserError, match=r"VICUGNA_PRICES: .*none\.json: No such file"):
        _resolve(name="vllm", model="m")
