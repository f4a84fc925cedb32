"""What a check is asked, and what it answers.

A request is a JSON file: `{"folder": a folder to write into, "clone": the trainer's source when
that is a repository, "files": [file, ...]}`. A file has a
path, the name of its layout and, for each row, the texts that must be learned, by side: `answer`,
or `chosen` and `rejected`; `asked` are the texts that must not be.

    {"layout": "alpaca", "path": "alpaca.json", "rows": 34, "asked": [["Name a bird."], ...],
     "wanted": {"answer": [["A red kite."], ...]}}
"""

import contextlib
import json
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

# For each side and each row that was kept, the text of its unmasked labels.
Learned = Mapping[str, Sequence[str]]
IGNORED = -100


def unmasked(tokens: Any, labels: Iterable[int]) -> str:
    """Return the text of the labels that count."""
    numbers = [int(number) for number in labels if int(number) != IGNORED]
    return tokens.decode(numbers, skip_special_tokens=False)


def compare(file: Mapping[str, Any], learned: Learned) -> dict[str, Any]:
    """Return rows in the file and rows kept, answers not learned, and questions learned.

    `stripped` are answers found only without the white space around them. `around` is what is
    learned before and after the answer of a row with one round: tags, the same in every row. A
    file that is read `whole` has its questions there, which is then no leak.
    """
    found: dict[str, Any] = {"layout": file["layout"], "rows": file["rows"], "missing": []}
    found |= {"kept": len(next(iter(learned.values()))), "stripped": [], "leaked": []}
    around: set[tuple[str, ...]] = set()
    for side, rows in file["wanted"].items():
        texts = learned[side]
        # A loader that drops rows has shifted the others: then any row will do.
        shifted = len(texts) != len(rows)
        masked = not (shifted or side == "tag" or file.get("whole"))
        for number, answers in enumerate(rows):
            text = "\0".join(texts) if shifted else texts[number]
            for one in answers:
                if one not in text:
                    kind = "stripped" if one.strip() in text else "missing"
                    found[kind].append(f"{side} {number}: {one}")
            if masked:
                asked = file["asked"][number]
                found["leaked"] += [f"{side} {number}: {one}" for one in asked if one in text]
                if len(asked) == 1 and answers[0] in text:
                    before, _, after = text.rpartition(answers[0])
                    around.add((side, before, after))
    return found | {"around": sorted(around)}


def answer(check: Callable[[Mapping[str, Any], Path], Learned]) -> None:
    """Run a check over the files of the request that `sys.argv` names; print one line of JSON.

    What the trainers print goes to the error stream. A file that a loader refuses has the
    traceback as its `error`.
    """
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    results = []
    with contextlib.redirect_stdout(sys.stderr):
        for number, file in enumerate(request["files"]):
            file["clone"] = request["clone"]
            folder = Path(request["folder"], str(number))
            folder.mkdir()
            try:
                results.append(compare(file, check(file, folder)))
            except Exception:
                results.append({"layout": file["layout"], "error": traceback.format_exc()})
    sys.stdout.write(json.dumps(results) + "\n")
