"""The card of a set: valid for the hub, and closed to what a teacher wrote."""

import re

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.rows import TEXTS, make_manifest, make_task
from vicugna.formats.card import write_card
from vicugna.text.hygiene import clean_text

OFFLINE = {"name": "offline", "model": "offline"}
QWEN = {"name": "vllm", "model": "qwen"}
FENCED = re.compile(r"^~~~~~~json\n(.*)\n~~~~~~$", re.MULTILINE)


def _card(tmp_path, tasks, **changes):
    write_card(make_manifest(tasks, **changes), tasks, tmp_path / "README.md")
    return (tmp_path / "README.md").read_text(encoding="utf-8")


def _front_matter(card):
    _, front, _ = card.split("---\n", 2)
    return yaml.safe_load(front)


@pytest.mark.parametrize("name", ["small", "no", "null", "1e3", "2024-01-01", "true", "0x1f", "on"])
def test_the_front_matter_is_yaml_with_the_name_as_text(tmp_path, name):
    tasks = [make_task("plain en"), make_task("plain zh")]

    front = _front_matter(_card(tmp_path, tasks, name=name))

    assert front == {
        "pretty_name": name,
        "language": ["en", "zh"],
        "license": "other",
        "task_categories": ["text-generation"],
        "size_categories": ["n<1K"],
        "tags": ["instruction-tuning", "synthetic"],
    }


@pytest.mark.parametrize(
    ("total", "size"),
    [
        (1, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (99_999, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (999_999, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (50_000_000, "10M<n<100M"),
    ],
)
def test_the_size_is_one_of_the_hub(tmp_path, total, size):
    counts = {"tasks": {"zh": total}, "rejected": {}}

    front = _front_matter(_card(tmp_path, [make_task("plain zh")], counts=counts))

    assert front["size_categories"] == [size]
    assert front["language"] == ["zh"]


@pytest.mark.parametrize("name", TEXTS)
def test_a_teachers_text_stays_inside_its_fence(tmp_path, name):
    """It is one line of JSON, so nothing in it can close the fence or begin a heading."""
    task = make_task(name)
    card = _card(tmp_path, [task])

    shown = FENCED.findall(card)
    assert len(shown) == 1
    assert orjson.loads(shown[0])["instruction"] == TEXTS[name][0]
    assert card.endswith(f"~~~~~~json\n{shown[0]}\n~~~~~~\n")
    outside = card.replace(shown[0], "")
    for text in TEXTS[name]:
        assert len(text) < 12 or text not in outside


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from("~`-#\n\r \u2028a"), min_size=1, max_size=30))
def test_no_text_breaks_out(tmp_path_factory, text):
    text = clean_text(text) or "x"
    task = make_task("plain en", instruction=text, output=f"\n~~~~~~\n{text}")

    card = _card(tmp_path_factory.mktemp("card"), [task])

    assert len(FENCED.findall(card)) == 1
    assert re.findall(r"^~~~~~~.*$", card, re.MULTILINE) == ["~~~~~~json", "~~~~~~"]


def test_it_says_in_both_languages_what_was_kept_and_why_the_rest_was_not(tmp_path):
    tasks = [make_task("plain en"), make_task("plain zh"), make_task("plain zh", 1)]

    card = _card(tmp_path, tasks)

    assert "| English | 1 |\n| Chinese | 2 |" in card
    assert "| 英文 | 1 |\n| 中文 | 2 |" in card
    assert "| near_duplicate | 7 |" in card
    assert card.count("some-model") == 2
    assert len(FENCED.findall(card)) == 2


def test_it_says_in_both_languages_how_near_the_seed_tasks_are(tmp_path):
    tasks = [make_task("plain en"), make_task("plain zh")]
    histogram = {"en": [0, 1200, 3, 0, 0, 0, 0, 0, 0, 0], "zh": [0, 0, 0, 0, 0, 0, 7, 0, 0, 1]}
    without = _card(tmp_path, tasks)

    card = _card(tmp_path, tasks, seed_similarity=histogram)

    english, chinese = card.split("## 中文说明")
    for part, names, source in (
        (english, "English | Chinese", "figure 4 of Self-Instruct (Wang et al. 2023)"),
        (chinese, "英文 | 中文", "Self-Instruct（Wang 等，2023）图 4"),
    ):
        assert source in part
        assert f"\n\n| F1 | {names} |\n|---|---:|---:|\n| 0.0–0.1 | 0 | 0 |\n" in part
        assert "\n| 0.1–0.2 | 1,200 | 0 |\n" in part
        assert "\n| 0.9–1.0 | 0 | 1 |\n\n" in part
    table = re.compile(r"[^\n]+\n\n\| F1 .*?\n\n", re.DOTALL)
    assert table.sub("", card) == without


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({}, ("terms of the teacher's provider", "服务商条款"), id="a real teacher"),
        pytest.param(
            {"recipe": {"teacher": {"name": "offline", "model": "offline"}}},
            ("CC BY 4.0", "离线教师"),
            id="the offline one",
        ),
        pytest.param(
            {
                "method": "self-instruct",
                "recipe": {"teacher": OFFLINE, "teachers": {"answerer": [OFFLINE, QWEN]}},
            },
            (
                "terms of the teacher's provider",
                "服务商条款",
                "Teacher: offline (offline), vllm (qwen).",
                "教师模型：offline (offline)、vllm (qwen)。",
            ),
            id="one of several is a real one",
        ),
        pytest.param(
            {"recipe": {"teacher": QWEN, "teachers": {"task_writer": [OFFLINE]}}},
            ("CC BY 4.0", "Teacher: offline (offline)."),
            id="the real one is asked nothing",
        ),
        pytest.param(
            {"recipe": {"teacher": OFFLINE, "teachers": {"answerer": [QWEN]}}},
            ("CC BY 4.0", "Teacher: offline (offline)."),
            id="nor one of a role that the method does not have",
        ),
        pytest.param(
            {"made_by": "clean", "inputs": [{"name": "a.json"}], "recipe": None},
            ("The licence of the source files applies", "沿用来源文件的许可"),
            id="cleaned files",
        ),
        pytest.param(
            {"made_by": "clean", "inputs": [{"name": "small-1a2b"}]},
            ("terms of the teacher's provider", "服务商条款", "run `small-1a2b`", "some-model"),
            id="the drafts of a run: the terms of its teacher",
        ),
    ],
)
def test_it_names_the_licence_and_the_terms(tmp_path, changes, says):
    card = _card(tmp_path, [make_task("plain en")], **changes)

    assert all(one in card for one in says)


def test_the_name_of_a_model_stays_on_its_line(tmp_path):
    """It may come from the manifest of somebody else."""
    teacher = {"name": "openai", "model": "x\n\n# Licence\n\nMIT"}

    card = _card(tmp_path, [make_task("plain en")], recipe={"teacher": teacher})

    assert "Teacher: openai (x # Licence MIT)." in card
    assert "\n# Licence" not in card


def test_the_earlier_sets_are_named_in_both_languages(tmp_path):
    tasks = [make_task("plain en"), make_task("plain zh")]
    sets = [{"name": "first", "sha256": "0"}, {"name": "old.json", "sha256": "1"}]

    card = _card(tmp_path, tasks, against={"sets": sets, "rows": 1200})

    assert "Duplicates of the 1,200 rows of `first`, `old.json` were dropped." in card
    assert "与更早的 `first`、`old.json`（共 1,200 条）重复的已剔除。" in card
    assert "1,200" not in _card(tmp_path, tasks)
