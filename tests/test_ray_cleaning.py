"""Cleaning on many machines keeps, drops and says what cleaning in one process does."""

import gc
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filters
from tests.in_turn import InTurn
from tests.layouts.drafts import ALL
from tests.scopes import ALIKE
from vicugna.cleaning import clean_files
from vicugna.errors import UserError
from vicugna.formats.canonical import write_tasks
from vicugna.formats.containers import write_layout
from vicugna.ray_cleaning.asking import Found, Past, Texts, ask, keep_texts, read_texts
from vicugna.ray_cleaning.cleaning import clean_on_ray
from vicugna.ray_cleaning.cluster import Cluster, connect
from vicugna.ray_cleaning.gate import judge_drafts
from vicugna.ray_cleaning.rules import Rules
from vicugna.records import LANGS, SCOPES, Draft, Source, Task
from vicugna.text.closest import Neighbour
from vicugna.text.digests import digest

WORDS = {
    "en": ["count", "draw", "sum", "river", "bird", "seven", "green", "paper", "storm", "glass"],
    "zh": list("写说出三条江河的名字和颜色在哪里"),
}
NOVELTY = {
    "all": None,
    "both": ["exact_duplicate", "near_duplicate"],
    "near": ["near_duplicate"],
    "exact": ["exact_duplicate"],
    "none": ["length", "empty"],
}
FILES = ("tasks.jsonl", "rejected.jsonl", "messages.jsonl")


def make_rows(count, seed=1):
    """Return rows in both languages, many of them near to or the same as an earlier one."""
    rng = Random(seed)
    rows = []
    for _ in range(count):
        lang = rng.choice(LANGS)
        if rows and rng.random() < 0.4:
            row = dict(rng.choice(rows))
            if rng.random() < 0.6:
                row["instruction"] = f"{row['instruction']} {rng.choice(WORDS['en'])}"
            if rng.random() < 0.2:
                row["instruction"] = row["instruction"].upper() + "!"
        else:
            words = rng.choices(WORDS[lang], k=rng.randint(3, 9))
            row = {"instruction": (" " if lang == "en" else "").join(words), "input": ""}
            row["output"] = " ".join(rng.choices(WORDS["en"], k=4))
        rows.append(row)
    rows.insert(count // 2, {"instruction": 4, "input": [], "output": "x"})
    return rows


def write(name, rows):
    Path(name).write_bytes(b"".join(orjson.dumps(row) + b"\n\n" for row in rows))
    return Path(name)


def clean_both(cluster, files, names=None, block_rows=40, **options):
    """Clean in one process and on a cluster; return both manifests, after comparing all rows."""
    limit = options.pop("max_f1", 0.7)
    one = clean_files(files, filters.chain(names), limit, ["messages"], Path("one"), **options)
    many = clean_on_ray(
        cluster, files, names, limit, Path("many"), block_rows=block_rows, **options
    )
    for name in FILES:
        assert (Path("many") / name).read_bytes() == (Path("one") / name).read_bytes()
    same = ("inputs", "filters", "max_f1", "scope", "counts")
    assert {key: many[key] for key in same} == {key: one[key] for key in same}
    assert list(many["counts"]["rejected"]) == list(one["counts"]["rejected"])
    assert Path("many/README.md").read_bytes() == Path("one/README.md").read_bytes()
    return one, many


@pytest.mark.parametrize("names", NOVELTY.values(), ids=NOVELTY)
@pytest.mark.parametrize("block_rows", [1, 7, 40, 1000])
def test_the_same_rows_and_verdicts_wherever_the_blocks_end(place, names, block_rows):
    files = [write("a.jsonl", make_rows(90)), write("b.jsonl", make_rows(60, seed=2))]

    _, many = clean_both(InTurn(), files, names, block_rows)

    assert many["session"]["blocks"] == -(-152 // -(-152 // -(-152 // block_rows)))


@pytest.mark.parametrize("scope", SCOPES)
def test_the_same_for_each_scope(place, scope):
    rows = [dict(zip(("instruction", "input", "output"), row, strict=True))
            for lang in LANGS for row in ALIKE[lang]]  # fmt: skip

    clean_both(InTurn(), [write("a.jsonl", [*rows, *make_rows(40)])], block_rows=3, scope=scope)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6), block_rows=st.integers(1, 60), limit=st.sampled_from([0.4, 0.7, 1])
)
def test_the_same_for_any_rows_blocks_and_limit(tmp_path_factory, seed, block_rows, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("rows"))
        files = [write("a.jsonl", make_rows(60, seed))]

        clean_both(InTurn(), files, NOVELTY["both"], block_rows, max_f1=limit)


def test_rows_are_compared_with_earlier_sets_too(place):
    earlier = write("earlier.jsonl", make_rows(30))

    one, many = clean_both(
        InTurn(), [write("a.jsonl", make_rows(90))], block_rows=20, against=["earlier.jsonl"]
    )

    assert many["against"] == one["against"]
    assert f"{earlier}:" in Path("many/rejected.jsonl").read_text("utf-8")


def test_parquet_and_json_lines_together(place):
    rows = [row for row in make_rows(60) if isinstance(row["instruction"], str)]
    pq.write_table(pa.Table.from_pylist(rows), "a.parquet", row_group_size=11)

    one, _ = clean_both(InTurn(), [Path("a.parquet"), write("b.jsonl", rows)], block_rows=25)

    assert one["counts"]["rejected"]["exact_duplicate"].keys() == {"en", "zh"}


def test_blocks_are_asked_only_what_the_filters_want(place):
    files = [write("a.jsonl", make_rows(40))]
    without, with_both = InTurn(), InTurn()

    clean_on_ray(without, files, ["length"], out=Path("a"), block_rows=10)
    clean_on_ray(with_both, files, NOVELTY["both"], out=Path("b"), block_rows=10)

    assert without.ran.count("ask") == 0
    assert with_both.ran.count("ask") == sum(range(5))  # 41 rows are 5 blocks


def test_nothing_kept_writes_nothing(place):
    with pytest.raises(UserError, match="none of 1 rows was kept"):
        clean_on_ray(
            InTurn(), [write("a.jsonl", [{"instruction": "", "output": ""}])], out=Path("x")
        )

    assert not Path("x").exists()


def test_a_run_is_refused(place):
    files = [write("a.jsonl", make_rows(9))]
    clean_on_ray(InTurn(), files, out=Path("run"))

    with pytest.raises(UserError, match="run is a run"):
        clean_on_ray(InTurn(), [Path("run")])


def test_a_second_cleaning_replaces_the_folder(place):
    files = [write("a.jsonl", make_rows(9))]

    for _ in range(2):
        clean_on_ray(InTurn(), files, out=Path("x"))

    assert Path("x/manifest.json").exists()


def texts_of(*texts):
    return read_texts(
        pa.table({"passing": [True] * len(texts), "instruction": texts,
                  "input": [""] * len(texts), "output": [""] * len(texts),
                  "more": [None] * len(texts)}), RULES,
    )  # fmt: skip


RULES = Rules(("exact_duplicate", "near_duplicate"), 0.5, "instruction", ("a",))


def test_what_blocks_have_is_put_together_the_nearest_and_of_equals_the_first():
    asking = texts_of("a b c d", "e f g h", "new")
    near, same = np.array([0, 1]), np.array([1])
    founds = [
        Found(near, ["1:far", "1:equal"], np.array([0.6, 0.8]), same, ["1:same"]),
        Found(near, ["2:near", "2:equal"], np.array([0.9, 0.8]), same, ["2:same"]),
    ]

    past = Past(asking, founds)

    assert past.nearest(["a b c d", "e f g h", "new"]) == [
        Neighbour("2:near", 0.9),
        Neighbour("1:equal", 0.8),
        None,
    ]
    assert past.first_same(digest("e f g h")) == "1:same"
    assert past.first_same(digest("new")) == ""


@pytest.mark.parametrize("names", [RULES.filters, ("exact_duplicate",), ("near_duplicate",)])
def test_a_block_says_what_it_has_of_the_kind_that_is_asked_for(names):
    rules = Rules(names, 0.5, "instruction", ("a",))
    kept = keep_texts(["k:1", "k:2"], ["Name a river.", "写一首春天的诗"], rules)
    columns = {name: [""] * 4 for name in ("input", "output")}
    columns["instruction"] = ["写一首秋天的诗", "name a RIVER", "", "Name a river."]
    table = pa.table(columns | {"passing": [True] * 3 + [False], "more": [None] * 4})

    found = ask(kept, read_texts(table, rules))

    wants = [name in names for name in ("near_duplicate", "exact_duplicate")]
    assert (found.near.tolist(), found.near_ids) == (
        ([0, 1], ["k:2", "k:1"]) if wants[0] else ([], [])
    )
    assert (found.same.tolist(), found.same_ids) == (([1], ["k:1"]) if wants[1] else ([], []))


def test_a_row_that_a_block_before_has_is_dropped_for_the_nearest_of_all_before_it():
    drafts = [
        Draft(f"a:{n}", "en", text, "", "x", Source(file="a", position=n))
        for n, text in enumerate(["one two three four", "one two three five six seven", "eight"])
    ]
    texts = [draft.instruction for draft in drafts]
    asking = Texts(pa.array(texts, pa.large_string()), None)
    found = Found(np.array([1]), ["b:9"], np.array([0.55]), np.zeros(0, int), [])

    verdicts = judge_drafts(drafts, RULES, Past(asking, [found]))

    assert [said[-1].kept for said in verdicts] == [True, False, True]
    assert (verdicts[1][-1].near, verdicts[1][-1].measure) == ("a:0", 0.6)  # its own block's


def test_without_ray_one_line_says_how_to_get_it(vicugna, place, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)

    code, _, said = vicugna("clean", write("a.jsonl", make_rows(3)), "--ray", "local")

    assert code == 2
    assert said == 'vicugna: --ray needs Ray: pip install -e ".[ray]", on every machine.\n'


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if find_spec("ray") is None:  # not imported: it reads its settings then
        pytest.skip('Ray is not installed: pip install -e ".[ray]"')
    with connect("local") as started:
        yield started
    with warnings.catch_warnings():  # Ray does not wait for the processes that it ends
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


# Ray and what it imports warn of their own future.
ray = [pytest.mark.ray, pytest.mark.filterwarnings("default")]


class TestOnRay:
    """The same through Ray itself: order, splitting, what it moves, and errors."""

    pytestmark = ray

    @pytest.mark.parametrize("names", NOVELTY.values(), ids=NOVELTY)
    def test_the_same_rows_and_verdicts(self, place, cluster, names):
        files = [write("a.jsonl", make_rows(300)), write("b.jsonl", make_rows(200, seed=2))]

        _, many = clean_both(cluster, files, names, block_rows=90)

        assert many["session"]["blocks"] == 6

    @pytest.mark.parametrize("scope", SCOPES)
    def test_the_same_for_each_scope(self, place, cluster, scope):
        clean_both(cluster, [write("a.jsonl", make_rows(120))], block_rows=50, scope=scope)

    def test_the_same_in_blocks_of_one_row(self, place, cluster):
        clean_both(cluster, [write("a.jsonl", make_rows(12))], block_rows=1)

    def test_the_same_against_an_earlier_set(self, place, cluster):
        write("earlier.jsonl", make_rows(30))

        clean_both(
            cluster, [write("a.jsonl", make_rows(90))], block_rows=30, against=["earlier.jsonl"]
        )

    def test_the_same_for_a_file_in_many_portions(self, place, cluster, monkeypatch):
        monkeypatch.setattr("vicugna.formats.portions.split_file.__defaults__", (2_000,))

        clean_both(cluster, [write("a.jsonl", make_rows(400))], block_rows=150)

    def test_an_error_of_ours_arrives_as_one_line(self, place, cluster):
        with pytest.raises(UserError, match=r"^\S*no\.jsonl: cannot be read: No such file[^\n]*$"):
            clean_on_ray(cluster, [Path("no.jsonl")])


def test_conversations_and_preferences_are_cleaned_as_in_one_process(place):
    """What a row has beside its first question and answer goes with it from machine to machine."""
    drafts = list(ALL.values())
    write_layout("messages", drafts, Path())
    write_tasks([Task(draft, ()) for draft in drafts], Path("tasks.jsonl"))
    files = [Path("messages.jsonl"), Path("tasks.jsonl")]

    here = clean_files(files, filters.chain(), 0.7, ["messages"], Path("here"))
    there = clean_on_ray(InTurn(), files, out=Path("there"), block_rows=2)

    assert here["counts"] == there["counts"]
    for name in ("tasks.jsonl", "rejected.jsonl", "messages.jsonl"):
        assert Path("here", name).read_bytes() == Path("there", name).read_bytes()


def test_rows_that_belong_together_are_refused(place):
    """A part of a file cannot tell with which."""
    write_layout("kto", [ALL["rated"]], Path())

    with pytest.raises(UserError, match="Clean it without --ray"):
        clean_on_ray(InTurn(), [Path("kto.jsonl")], out=Path("there"))
