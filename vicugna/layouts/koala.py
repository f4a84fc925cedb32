"""Koala: texts by name, and `fields`, the order in which they are joined and trained on.

    {"marker_user": "USER:", "marker_gpt": "GPT:", "marker_gpt_bad": "An Unhelpful Answer:",
     "human_0": "Name a bird.", "gpt_1": "A red kite.",
     "fields": "[marker_user+human_0+marker_gpt],gpt_1,<|eos|>"}

young-geng/EasyLM, EasyLM/data.py, `TextProcessor`, with `fields_from_example` set to "fields":
names are joined with a space, what stands in brackets is not trained on, and every name must be a
text of the row. So a system prompt is a name more, before the first question. An answer that was
rejected is a row of its own, conditioned on another marker, as young-geng/koala_data_pipeline,
create_hf_data_v2.py, has it; the answers before it are trained on in the row of the chosen one.
"</s>" in a text would be the end of an answer, which `<|eos|>` is.

A row has as many keys as its conversation has turns. Its reader is `JsonDataset`, which takes each
line for itself; `load_dataset` would fill the rest with null, so this layout is none for it.
"""

import re
from collections.abc import Iterator, Sequence

from vicugna.layouts.kto import join_labels
from vicugna.layouts.layout import PREFERENCES, Layout, Problem, Read, Row
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.layouts.preference import rejected_answers
from vicugna.layouts.texts import dump_row
from vicugna.layouts.turns import Role, Turn, as_messages, question_turns, read_turns
from vicugna.records import Draft

_MARKERS = {
    "marker_user": "USER:",
    "marker_gpt": "GPT:",
    "marker_gpt_bad": "An Unhelpful Answer:",
}
_END = "<|eos|>"
_PLACED = re.compile(r"(?:human|gpt|gpt_bad)_(\d{1,6})\Z")


def _write(draft: Draft) -> list[Row] | str:
    if refused := find_mark(texts_of(draft, system=True, rejected=True), ["</s>"]):
        return refused
    asked = question_turns(draft)
    rows = [_write_row(asked, draft.answer)]
    return rows + [_write_row(asked, bad, bad=True) for bad in rejected_answers(draft)]


def _write_row(asked: Sequence[Turn], answer: str, *, bad: bool = False) -> Row:
    row: Row = dict(_MARKERS)
    fields: list[str] = []
    system = ""
    if asked[0][0] == "system":
        row["system"], asked, system = asked[0][1], asked[1:], "system+"
    for place, (role, text) in enumerate(asked):
        name = f"{'human' if role == 'user' else 'gpt'}_{place}"
        row[name] = text
        if role == "user":
            marker = "marker_gpt_bad" if bad and place == len(asked) - 1 else "marker_gpt"
            fields.append(f"[{system if not place else ''}marker_user+{name}+{marker}]")
        else:
            fields += [f"[{name}]", f"[{_END}]"] if bad else [name, _END]
    name = f"{'gpt_bad' if bad else 'gpt'}_{len(asked)}"
    return {**row, name: answer, "fields": ",".join([*fields, name, _END])}


def _matches(row: Row) -> bool:
    return "marker_user" in row or {"human_0", "gpt_1"} <= row.keys()


def _read(row: Row) -> Read:
    turns: list[Turn] = []
    good = True
    for name in _names(row):
        text = row.get(name)
        if not isinstance(text, str):
            return [Problem("a field that is no text of the row", dump_row(row))]
        role: Role = "assistant" if name.startswith("gpt") else "user"
        if role == "assistant":
            good = not name.startswith("gpt_bad")
        if name.startswith(("human", "gpt")):
            turns.append((role, text))
        elif turns:  # a quotation belongs to the question
            turns[-1] = (turns[-1][0], f"{turns[-1][1]} {text}")
        else:
            turns.append(("system", text))
    read = read_turns(as_messages(turns))
    return [piece if isinstance(piece, Problem) else {**piece, "label": good} for piece in read]


def _names(row: Row) -> Iterator[str]:
    """Yield the names of what was said, in order."""
    fields = row.get("fields")
    if not isinstance(fields, str):
        placed = ((_PLACED.match(name), name) for name in row)
        yield from (name for _, name in sorted((int(at[1]), name) for at, name in placed if at))
        return
    for name in re.split(r"[,+]", fields.replace("[", "").replace("]", "")):
        if name and not name.startswith(("marker", "<|")):
            yield name


KOALA = Layout("koala.jsonl", "lines", _write, _matches, _read, PREFERENCES, join_labels)
