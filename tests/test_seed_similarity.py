"""How near a run is to its seed tasks: exact bins, in both languages, wherever a run is shown."""

from fractions import Fraction
from pathlib import Path
from random import Random

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

import filters
from tests.past_runs import RUN, clean_again, make_past_run
from tests.scripted import make_recipe, make_seeds, write_instruction
from vicugna import seed_similarity
from vicugna.cleaning import clean_files
from vicugna.formats.canonical import read_tasks
from vicugna.records import Draft, Source, Task
from vicugna.report import render_report
from vicugna.seed_similarity import count_by_similarity, find_bins, render_bins
from vicugna.seeds import load_seeds
from vicugna.text.tokens import tokens

REFERENCE = RougeScorer(["rougeL"], use_stemmer=False)
WORDS = st.sampled_from(["write", "a", "poem", "about", "the", "sea", "42", "Don't", "naïve", "-"])
SIGNS = st.sampled_from(
    ["写", "诗", "春", "天", "的", "，", " ", "ａ", "b1 ", "カ", "한", "𠮷", "é"]
)


def _bin_of(f1: Fraction) -> int:
    """Return how many of the edges 0.1, ..., 0.9 are not above a score."""
    return sum(f1 >= Fraction(edge, 10) for edge in range(1, 10))


def _f1(a: str, b: str) -> Fraction:
    """Return ROUGE-L F1 by the table of the textbook."""
    left, right = tokens(a), tokens(b)
    row = [0] * (len(right) + 1)
    for word in left:
        above = row
        row = [0]
        for place, other in enumerate(right):
            same = above[place] + 1
            row.append(same if word == other else max(row[place], above[place + 1]))
    return Fraction(2 * row[-1], max(len(left) + len(right), 1))


def _brute(text: str, seeds: list[str]) -> int:
    return _bin_of(max((_f1(text, seed) for seed in seeds), default=Fraction(0)))


# --- one text -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seeds", "expected"),
    [
        pytest.param("Name a river.", ["name a RIVER"], 9, id="the same"),
        pytest.param("说出一条河。", ["说出一条河"], 9, id="the same in Chinese"),
        pytest.param("Name a river.", ["Sort words."], 0, id="nothing shared"),
        pytest.param("说出一条河。", ["写首诗"], 0, id="nothing shared in Chinese"),
        pytest.param("the cat sat", ["Draw.", "the cat slept"], 6, id="the nearest: 2/3"),
        pytest.param("今天天气很好", ["今天天气不好", "天"], 8, id="the nearest: 5/6"),
        pytest.param("用Python写诗", ["write Python", "用Java写诗"], 7, id="mixed: 3/4"),
        pytest.param("a b c d", ["d c b a"], 2, id="order counts"),
        pytest.param("", ["a", "写"], 0, id="empty"),
        pytest.param("写" * 100_000, ["写" * 30], 0, id="long"),
        pytest.param("……", ["……", "?"], 0, id="equal, but without a token"),
        pytest.param("a 写", [], 0, id="no seed at all"),
    ],
)
def test_the_bin_of_a_text(text, seeds, expected):
    assert find_bins([text], seeds) == [expected]
    assert _brute(text, seeds) == expected


@pytest.mark.parametrize("joint", [" ", ""], ids=["en", "zh"])
@pytest.mark.parametrize("shared", range(11))
@pytest.mark.parametrize("size", [10, 50, 1000])
def test_an_edge_belongs_to_the_bin_above_it(size, shared, joint):
    """F1 is exactly a tenth; with one token more in either text it is just below."""
    names = [f"w{number}" if joint else chr(0x4E00 + number) for number in range(2 * size + 1)]
    common = shared * size // 10
    seed = joint.join(names[:size])
    text = joint.join(names[:common] + names[size : 2 * size - common])
    longer = joint.join([text, names[-1]])

    assert find_bins([text, longer], [seed]) == [min(shared, 9), max(shared - 1, 0)]
    assert find_bins([seed], [text]) + find_bins([seed], [longer]) == [
        min(shared, 9),
        max(shared - 1, 0),
    ]


def test_there_may_be_more_words_than_letters_of_sixteen_bits():
    """Among the numbers of the words are those of half characters, and those beyond the plane."""
    words = [f"w{number}" for number in range(70_000)]
    halves, beyond = " ".join(words[0xD800:0xE000]), " ".join(words[0x10000:])

    seeds = [" ".join(words), halves, beyond]

    assert find_bins([" ".join(words[::2]), halves, beyond], seeds) == [6, 9, 9]
    assert find_bins([halves, beyond], seeds[:1]) == [0, 1]


# --- many texts -----------------------------------------------------------------------------------


def _texts(count: int, salt: str) -> list[str]:
    rng = Random(salt)
    texts = [write_instruction(rng, rng.choice(["en", "zh"])) for _ in range(count)]
    return ["".join(rng.choices(text, k=rng.randrange(len(text)))) for text in texts] + texts


@pytest.mark.parametrize("pairs", [1, 100, 777, 1 << 20])
def test_how_many_are_compared_at_once_decides_nothing(monkeypatch, pairs):
    monkeypatch.setattr(seed_similarity, "_PAIRS", pairs)
    seeds = _texts(20, "seeds")
    texts = _texts(60, "texts")
    expected = [_brute(text, seeds) for text in texts]
    assert len({*expected}) >= 4

    order = Random(pairs).sample(range(len(texts)), len(texts))
    found = find_bins([texts[place] for place in order], Random(pairs).sample(seeds, len(seeds)))

    assert found == [expected[place] for place in order]


@settings(deadline=None)
@given(*[st.lists(st.lists(SIGNS, max_size=80).map("".join), max_size=5)] * 2)
def test_chinese_and_mixed_texts_as_by_brute_force(texts, seeds):
    assert find_bins(texts, seeds) == [_brute(text, seeds) for text in texts]


@settings(deadline=None)
@given(*[st.lists(st.lists(WORDS, max_size=30).map(" ".join), min_size=1, max_size=5)] * 2)
def test_english_texts_as_by_rouge_score(texts, seeds):
    def score(text, seed):
        # The fraction that the float was meant to be: "Don't" is two tokens, so m + n <= 120.
        return Fraction(REFERENCE.score(seed, text)["rougeL"].fmeasure).limit_denominator(120)

    expected = [_bin_of(max(score(text, seed) for seed in seeds)) for text in texts]

    assert find_bins(texts, seeds) == expected


# --- tasks ----------------------------------------------------------------------------------------


def _task(identity: str, lang: str, instruction: str, group: str = "") -> Task:
    return Task(Draft(identity, lang, instruction, "", "x", Source(), group), ())


def _row(**counts: int) -> list[int]:
    """Return ten counts: `_row(b3=1)` has one in the bin from 0.3."""
    return [counts.get(f"b{place}", 0) for place in range(10)]


def test_instances_of_one_instruction_count_once_and_by_their_language():
    seeds = {"en": make_seeds("en"), "zh": make_seeds("zh")}
    near = {lang: seeds[lang][3].instruction for lang in seeds}
    tasks = [
        _task("a-0", "en", near["en"], "i-1"),
        _task("a-1", "en", near["en"], "i-1"),
        _task("b-0", "en", near["en"], "i-2"),
        _task("c-0", "zh", near["zh"]),
        _task("c-1", "zh", near["zh"]),
        _task("d-0", "zh", "？"),
        _task("e-0", "zh", near["en"]),  # compared with the seed tasks of both languages
    ]
    expected = {"en": _row(b9=2), "zh": _row(b0=1, b9=3)}

    for seed in range(3):
        shuffled = Random(seed).sample(tasks, len(tasks))
        assert orjson.dumps(count_by_similarity(shuffled, seeds)) == orjson.dumps(expected)


def test_a_language_without_tasks_is_not_there():
    seeds = {"en": make_seeds("en"), "zh": make_seeds("zh")}

    assert count_by_similarity([_task("a", "zh", "写")], seeds).keys() == {"zh"}
    assert count_by_similarity([], seeds) == {}


def test_rows_of_a_table():
    rows = render_bins({"en": [*range(995, 1005)], "zh": _row(b9=1)}).splitlines()

    assert rows[0] == "| 0.0–0.1 | 995 | 0 |"
    assert rows[5] == "| 0.5–0.6 | 1,000 | 0 |"
    assert rows[9] == "| 0.9–1.0 | 1,004 | 1 |"
    assert len(rows) == 10
    assert render_bins({}) == ""


# --- runs -----------------------------------------------------------------------------------------


def _check(folder: Path, langs: tuple[str, ...] = ("en", "zh")) -> None:
    """Check that manifest, card and report of a folder say what brute force says of its rows."""
    seeds = [seed.instruction for lang in langs for seed in load_seeds(lang)]
    drafts = {task.draft.group: task.draft for task in read_tasks(folder / "tasks.jsonl")}
    expected = {lang: [0] * 10 for lang in langs}
    for draft in drafts.values():
        expected[draft.lang][_brute(draft.instruction, seeds)] += 1
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    card = (folder / "README.md").read_text(encoding="utf-8")

    assert manifest["seed_similarity"] == expected
    assert card.count(render_bins(expected)) == 2
    assert render_bins(expected) in render_report(manifest, folder)


@pytest.mark.parametrize("languages", [{"en": 0.5, "zh": 0.5}, {"zh": 1.0}], ids=["both", "zh"])
@pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
def test_a_run_and_the_same_judged_again_show_it(place, monkeypatch, method, languages):
    make_past_run(monkeypatch, make_recipe(method, languages=languages, target=12))
    _check(RUN, tuple(languages))

    clean_again()

    _check(Path("again"), tuple(languages))


def test_shards_count_as_one_run(place, monkeypatch):
    make_past_run(monkeypatch, make_recipe(target=12, shards=3))

    _check(RUN)


def test_cleaned_files_have_no_seed_tasks_to_be_near_to(place):
    Path("mine.json").write_text('[{"instruction": "How do bees make honey?", "output": "So."}]')

    manifest = clean_files([Path("mine.json")], filters.chain([]), 0.7, ["alpaca"], Path("out"))

    assert "seed_similarity" not in manifest
    assert "| F1 |" not in Path("out/README.md").read_text(encoding="utf-8")
    assert "| F1 |" not in render_report(manifest, Path("out"))


def test_a_run_of_an_earlier_version_renders_and_is_judged_again_as_any(place, monkeypatch):
    """Its manifest has no such key."""
    manifest = make_past_run(monkeypatch, make_recipe(target=8))
    del manifest["seed_similarity"]
    (RUN / "manifest.json").write_bytes(orjson.dumps(manifest))

    clean_again()

    assert "| F1 |" not in render_report(manifest, RUN)
    _check(Path("again"))
