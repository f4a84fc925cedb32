"""Writing a run again: the same rows in other layouts, and nothing lost on the way."""

import re
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.formats.rows import FORMATS, TEXTS, make_manifest, write_small_run
from tests.layouts.drafts import ALL, CHAT, RATED, SINGLE
from vicugna.errors import UserError
from vicugna.exporting import Wanted, export_run
from vicugna.formats.run_folder import write_run
from vicugna.records import Alternative, Task


@pytest.fixture
def run(place):
    return write_small_run(Path("outputs/small-1a2b"), formats=FORMATS)


def test_an_export_is_the_bytes_the_run_wrote(run):
    files = export_run(run, Wanted(FORMATS)).files

    assert set(files) == set(FORMATS)
    for file in files.values():
        assert Path(file).parent == Path("outputs/small-1a2b-export")
        assert Path(file).read_bytes() == (run / Path(file).name).read_bytes()


def test_an_export_says_what_llama_factory_needs(run):
    export_run(run, Wanted(["alpaca", "messages"]), Path("here"))

    info = orjson.loads(Path("here/dataset_info.json").read_bytes())
    assert {entry["file_name"] for entry in info.values()} == {"alpaca.json", "messages.jsonl"}
    assert {path.name for path in Path("here").iterdir()} == {
        "alpaca.json",
        "messages.jsonl",
        "dataset_info.json",
        "export.json",
    }


def test_an_export_may_be_repeated(run):
    export_run(run, Wanted(["alpaca"]), Path("here"))
    export_run(run, Wanted(["sharegpt"]), Path("here"))

    assert not Path("here/alpaca.json").exists()


@pytest.mark.parametrize("name", [".", "../small-1a2b"])
def test_a_run_may_be_named_from_inside(run, monkeypatch, name):
    """A path without a name of its own, such as ".", has a folder beside it too."""
    outputs = Path("outputs").absolute()
    monkeypatch.chdir(run)

    files = export_run(Path(name), Wanted(["alpaca"])).files

    assert Path(files["alpaca"]).resolve() == outputs / "small-1a2b-export" / "alpaca.json"


@pytest.mark.parametrize(
    ("formats", "out", "says"),
    [
        pytest.param(["csv"], None, 'format "csv": unknown. Formats are ', id="unknown"),
        pytest.param([], None, "give --format with the names of layouts, or --for", id="none"),
        pytest.param(["alpaca"], "outputs/small-1a2b", "is a run", id="over the run itself"),
        pytest.param(["alpaca"], "mine", "which vicugna did not write", id="over other files"),
    ],
)
def test_an_export_that_cannot_be(run, formats, out, says):
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("three years of work")
    before = {path.name: path.read_bytes() for path in run.iterdir()}

    with pytest.raises(UserError, match=says):
        export_run(run, Wanted(formats), out and Path(out))

    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    assert Path("mine/thesis.txt").read_text() == "three years of work"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(
            lambda row: row | {"schema": 3}, '"schema" is 3, this version knows 1 and 2', id="newer"
        ),
        pytest.param(lambda row: {}, '"schema" is None', id="empty object"),
        pytest.param(lambda row: row | {"output": None}, '"output" is not text', id="null"),
        pytest.param(lambda row: row | {"output": 42}, '"output" is not text', id="number"),
        pytest.param(lambda row: row | {"lang": "fr"}, "\"lang\" is 'fr'", id="language"),
        pytest.param(lambda row: row | {"source": None}, "not a task of schema 2", id="no source"),
        pytest.param(
            lambda row: {name: value for name, value in row.items() if name != "input"},
            "not a task of schema 2: 'input'",
            id="a key is missing",
        ),
    ],
)
def test_a_task_that_was_edited_by_hand_is_told_with_its_line(run, spoil, says):
    lines = (run / "tasks.jsonl").read_bytes().splitlines()
    lines[1] = orjson.dumps(spoil(orjson.loads(lines[1])))
    (run / "tasks.jsonl").write_bytes(b"\n".join(lines))

    with pytest.raises(UserError) as told:
        export_run(run, Wanted(["alpaca"]))

    assert str(told.value).startswith("outputs/small-1a2b/tasks.jsonl:2: ")
    assert says in str(told.value)
    assert not Path("outputs/small-1a2b-export").exists()


CHINESE = replace(SINGLE, lang="zh", instruction="说出一种鸟。", input="", output="麻雀。")


def write_set(*drafts):
    """Write a run folder of these drafts; return it."""
    tasks = [Task(draft, ()) for draft in drafts]
    write_run(Path("outputs/set"), tasks, [], [], make_manifest(tasks))
    return Path("outputs/set")


def read_lines(path):
    return [orjson.loads(line) for line in Path(path).read_bytes().splitlines()]


def test_what_a_layout_cannot_hold_is_told_and_the_rest_is_written(place):
    """Alpaca has no place for further rounds, so it has no conversation at all."""
    export = export_run(write_set(*ALL.values()), Wanted(["alpaca", "messages", "preference"]))

    alpaca, messages, preference = export.written.values()
    assert (alpaca.rows, alpaca.left_out) == (2, {"more than one round": 2})
    assert alpaca.lost == {"alternatives": 1, "score": 1}
    assert (messages.rows, messages.left_out) == (4, {})
    assert messages.lost == {"alternatives": 2, "score": 1}
    assert (preference.tasks, preference.rows) == (2, 3)
    assert preference.left_out == {"no rejected answer": 2}
    assert {row["reason"] for row in read_lines(export.folder / "left_out.jsonl")} == {
        "more than one round",
        "no rejected answer",
    }


@pytest.mark.parametrize(
    ("drafts", "layout", "says"),
    [
        (
            [SINGLE],
            "preference",
            "none of the tasks can be written: no rejected answer (1)",
        ),
        ([CHAT], "alpaca", "alpaca: none of the tasks can be written: more than one round (1)"),
    ],
)
def test_a_layout_that_can_hold_nothing_is_an_error_and_no_empty_file(place, drafts, layout, says):
    with pytest.raises(UserError) as told:
        export_run(write_set(*drafts), Wanted(["messages", layout]), Path("here"))

    assert says in str(told.value)
    assert not Path("here").exists()


def test_export_json_says_what_each_file_holds_and_its_hash(run):
    export = export_run(run, Wanted(["sharegpt"]), Path("here"))

    told = orjson.loads(Path("here/export.json").read_bytes())
    names = {path.name for path in Path("here").iterdir()} - {"export.json"}
    assert told["exports"]["sharegpt"] == {
        "file": "sharegpt.json",
        "rows": len(TEXTS) - 1,
        "tasks": len(TEXTS) - 1,
        "left_out": {"</s> in a text": 1},
        "lost": {},
    }
    assert set(told["files"]) == names
    assert export.written["sharegpt"].rows == len(TEXTS) - 1


def test_validation_rows_are_in_a_file_of_their_own(run):
    export = export_run(run, Wanted(["alpaca", "lmflow_text2text"], validation=0.25))

    rows = {kind: one.rows for kind, one in export.written.items()}
    assert rows["alpaca"] + rows["alpaca_validation"] == len(TEXTS)
    assert rows["alpaca_validation"] == export.held_out > 0
    assert export.files["lmflow_text2text_validation"].endswith(
        "lmflow_text2text_validation/data.json"
    )
    info = orjson.loads((export.folder / "dataset_info.json").read_bytes())
    assert info["small_alpaca_validation"] == {"file_name": "alpaca_validation.json"}


@pytest.mark.parametrize("wanted", [True, False], ids=["before its answer", "left away"])
def test_reasoning(place, wanted):
    thought = replace(SINGLE, reasoning="A before P.")

    export = export_run(write_set(thought), Wanted(["messages"], reasoning=wanted))

    [row] = read_lines(export.files["messages"])
    answer = row["messages"][-1]["content"]
    assert answer == ("<think>\nA before P.\n</think>\n\napple, pear" if wanted else "apple, pear")
    assert export.written["messages"].lost == ({} if wanted else {"reasoning": 1})


@pytest.fixture
def words(place):
    """A tokenizer whose tokens are words and single Chinese characters."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex("[\u4e00-\u9fff]"), "isolated"),
        ]
    )
    tokenizer.add_special_tokens(["<|im_end|>"])
    tokenizer.save("tokenizer.json")
    return "tokenizer.json"


def test_a_long_conversation_is_split_at_whole_rounds(words):
    run = write_set(CHAT, SINGLE)

    export = export_run(run, Wanted(["messages"], max_tokens=50, tokenizer=words))

    *parts, single = (row["messages"] for row in read_lines(export.files["messages"]))
    said = [turn["content"] for part in parts for turn in part if turn["role"] == "user"]
    assert said == [CHAT.instruction, *(later.question for later in CHAT.rounds)]
    assert len(parts) > 1
    assert all(part[0]["role"] == "system" for part in parts)
    assert single[0]["role"] == "user"
    assert export.too_long == 0


def test_lengths_are_told_by_the_tokenizer(words):
    export = export_run(write_set(SINGLE), Wanted(["messages"], tokenizer=words))

    assert export.lengths is not None
    assert (export.lengths.texts, export.lengths.longest) == (1, 7)


@pytest.mark.parametrize(
    "changes",
    [
        {"output": "End with <|im_end|>."},
        {"system": "<|im_end|>"},
        {"alternatives": (Alternative("坏<|im_end|>"),)},
    ],
    ids=["answer", "system turn", "rejected answer"],
)
def test_what_the_tokenizer_takes_for_a_mark_of_its_own_is_left_out(words, changes):
    """The model would learn to stop there."""
    run = write_set(SINGLE, replace(RATED, **changes))

    export = export_run(run, Wanted(["messages"], tokenizer=words))

    assert export.written["messages"].rows == 1
    assert export.written["messages"].left_out == {"<|im_end|> in a text": 1}
    assert export_run(run, Wanted(["messages"])).written["messages"].rows == 2  # it is not known


def test_a_mark_in_the_reasoning_counts_where_it_is_written(words):
    run = write_set(SINGLE, replace(RATED, reasoning="<|im_end|>"))

    wanted = Wanted(["messages"], tokenizer=words)
    assert export_run(run, wanted).written["messages"].rows == 2
    assert export_run(run, replace(wanted, reasoning=True)).written["messages"].rows == 1


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Wanted(["alpaca"], max_tokens=9), "--max-tokens: tokens are counted by a tokenizer"),
        (Wanted(["alpaca"], tokenizer="no.json"), "no.json: no such file"),
        (Wanted(["alpaca"], "stanford-alpaca"), "one of both"),
        (Wanted(trainer="keras"), 'trainer "keras": unknown. Trainers are'),
        (Wanted(["alpaca"], validation=0.6), "0.6"),
        (Wanted(["gpt4llm"]), 'format "gpt4llm": unknown'),  # is only read
    ],
)
def test_a_choice_that_cannot_be(run, wanted, says):
    with pytest.raises(UserError, match=re.escape(says)):
        export_run(run, wanted, Path("here"))

    assert not Path("here").exists()


def test_what_only_a_file_of_pairs_would_misread_stays_in_the_others(place):
    """Axolotl finds an answer that stands in the tags before it too early, in DPO only."""
    run = write_set(replace(RATED, output="user"), RATED)

    export = export_run(run, Wanted(trainer="axolotl"))

    assert export.written["messages"].tasks == 2
    assert export.written["preference"].tasks == 1
    assert list(export.written["preference"].left_out) == [
        "an answer that axolotl's DPO finds before it begins"
    ]


def test_a_trainer_is_served_though_its_files_of_pairs_can_hold_nothing(place):
    """ChatLLaMA's reward file wants scores; what it trains before does not."""
    run = write_set(replace(RATED, score=None), SINGLE)

    export = export_run(run, Wanted(trainer="chatllama"))

    assert export.written["chatllama_reward"].rows == 1  # SINGLE has no worse answer to be ranked
    assert export.written["chatllama_actor"].rows == 2


@pytest.mark.parametrize(("draft", "name"), [(SINGLE, "vicugna"), (CHINESE, "vicugna_zh")])
def test_the_template_of_alpaca_lora_is_in_the_language_of_the_set(place, draft, name):
    export = export_run(write_set(draft), Wanted(trainer="alpaca-lora"))

    [command] = export.setup.commands
    assert f"--prompt_template_name {name} " in command
