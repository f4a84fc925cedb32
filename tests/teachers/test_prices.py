from datetime import date

import orjson
import pytest

from vicugna.errors import UserError
from vicugna.providers import load_providers
from vicugna.teachers import prices
from vicugna.teachers.prices import PRICE_FILE, check_prices, price_nusd, worst_price_nusd

ROWS = orjson.loads(PRICE_FILE.read_bytes())["prices"]


@pytest.fixture(autouse=True)
def _read_again():
    """A file of prices is read once a process; here once a test."""
    yield
    prices._own_prices.cache_clear()
    prices._find.cache_clear()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return what makes a file of one's own prices."""

    def write(*rows):
        path = tmp_path / "prices.json"
        path.write_bytes(orjson.dumps({"prices": rows}))
        monkeypatch.setenv("VICUGNA_PRICES", str(path))
        prices._own_prices.cache_clear()
        prices._find.cache_clear()

    return write


@pytest.mark.parametrize(
    ("model", "tokens", "expected"),
    [
        pytest.param("gpt-4o-mini", (1_000_000, 0, 0), 150_000_000, id="a million in"),
        pytest.param("gpt-4o-mini", (0, 1_000_000, 0), 600_000_000, id="a million out"),
        pytest.param("gpt-4o-mini", (1_000_000, 0, 1_000_000), 75_000_000, id="all from cache"),
        pytest.param("gpt-4o-mini", (1000, 100, 400), 180_000, id="part from cache"),
        pytest.param("gpt-4o-mini", (100, 0, 500), 7_500, id="cached never more than input"),
        pytest.param("gpt-4o-mini-2024-07-18", (1, 0, 0), 150, id="dated snapshot"),
        pytest.param("gpt-4o", (1, 0, 0), 2_500, id="longer names do not shadow shorter ones"),
        pytest.param("offline", (10_000, 10_000, 0), 0, id="offline is free"),
        pytest.param("gpt-4o-mini", (0, 0, 0), 0, id="nothing used"),
        pytest.param("qwen-next-unheard-of", (1, 1, 0), None, id="unknown is not free"),
        pytest.param("gpt-4o-audio", (1, 1, 0), None, id="a prefix is not the model"),
        pytest.param("gpt-4o-mini-2024", (1, 1, 0), None, id="half a date is no snapshot"),
        pytest.param("", (1, 1, 0), None, id="no model"),
    ],
)
def test_price(model, tokens, expected):
    """A price is the list price of each token, or None when the model is not listed."""
    assert price_nusd(model, *tokens) == expected


@pytest.mark.parametrize(
    ("provider", "model", "price"),
    [
        pytest.param("openai", "gpt-4o-mini", 150, id="its own"),
        pytest.param("azure", "gpt-4o-mini", None, id="another one's, whose prices are not known"),
        pytest.param("vllm", "gpt-4o-mini", None, id="nobody's"),
        pytest.param("ollama", "deepseek-flash", None, id="a machine of one's own"),
        pytest.param("deepseek", "deepseek-v4-pro", 1320, id="who made it"),
        pytest.param("openai", "deepseek-v4-pro", 1320, id="any endpoint"),
        pytest.param("siliconflow", "deepseek-ai/DeepSeek-V3.2", 270, id="a name with a slash"),
    ],
)
def test_a_price_is_that_of_a_provider(provider, model, price):
    """The client of any endpoint is called openai: there a model costs what it costs at most."""
    assert price_nusd(model, 1, 0, 0, provider=provider) == price


def test_a_fraction_is_rounded_up(own):
    """A budget is never undercounted, not even by a billionth of a dollar."""
    row = next(row for row in ROWS if row["model"] == "deepseek-flash")
    assert row["cached_input"] == 0.006

    assert [price_nusd("deepseek-flash", n, 0, n) for n in (1, 2, 3)] == [6, 12, 18]
    assert [price_nusd("gpt-4.1-nano", n, 0, n) for n in (1, 2)] == [25, 50]
    own({"model": "odd", "input": 0.0005, "output": 0})  # half a billionth of a dollar per token
    assert [price_nusd("odd", n, 0, 0) for n in (0, 1, 2, 3)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("written", "price"),
    [
        pytest.param(0, 200_000, id="none"),
        pytest.param(400, 600 * 200 + 400 * 250, id="some"),
        pytest.param(9999, 250_000, id="never more than there are"),
    ],
)
def test_putting_into_a_cache_has_its_price(written, price):
    assert price_nusd("gpt-5.6-luna", 1000, 0, 0, written) == price


def test_what_is_read_from_a_cache_is_not_put_there():
    assert price_nusd("gpt-5.6-luna", 1000, 0, 700, 400) == 700 * 20 + 300 * 250


def test_putting_into_a_cache_costs_nothing_more_where_no_price_is_given():
    assert price_nusd("gpt-4o-mini", 1000, 0, 0, 1000) == price_nusd("gpt-4o-mini", 1000, 0, 0)


@pytest.mark.parametrize("cached", [0, 1, 500, 1000])
@pytest.mark.parametrize("written", [0, 1, 300])
def test_the_worst_price_is_never_beaten(cached, written):
    """Whatever is cached and however short the answer: it costs no more than was set aside."""
    for row in ROWS:
        provider = row["provider"]
        worst = worst_price_nusd(row["model"], 1000, 300, provider=provider)
        price = price_nusd(row["model"], 1000, written, cached, 1000, provider=provider)
        assert worst is not None
        assert price is not None
        assert price <= worst


def test_the_worst_price_of_an_unknown_model_is_unknown():
    assert worst_price_nusd("who-knows", 1, 1) is None


@pytest.mark.parametrize("row", ROWS, ids=[row["model"] for row in ROWS])
def test_every_row_is_complete_and_plausible(row):
    """A row says when and where its price was read; cached input is never dearer."""
    provider = row["provider"]
    assert provider in load_providers()
    assert provider not in ("azure", "vllm", "sglang", "ollama", "llama_cpp", "lm_studio")
    assert row.get("cache_write", row["input"]) >= row["input"]
    assert date.fromisoformat(row["date"]) <= date.fromisoformat("2100-01-01")
    assert row["source"]
    assert 0 <= row["cached_input"] <= row["input"] <= row["output"]
    for read, written in ((1_000_000, 0), (0, 1_000_000)):
        price = row["input"] if read else row["output"]
        assert price_nusd(row["model"], read, written, 0, provider=provider) == round(price * 1e9)
        assert price_nusd(row["model"], read, written, 0) >= round(price * 1e9)


def test_no_model_is_listed_twice():
    models = [(row["provider"], row["model"]) for row in ROWS]

    assert sorted(set(models)) == sorted(models)


def test_own_prices_go_first(own):
    """Those for a provider before those for every one; what they do not say is as it was."""
    own(
        {"model": "gpt-4o-mini", "input": 1, "output": 2},
        {"provider": "vllm", "model": "gpt-4o-mini", "input": 3, "output": 4},
        {"model": "mine", "input": 5, "output": 6, "cached_input": 1, "cache_write": 7},
    )

    prices = [price_nusd("gpt-4o-mini", 1, 1, 0, provider=name) for name in ("openai", "vllm")]
    assert prices == [3_000, 7_000]
    assert price_nusd("gpt-4o-mini", 1, 0, 1) == 1_000
    assert price_nusd("mine-2026-01-31", 3, 1, 1, 1) == 1_000 + 7_000 + 5_000 + 6_000
    assert worst_price_nusd("mine", 1, 1) == 13_000
    assert price_nusd("gpt-4o", 1, 0, 0) == 2_500


def test_a_price_of_nothing_may_be_one_s_own(own):
    own({"provider": "vllm", "model": "m", "input": 0, "output": 0})

    assert price_nusd("m", 9, 9, 0, provider="vllm") == 0


def test_own_prices_have_the_shape_of_those_that_ship(own):
    own(*ROWS)

    assert price_nusd("gpt-4o-mini", 1000, 100, 400) == 180_000


ROW = {"model": "m", "input": 1, "output": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "No such file", id="no file"),
        pytest.param("", "not valid JSON", id="nothing in it"),
        pytest.param("{", "not valid JSON", id="no JSON"),
        pytest.param("\xff", "not valid JSON", id="no text"),
        pytest.param([], 'expected {"prices": [...]}', id="a list"),
        pytest.param({"prices": {}}, 'expected {"prices": [...]}', id="no list"),
        pytest.param({"prices": [ROW, 7]}, "prices[1]: expected an object", id="a number"),
        pytest.param({"prices": [{"input": 1}]}, "prices[0]: model: expected", id="no model"),
        pytest.param({"prices": [ROW | {"model": ""}]}, "prices[0]: model: expected", id="empty"),
        pytest.param({"prices": [{"model": "m", "input": 1}]}, "output: got None", id="no output"),
        pytest.param(
            {"prices": [ROW | {"input": -1}]}, "input: got -1, expected USD", id="below 0"
        ),
        pytest.param({"prices": [ROW | {"input": True}]}, "input: got True", id="true"),
        pytest.param({"prices": [ROW | {"output": "1"}]}, "output: got '1'", id="a text"),
        pytest.param(
            {"prices": [ROW | {"cached_input": None}]}, "cached_input: got None", id="null"
        ),
        pytest.param(
            {"prices": [ROW | {"cache_write": 1e300}]}, "cache_write: got 1e+300", id="vast"
        ),
        pytest.param(
            '{"prices": [{"model": "m", "input": NaN}]}', "not valid JSON", id="no number"
        ),
        pytest.param({"prices": [ROW | {"inptu": 1}]}, 'unknown key "inptu"', id="misspelt"),
        pytest.param(
            {"prices": [ROW | {"provider": "me"}]}, "provider: expected one of", id="who?"
        ),
    ],
)
def test_a_bad_file_of_prices_is_one_line(tmp_path, monkeypatch, content, words):
    """Said before a run begins, with the place."""
    path = tmp_path / "prices.json"
    if content is not None:
        text = content if isinstance(content, str) else orjson.dumps(content).decode()
        path.write_bytes(text.encode("latin-1"))
    monkeypatch.setenv("VICUGNA_PRICES", str(path))
    prices._own_prices.cache_clear()

    with pytest.raises(UserError) as caught:
        check_prices()
    assert str(caught.value).startswith(f"VICUGNA_PRICES: {path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_a_file_of_one_s_own_nothing_is_wrong(monkeypatch):
    monkeypatch.setenv("VICUGNA_PRICES", "")
    prices._own_prices.cache_clear()

    check_prices()
