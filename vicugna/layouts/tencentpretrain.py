r"""TencentPretrain and Linly: {"instruction", "input", "output"}, the first one empty.

    {"instruction": "", "input": "说出一种鸟。\n", "output": "麻雀。"}

Tencent/TencentPretrain, tencentpretrain/utils/dataset.py, `LlmSftDataset.worker`: instruction and
input are joined with nothing between them, the answer follows at once, and only it is trained on
(dataloader.py, `LlmSftDataloader`). So the whole question stands in `input`, with the line end
that CVI-SZU/Linly, instructions/preprocess/csl.py, ends a question with.

It turns "\\n", two characters, into a line end in every text, which breaks code: such a text is
refused. A question longer than `seq_length` (preprocess.py) drops its row, an answer is cut at its
end. There is no place for earlier rounds whose answers would be trained on.
"""

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import MORE_ROUNDS, Layout, Read, Row
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.layouts.turns import user_turn
from vicugna.records import Draft


def _write(draft: Draft) -> list[Row] | str:
    if draft.rounds:
        return MORE_ROUNDS
    return find_mark(texts_of(draft), ["\\n"]) or [
        {"instruction": "", "input": f"{user_turn(draft)}\n", "output": draft.output}
    ]


def _matches(row: Row) -> bool:
    """Return whether a question stands in the input alone; with an instruction it is Alpaca."""
    texts = (row.get("instruction", "-"), row.get("input"))
    return all(isinstance(text, str) for text in texts) and not texts[0].strip() and "output" in row


def _read(row: Row) -> Read:
    return read_alpaca({**row, "instruction": row["input"], "input": ""})


TENCENTPRETRAIN = Layout("tencentpretrain.jsonl", "lines", _write, _matches, _read)
