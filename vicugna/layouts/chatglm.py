r"""ChatGLM: {"prompt", "response", "history": [[question, answer], ...]}, a row for each round.

    {"prompt": "它多长？", "response": "六千三百公里。", "history": [["说出一条河。", "长江。"]]}

THUDM/ChatGLM-6B, ptuning/main.py, `preprocess_function_train`, with the columns that train_chat.sh
names. It trains on `response` alone, so every round is a row of its own. It gives `load_dataset`
what follows the last dot of the file's name, which must be "json" though each row is a line. Rows
with an empty question or answer are left out there.

The source is "[Round 0]\n问：...\n答：...\n[Round 1]\n问：...\n答："; of one that is too long the
first `max_source_length` - 1 tokens stay, so what is cut is the question that is answered. The
limit is 1,024 where it is not set (ptuning/arguments.py; train_chat.sh sets 256: set 1,024 there).
Earlier rounds are left away until the question fits, the first ones first; a question that does not
fit, alone or with the round before it, is refused. Answers are cut at their end
(`max_target_length`, 128): that is the trainer's own measure, and not looked at here.

What its tokenizer writes for line ends, tabs and spaces, and for the ends of source and target, is
refused (THUDM/chatglm-6b, tokenization_chatglm.py, `SPTokenizer`): "<sop>" would move the border
between what is read and what is trained.

Read here too: ADGEN, {"content", "summary"}, the example of ptuning/README.md.
"""

import re
from collections.abc import Sequence

from vicugna.layouts.alpaca import read_alpaca
from vicugna.layouts.layout import Content, Layout, Located, Problem, Read, Row
from vicugna.layouts.marks import find_mark, texts_of
from vicugna.layouts.texts import read_text
from vicugna.layouts.turns import user_turn
from vicugna.records import Draft, Round

MOST_TOKENS = 1023
LONG_QUESTION = "a question longer than 1,023 tokens"
LONG_ROUND = "a round too long to stand before the next question"
_MARKS = ("<sop>", "<eop>", "[gMASK]", "[MASK]", "<pad>", "<n>", "<|tab|>", "<|blank_")
_PIECE = re.compile(r"[A-Za-z]{1,2}|\n|[^\S\n]{2,80}|[^\S\n](?![A-Za-z])|[^\sA-Za-z]")
# All but ASCII, Chinese punctuation, full-width forms and the common ideographs: what the
# vocabulary may lack is written as bytes.
_RARE = re.compile(r"[^\x00-\x7f\u2010-\u2027\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_Conversation = tuple[str, tuple[Round, ...]]


def most_tokens(text: str) -> int:
    """Return a number of tokens that a text hardly ever has more of.

    Its tokenizer is not at hand: a token is counted for each Chinese character, sign and digit,
    for two letters of a word, and for each byte of a rare character. English text has about half
    of it, Chinese two thirds.

    >>> most_tokens("Name a bird."), most_tokens("说出一种鸟。")
    (6, 6)
    """
    rare = (len(letter.encode()) - 1 for letter in _RARE.findall(text))
    return len(_PIECE.findall(text)) + sum(rare)


_LABELS = most_tokens("[Round 999]\n问：\n答：\n") + 1


def fit_history(earlier: Sequence[Round], question: str) -> list[Round] | str:
    """Return the last of the earlier rounds that fit before a question, or why none does."""
    left = MOST_TOKENS - most_tokens(question) - _LABELS
    if left < 0:
        return LONG_QUESTION
    start = len(earlier)
    while start:
        one = earlier[start - 1]
        left -= most_tokens(one.question) + most_tokens(one.answer) + _LABELS
        if left < 0:
            break
        start -= 1
    return LONG_ROUND if earlier and start == len(earlier) else list(earlier[start:])


def _write(draft: Draft) -> list[Row] | str:
    if refused := find_mark(texts_of(draft), _MARKS):
        return refused
    rounds = [Round(user_turn(draft), draft.output), *draft.rounds]
    rows: list[Row] = []
    for number, one in enumerate(rounds):
        history = fit_history(rounds[:number], one.question)
        if isinstance(history, str):
            return history
        pairs = [[earlier.question, earlier.answer] for earlier in history]
        rows.append({"prompt": one.question, "response": one.answer, "history": pairs})
    return rows


def _matches(row: Row) -> bool:
    if row.keys() & {"instruction", "chosen", "rejected", "reject", "label"}:
        return False
    pairs = [("prompt", "response"), ("content", "summary")]
    return any(isinstance(row.get(asked), str) and answer in row for asked, answer in pairs)


def _read(row: Row) -> Read:
    known = {
        "instruction": read_text(row, "prompt", "content"),
        "output": row.get("response", row.get("summary")),
    }
    return read_alpaca({name: row[name] for name in ("history", "system") if name in row} | known)


def join_rounds(read: list[Located]) -> list[Located]:
    """Return rows of one conversation as one task: each has the rounds before it as its history.

    A history that is only the end of a conversation belongs to it when the rest would not have
    fitted, which is what `_write` leaves away.
    """
    joined: list[Located] = []
    whole: dict[_Conversation, Content] = {}
    ending: dict[_Conversation, Content] = {}  # the last one that ended with a round
    for number, piece in read:
        if isinstance(piece, Problem):
            joined.append((number, piece))
            continue
        system, rounds = _conversation(piece)
        found = whole.pop((system, rounds[:-1]), None) or _cut(ending, system, rounds)
        if found is None:
            joined.append((number, piece))
            found = piece
        else:
            found["rounds"] = (*found.get("rounds", ()), rounds[-1])
        whole[_conversation(found)] = found
        ending[system, rounds[-1:]] = found
    return joined


def _cut(
    ending: dict[_Conversation, Content], system: str, rounds: tuple[Round, ...]
) -> Content | None:
    """Return the conversation that a row goes on with, of which it has only the last rounds."""
    *history, last = rounds
    found = ending.get((system, tuple(history[-1:])))
    if not history or found is None:
        return None
    _, earlier = _conversation(found)
    cut = len(earlier) > len(history) and fit_history(earlier, last.question) == history
    return found if cut else None


def _conversation(content: Content) -> _Conversation:
    question = "\n".join(filter(None, (content["instruction"], content.get("input", ""))))
    first = Round(question, content["output"], content.get("reasoning", ""))
    return content.get("system", ""), (first, *content.get("rounds", ()))


CHATGLM = Layout(
    "chatglm.json", "lines", _write, _matches, _read, join=join_rounds, rounds_first=True
)
