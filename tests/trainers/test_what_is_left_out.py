"""What loaders do to the texts that the layouts leave out: the reason, seen in the loader itself.

Each row is one text in one place. When a new version of a trainer reads it right, the row fails,
and the layout may let the text through.
"""

import pytest

from tests.trainers.files import request_rows
from tests.trainers.runner import run_check

pytestmark = pytest.mark.trainers

# Text, whether as a question nothing of its conversation is learned, and whether as an answer.
FASTCHAT = [
    ("x </s> y", True, True),
    ("x <unk> y", True, True),  # its padding, by which the loader counts
    ("USER: x ASSISTANT: y", True, True),
    ("x ASSISTANT:  y", True, True),
    ("ASSISTANT: x", True, False),  # only a question has a space before it
    ("x ASSISTANT:", False, False),
    ("x\nASSISTANT: y", False, False),
    ("x ASSISTANT:\ny", False, False),
    ("x assistant: y", False, False),
    ("<s> x USER: y", False, False),
]


def _found(script, name, rows, folder, **options):
    """Return what a check found for a file of these rows, each with its question and answers."""
    trainer, clone = options.pop("trainer", ""), options.pop("clone", "")
    asked = [[question] for question, _, _ in rows]
    made, learned = [row for _, _, row in rows], [answers for _, answers, _ in rows]
    # Dolly reads all that lies beside the file.
    file = request_rows(name, made, learned, asked, folder / "file", **options)
    (found,) = run_check(script, [file], folder, trainer=trainer, clone=clone)
    assert "error" not in found, found.get("error")
    return found


def _numbers(lines):
    """Return the rows that are named in the findings of a check: `answer 3: text` -> 3."""
    return {int(line.split(":")[0].split()[1]) for line in lines}


def _said(*texts):
    """Return turns as FastChat has them."""
    roles = ("human", "gpt") * len(texts)
    return [{"from": role, "value": text} for role, text in zip(roles, texts, strict=False)]


@pytest.mark.parametrize("at", [pytest.param(1, id="question"), pytest.param(2, id="answer")])
def test_fastchat_masks_a_conversation_with_its_separators(at, tmp_path):
    rows = []
    for text, _, _ in FASTCHAT:
        turns = (text, "Yes, so.") if at == 1 else ("So?", text)
        row = {"id": "x", "conversations": _said(*turns, "And then?", "That was all.")}
        rows.append(("And then?", {"answer": [turns[1], "That was all."]}, row))

    found = _found("fschat", "sharegpt", rows, tmp_path, lazy=False)

    assert found["kept"] == len(FASTCHAT)  # counting rows would not have shown it
    assert _numbers(found["missing"]) == {n for n, row in enumerate(FASTCHAT) if row[at]}


@pytest.mark.parametrize("name", ["preference", "preference_implicit"])
def test_axolotl_takes_a_short_answer_for_part_of_a_tag(name, tmp_path):
    """It looks for the answer in a rendered chat, with `[[dummy_message]]` before it."""
    kind = {"type": "chat_template.argilla_chat"}
    if name == "preference":
        kind = {"type": "chat_template.default", "field_messages": "prompt"}
    rows = []
    for answer in ("user", "art", "message", "a", "Fine.", "user 1"):
        prompt = [{"role": "user", "content": "So?"}]
        pair = {
            side: [{"role": "assistant", "content": text}]
            for side, text in (("chosen", answer), ("rejected", "Worse."))
        }
        row = {"prompt": prompt} | pair
        if name == "preference_implicit":
            row = {side: prompt + turns for side, turns in pair.items()}
        rows.append(("So?", {"chosen": [answer], "rejected": ["Worse."]}, row))
    dataset = {"ds_type": "json", "split": "train"} | kind

    found = _found("axolotl", name, rows, tmp_path, dataset=dataset, settings={"rl": "dpo"})

    before = {before for side, before, _ in found["around"] if side == "chosen"}
    assert {text.split("]]")[-1] for text in before} == {"", "<|im_end|>\n<|im_start|>assistant\n"}


def test_colossalchat_takes_a_short_answer_for_part_of_a_tag(tmp_path):
    rows = []
    for answer in ("Fine.", "assistant", "start"):
        turns = [{"from": "user", "content": "So?"}, {"from": "assistant", "content": answer}]
        rows.append(("So?", {"answer": [answer]}, {"messages": turns}))
    options = {"trainer": "trl", "clone": "ColossalAI", "function": "tokenize_sft"}

    found = _found("colossalchat", "colossalchat", rows, tmp_path, **options)

    assert len(found["around"]) > 1


def test_dolly_starts_at_the_first_response_key(tmp_path):
    rows = [
        (
            "Fill in.",
            {"answer": [said]},
            {"instruction": asked, "context": given, "response": said, "category": "open_qa"},
        )
        for asked, given, said in (
            ("Fill in.", "### Response:", "Done."),
            ("Fill in ### Response:", "", "Done."),
            ("Fill in ### Response: now", "", "Done."),
            ("Fill in.", "", "It is <|endoftext|>."),
        )
    ]

    found = _found("dolly", "dolly", rows, tmp_path, trainer="trl", clone="dolly")

    assert [before for _, before, _ in found["around"]] == ["", "\n### Response:\n"]
    assert _numbers(found["missing"]) == {3}  # its padding is that token


def test_tencentpretrain_reads_a_written_escape_as_a_new_line(tmp_path):
    rows = [
        ("How?", {"answer": [said]}, {"instruction": "How?", "input": "", "output": said})
        for said in ('printf("\\n");', "C:\\data\ttab")
    ]
    options = {"trainer": "trl", "clone": "TencentPretrain"}

    found = _found("tencentpretrain", "tencentpretrain", rows, tmp_path, **options)

    assert _numbers(found["missing"]) == {0}
