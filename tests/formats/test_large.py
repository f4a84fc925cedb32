"""Files of 60,000 rows: `datasets` takes the types of the first 10 MB for those of all.

Small files hide it: a key or a type that first comes later stops the load.
"""

from dataclasses import replace

import pytest

from tests.layouts.drafts import ALL, CHAT, RATED, RATED_CHAT, SINGLE
from vicugna.formats.containers import write_layout

ROWS = 60_000
PLAIN = replace(SINGLE, input="", instruction="Say it. " * 12, output="它来了。" * 30)


@pytest.mark.parametrize(
    ("name", "plain", "last"),
    [
        pytest.param("alpaca", PLAIN, SINGLE, id="alpaca"),
        pytest.param("sharegpt", PLAIN, CHAT, id="sharegpt"),
        pytest.param("messages", PLAIN, CHAT, id="messages"),
        pytest.param("preference", replace(RATED, instruction="问" * 90), RATED_CHAT, id="dpo"),
        pytest.param("kto_messages", PLAIN, RATED_CHAT, id="kto"),
        pytest.param("chatglm", PLAIN, replace(CHAT, system=""), id="chatglm"),
        pytest.param("dolly", PLAIN, replace(SINGLE, type="closed_qa"), id="dolly"),
    ],
)
def test_what_comes_last_is_of_the_types_of_what_came_first(name, plain, last, tmp_path):
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()
    drafts = [plain] * (ROWS - 1) + [last]
    written, left_out = write_layout(name, drafts, tmp_path)
    path = tmp_path / written.file

    data = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "c"))

    assert left_out == []
    assert path.stat().st_size > 10 << 20
    assert len(data) == written.rows >= ROWS


@pytest.mark.parametrize("order", [1, -1], ids=["conversations last", "conversations first"])
def test_conversations_come_first_where_an_empty_list_would_be_a_list_of_nothing(order, tmp_path):
    drafts = [replace(draft, system="") for draft in ALL.values()][::order]
    write_layout("chatglm", drafts, tmp_path)

    lines = (tmp_path / "chatglm.json").read_text("utf-8").splitlines()
    assert ['"history":[]' in line for line in lines[-2:]] == [True, True]
    assert any('"history":[[' in line for line in lines[:2])
