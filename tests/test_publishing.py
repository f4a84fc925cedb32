"""What is published of a run: all of it, as the hub reads it, and nothing private."""

import io

import orjson
import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard

from tests.formats.rows import TEXTS, make_manifest, make_task, make_tasks, write_small_run
from tests.hub import KEY
from vicugna.errors import UserError
from vicugna.formats.run_folder import write_run
from vicugna.publishing import prepare_push
from vicugna.records import Alternative, Round

TRAIN = "data/train-00000-of-00001.parquet"
VALIDATION = "data/validation-00000-of-00001.parquet"
OFFLINE = {"recipe": {"teacher": {"name": "offline", "model": "offline"}}}
FILES = {"made_by": "clean", "inputs": [{"name": "a.json"}], "recipe": None}


@pytest.fixture
def run(tmp_path):
    return write_small_run(tmp_path / "small", [])


def _write(where, tasks, **changes):
    write_run(where, tasks, [], [], make_manifest(tasks, **changes))
    return where


def _front(publication):
    return DatasetCard(publication.files["README.md"].decode()).data.to_dict()


def _table(publication, path=TRAIN):
    return pq.read_table(io.BytesIO(publication.files[path]))


def test_it_is_a_card_a_description_rows_and_the_manifest(run):
    publication = prepare_push(run, "me/birds")

    assert [*publication.files] == ["README.md", "croissant.json", TRAIN, "manifest.json"]
    total = {lang: count for counts in publication.rows.values() for lang, count in counts.items()}
    assert sum(total.values()) == len(TEXTS)
    assert not publication.public
    assert prepare_push(run, "me/birds") == publication  # byte for byte


def test_the_front_matter_is_what_the_hub_reads(run):
    assert _front(prepare_push(run, "me/birds", licence="odc-by")) == {
        "pretty_name": "small",
        "language": ["en", "zh"],
        "license": "odc-by",
        "task_categories": ["text-generation"],
        "size_categories": ["n<1K"],
        "tags": ["instruction-tuning", "synthetic"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": TRAIN}]},
        ],
    }


@pytest.mark.parametrize(
    "name",
    [
        'a"\n---\nlicense: mit\n---\n# Mine',
        "---\nlicense: mit",
        "a\r---\rb: c",
        "x\u2028license: mit\x85license: mit",
        "{a: b}",
        "[a]",
        "*a",
        "!!python/object/apply:os.system [id]",
        "1e3",
        "a: b # c",
        "\\",
        "'",
        "\ud83d\ude00 🦙",
    ],
)
def test_no_name_breaks_out_of_the_front_matter(tmp_path, name):
    """It comes from a manifest, which may be that of somebody else."""
    tasks = make_tasks(["plain en", "plain zh"])
    run = _write(tmp_path / "run", tasks)
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    name = name.encode("utf-16", "surrogatepass").decode("utf-16")
    (run / "manifest.json").write_bytes(orjson.dumps(manifest | {"name": name}))

    front = _front(prepare_push(run, "me/birds"))

    assert front["license"] == "other"
    assert isinstance(front["pretty_name"], str)
    assert len(front["pretty_name"].splitlines()) == 1
    assert front["configs"][0]["data_files"] == [{"split": "train", "path": TRAIN}]


@pytest.mark.parametrize(
    ("changes", "stated", "front", "strict"),
    [
        pytest.param(OFFLINE, None, ["cc-by-4.0", None], False, id="offline"),
        pytest.param(
            {}, None, ["other", "terms-of-the-teachers-provider"], True, id="a real teacher"
        ),
        pytest.param(FILES, None, ["other", "licence-of-the-sources"], True, id="files"),
        pytest.param({}, "apache-2.0", ["apache-2.0", None], True, id="stated"),
    ],
)
def test_the_licence_follows_from_the_teacher_or_is_stated(
    tmp_path, changes, stated, front, strict
):
    run = _write(tmp_path / "run", make_tasks(["plain en"]), **changes)

    publication = prepare_push(run, "me/birds", licence=stated)

    known = _front(publication)
    assert [known["license"], known.get("license_name")] == front
    assert ("license_link" in known) == (front[0] == "other")
    assert publication.licence == front[0]
    assert publication.strict == strict
    assert publication.terms in publication.files["README.md"].decode()
    described = orjson.loads(publication.files["croissant.json"])
    assert ("#licence-and-terms" in described["license"]) == (front[0] == "other")


def test_the_card_says_in_both_languages_how_it_is_read_and_names_no_file_that_is_not_sent(run):
    card = prepare_push(run, "me/birds").files["README.md"].decode()
    english, chinese = card.split("## 中文说明")

    for part in (english, chinese):
        assert 'load_dataset("me/birds")' in part
        assert f"| train | {len(TEXTS)} |" in part
        assert "| `messages` |" in part
        assert "manifest.json" in part
    assert "rejected.jsonl" not in card
    assert "tasks.jsonl" not in card


def test_a_row_has_all_of_a_task(tmp_path):
    task = make_task(
        "with input",
        system="Be short.",
        reasoning="a before p",
        rounds=(Round("And backwards?", "pear, apple", "p first"),),
        alternatives=(Alternative("apple", score=0.25), Alternative("pear", "why not")),
        score=1,
        topic="language",
    )
    run = _write(tmp_path / "run", [task, make_task("plain zh", 1)])

    rows = _table(prepare_push(run, "me/birds")).to_pylist()

    assert rows[0]["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Sort these words.\npear, apple"},
        {"role": "assistant", "content": "apple, pear"},
        {"role": "user", "content": "And backwards?"},
        {"role": "assistant", "content": "pear, apple"},
    ]
    assert rows[0]["alternatives"] == [
        {"answer": "apple", "reasoning": "", "score": 0.25},
        {"answer": "pear", "reasoning": "why not", "score": None},
    ]
    assert rows[0]["rounds"][0]["reasoning"] == "p first"
    assert rows[0]["input"] == "pear, apple"
    assert rows[0]["score"] == 1.0
    assert rows[0]["source_shown"] == ["en-001", "en-002"]
    assert rows[1]["alternatives"] == rows[1]["rounds"] == []
    assert rows[1]["score"] is None


def test_a_column_that_is_empty_throughout_has_its_type(tmp_path):
    run = _write(tmp_path / "run", make_tasks(["plain en"]))
    schema = _table(prepare_push(run, "me/birds")).schema

    assert "null" not in str(schema)
    assert str(schema.field("score").type) == "double"
    assert str(schema.field("is_classification").type) == "bool"


def test_the_manifest_tells_nothing_of_the_machine(tmp_path):
    tasks = make_tasks(["plain en"])
    recipe = {
        "teacher": {"name": "openai", "model": "m", "base_url": "http://10.1.2.3:8000/v1"},
        "teachers": {"answerer": [{"name": "vllm", "base_url": "http://10.1.2.4:8000/v1"}]},
        "against": [f"{tmp_path}/sets/old.json", "../secret/first", "C:\\sets\\b.json"],
    }
    run = _write(
        tmp_path / "run",
        tasks,
        recipe=recipe,
        folder=str(tmp_path / "run"),
        session={"finished": "2026-11-28T18:34:49+00:00", "faults": {f"{tmp_path}/x": 1}},
        inputs=[{"name": f"{tmp_path}/a.json"}, {"name": "~/b.json"}],
        note=f"read {tmp_path}/My/c.json, https://ann:pw@example.org/x and seed_tasks/en.jsonl",
    )

    told = orjson.loads(prepare_push(run, "me/birds").files["manifest.json"])

    assert not {"folder", "session"} & told.keys()
    assert told["recipe"]["teacher"] == {"name": "openai", "model": "m"}
    assert told["recipe"]["teachers"] == {"answerer": [{"name": "vllm"}]}
    assert told["recipe"]["against"] == ["old.json", "first", "b.json"]
    assert [one["name"] for one in told["inputs"]] == ["a.json", "b.json"]
    assert told["note"] == "read c.json, https://example.org/x and seed_tasks/en.jsonl"
    assert told["files"]["tasks.jsonl"]["sha256"]
    assert str(tmp_path).encode() not in b"".join(prepare_push(run, "me/birds").files.values())


@pytest.mark.parametrize("variable", ["HF_TOKEN", "OPENAI_API_KEY"])
def test_a_key_in_the_rows_is_not_sent(tmp_path, monkeypatch, variable):
    monkeypatch.setenv(variable, KEY)
    told = make_task("plain en", 1, output=f"It is {KEY}.")  # the card shows only the first
    run = _write(tmp_path / "run", [make_task("plain en"), told])

    with pytest.raises(UserError, match=f"key in {variable} occurs in tasks.jsonl") as told:
        prepare_push(run, "me/birds")

    assert KEY not in str(told.value)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param({"repository": "birds"}, "Give OWNER/NAME", id="no owner"),
        pytest.param({"repository": "a/b/c"}, "Give OWNER/NAME", id="three parts"),
        pytest.param({"repository": "me/.."}, "Give OWNER/NAME", id="dots"),
        pytest.param({"repository": "me/a--b"}, "Give OWNER/NAME", id="dashes"),
        pytest.param({"repository": "我/鸟"}, "Give OWNER/NAME", id="not ASCII"),
        pytest.param({"repository": "me/b\n"}, "Give OWNER/NAME", id="a line end"),
        pytest.param({"repository": f"me/{'a' * 97}"}, "Give OWNER/NAME", id="long"),
        pytest.param({"licence": "CC BY\n"}, "no id of a licence", id="licence"),
        pytest.param({"validation": 0.6}, "at most 0.5", id="share"),
    ],
)
def test_what_cannot_be_is_said(run, words, says):
    with pytest.raises(UserError, match=says):
        prepare_push(run, **{"repository": "me/birds"} | words)


def test_rows_that_were_changed_after_the_run_are_not_sent(run):
    path = run / "tasks.jsonl"
    path.write_bytes(path.read_bytes().replace(b"A red kite.", b"A blue kite."))

    with pytest.raises(UserError, match="was changed after the run"):
        prepare_push(run, "me/birds")


@pytest.mark.parametrize("missing", ["counts", "recipe", "method", "name"])
def test_a_manifest_that_is_none(run, missing):
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    damaged = {name: one for name, one in manifest.items() if name != missing}
    damaged |= {"recipe": 1} if missing == "recipe" else {}
    (run / "manifest.json").write_bytes(orjson.dumps(damaged))

    with pytest.raises(UserError, match="not the manifest of a run"):
        prepare_push(run, "me/birds")


def test_validation_is_a_split_of_its_own(run):
    publication = prepare_push(run, "me/birds", validation=0.2)

    train, held_out = _table(publication), _table(publication, VALIDATION)
    assert train.num_rows + held_out.num_rows == len(TEXTS)
    assert held_out.num_rows == sum(publication.rows["validation"].values()) > 0
    assert not {*train["id"].to_pylist()} & {*held_out["id"].to_pylist()}
    assert _front(publication)["configs"][0]["data_files"] == [
        {"split": "train", "path": TRAIN},
        {"split": "validation", "path": VALIDATION},
    ]
    described = orjson.loads(publication.files["croissant.json"])
    assert [one["name"] for one in described["recordSet"]] == ["train", "validation"]


@pytest.mark.parametrize(
    ("changes", "licence"),
    [
        pytest.param(OFFLINE, "cc-by-4.0", id="offline"),
        pytest.param({}, "other", id="a real teacher"),
        pytest.param(FILES, "other", id="files"),
    ],
)
def test_the_card_in_the_run_folder_has_the_licence_too(tmp_path, changes, licence):
    run = _write(tmp_path / "run", make_tasks(["plain en"]), **changes)

    assert DatasetCard.load(run / "README.md").data.license == licence
