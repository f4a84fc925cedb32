from datetime import date

import orjson
import pytest

from vicugna.teachers.prices import PRICE_FILE, price_nusd, worst_price_nusd

ROWS = orjson.loads(PRICE_FILE.read_bytes())["prices"]


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


def test_a_fraction_is_rounded_up(monkeypatch):
    """A budget is never undercounted, not even by a billionth of a dollar."""
    row = next(row for row in ROWS if row["model"] == "deepseek-flash")
    assert row["cached_input"] == 0.006

    assert [price_nusd("deepseek-flash", n, 0, n) for n in (1, 2, 3)] == [6, 12, 18]
    assert [price_nusd("gpt-4.1-nano", n, 0, n) for n in (1, 2)] == [25, 50]
    monkeypatch.setattr("vicugna.teachers.prices._load_prices", _odd_prices)
    assert [price_nusd("odd", n, 0, 0) for n in (0, 1, 2, 3)] == [0, 1, 1, 2]


def _odd_prices():
    from vicugna.teachers.prices import Price

    return {"odd": Price(500, 500, 500)}  # half a billionth of a dollar per token


@pytest.mark.parametrize("cached", [0, 1, 500, 1000])
@pytest.mark.parametrize("written", [0, 1, 300])
def test_the_worst_price_is_never_beaten(cached, written):
    """Whatever is cached and however short the answer: it costs no more than was set aside."""
    for row in ROWS:
        worst = worst_price_nusd(row["model"], 1000, 300)
        price = price_nusd(row["model"], 1000, written, cached)
        assert worst is not None
        assert price is not None
        assert price <= worst


def test_the_worst_price_of_an_unknown_model_is_unknown():
    assert worst_price_nusd("who-knows", 1, 1) is None


@pytest.mark.parametrize("row", ROWS, ids=[row["model"] for row in ROWS])
def test_every_row_is_complete_and_plausible(row):
    """A row says when and where its price was read; cached input is never dearer."""
    assert date.fromisoformat(row["date"]) <= date.fromisoformat("2100-01-01")
    assert row["source"]
    assert 0 <= row["cached_input"] <= row["input"] <= row["output"]
    assert price_nusd(row["model"], 1_000_000, 0, 0) == round(row["input"] * 1e9)
    assert price_nusd(row["model"], 0, 1_000_000, 0) == round(row["output"] * 1e9)


def test_no_model_is_listed_twice():
    models = [row["model"] for row in ROWS]

    assert sorted(set(models)) == sorted(models)
