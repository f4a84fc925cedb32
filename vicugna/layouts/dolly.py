"""Dolly: {"instruction", "context", "response", "category"}, as databricks-dolly-15k has it.

    {"instruction": "Sort these words.", "context": "pear, apple", "response": "apple, pear",
     "category": "closed_qa"}

databrickslabs/dolly, training/trainer.py. `load_training_dataset` stops at an empty instruction or
response. "### Instruction:", "### Response:" with a line end, and "### End" are tokens of their own
there (`load_tokenizer`), wherever they stand, in "### Endpoints" too: the collator masks up to the
first of the second, and an answer ends at the third. `preprocess_dataset` drops all four columns,
so all are there, and leaves out rows of more tokens than the model has positions.

Numbers of citations ("[1]") in a context from Wikipedia are kept.
"""

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import MORE_ROUNDS, Layout, Read, Row
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.records import Draft

# The last one is the padding token of its model too, which the collator masks.
_MARKS = ("### Instruction:", "### Response:", "### End", "<|endoftext|>")


def _write(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    return find_mark(texts_of(draft), _MARKS) or [
        {
            "instruction": draft.instruction,
            "context": draft.input,
            "response": draft.output,
            "category": draft.type,
        }
    ]


def _matches(row: Row) -> bool:
    return {"instruction", "context", "response"} <= row.keys()


def _read(row: Row) -> Read:
    answered = {"output": row["response"], "category": row.get("category")}
    return read_alpaca({"instruction": row["instruction"], "input": row["context"]} | answered)


DOLLY = Layout("dolly.jsonl", "lines", _write, _matches, _read)
