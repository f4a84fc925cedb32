import pytest

from vicugna.teachers.offline import prefixes
from vicugna.teachers.offline.prefixes import Prefixes
from vicugna.text.tokens import count_tokens

WORD = {"en": "river ", "zh": "河"}


def _prompt(*texts, model="m", role="user"):
    """A prompt with the first text as its system part, if there are more than one."""
    roles = ["system"] * (len(texts) - 1) + [role]
    messages = [{"role": r, "content": text} for r, text in zip(roles, texts, strict=True)]
    return {"model": model, "messages": messages}


def _cached(*prompts, minimum=1):
    seen = Prefixes(minimum)
    return [seen.take(prompt) for prompt in prompts]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_whole_messages_are_shared(lang):
    rules = WORD[lang] * 50
    first, second = _prompt(rules, "Task 1"), _prompt(rules, "Task 2")

    assert _cached(first, second, first) == [0, 50, 52]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("shared", "cached"), [(127, 0), (128, 128), (255, 128), (256, 256)], ids=str
)
def test_the_message_that_differs_is_shared_in_steps(lang, shared, cached):
    start = WORD[lang] * shared

    assert _cached(_prompt(start + "1" * 5), _prompt(start + "2" * 5))[1] == cached


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_steps_count_after_the_messages_before(lang):
    rules, start = WORD[lang] * 50, WORD[lang] * 130

    assert _cached(_prompt(rules, start + "1"), _prompt(rules, start + "2"))[1] == 50 + 128


@pytest.mark.parametrize(("minimum", "cached"), [(1023, 1024), (1024, 1024), (1025, 0)], ids=str)
def test_short_prefixes_are_not_cached(minimum, cached):
    rules = "word " * 1024

    assert _cached(_prompt(rules, "a"), _prompt(rules, "b"), minimum=minimum)[1] == cached


def test_openai_asks_for_1024():
    for words, cached in ((1023, 0), (1024, 1024)):
        seen, rules = Prefixes(), "word " * words
        assert [seen.take(_prompt(rules, one)) for one in "ab"] == [0, cached]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(_prompt("River " * 50, "b"), id="another letter"),
        pytest.param(_prompt("river " * 50 + ".", "b"), id="a full stop more"),
        pytest.param(_prompt("river " * 50, "b", model="n"), id="another model"),
        pytest.param(_prompt("river " * 50), id="another role"),
        pytest.param(_prompt("x", "river " * 50, "b"), id="something before"),
    ],
)
def test_what_is_not_the_same_start(other):
    assert _cached(_prompt("river " * 50, "a"), other)[1] == 0


def test_where_a_message_ends_matters():
    """The same words in two messages are another prompt than in one."""
    assert _cached(_prompt("river " * 50, "lake"), _prompt("river " * 50 + "lake"))[1] == 0


def test_parts_that_are_no_text_are_compared_and_not_counted():
    image = [{"type": "image_url", "image_url": {"url": "data:,"}}]
    first, same = (_prompt("river " * 50, image) for _ in range(2))
    other = _prompt("river " * 50, [])
    nothing = _prompt("river " * 50, None)

    assert _cached(first, same, other, nothing) == [0, 50, 50, 50]


def test_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(prefixes, "_REMEMBERED", 4)
    one, two, three = (_prompt(name * 50, "a") for name in ("one ", "two ", "three "))

    assert _cached(one, two, one, three, one, two) == [0, 0, 51, 0, 51, 0]


@pytest.mark.parametrize(
    "text", ["Ａｂｃ １２３ 河水，river! " * 200, "a1_b2-c3 " * 300], ids=["mixed", "marks"]
)
def test_as_many_are_cached_as_are_counted(text):
    """A prompt seen before is cached whole, and the steps agree with the count of tokens."""
    tokens = count_tokens(text)
    whole, longer = _prompt(text), _prompt(text + "x y z")

    assert _cached(whole, whole, longer) == [0, tokens, tokens - tokens % 128]
