"""Tasks that are alike in one part and not in another; and a teacher that gives such tasks."""

from random import Random

import orjson

from tests.scripted import rng_of, say_well, write_instruction, write_task
from vicugna.records import LANGS, Lang, Request, Scope

Row = tuple[str, str, str]  # instruction, input, output


def _make_rows(lang: Lang) -> list[Row]:
    """Return five tasks of three inputs and three outputs, of which no two are near each other."""
    rng = Random(f"scopes {lang}")
    inputs = [write_instruction(rng, lang) for _ in range(3)]
    outputs = [write_instruction(rng, lang) for _ in range(3)]
    one, other = {
        "en": ("Sum it up in brief.", "Who speaks in these words?"),
        "zh": ("请把它概括一下。", "谁会这样说话呢？"),
    }[lang]
    return [
        (one, inputs[0], outputs[0]),
        (one, inputs[1], outputs[1]),
        (one[:-1] + "!", inputs[0], outputs[2]),
        (other, inputs[2], outputs[0]),
        (one[:-1], inputs[0].upper(), f"{outputs[0]}!"),
    ]


ALIKE = {lang: _make_rows(lang) for lang in LANGS}
KEPT: dict[Scope, list[int]] = {  # which of the rows stay, by what is compared
    "instruction": [0, 3],
    "instruction+input": [0, 1, 3],
    "output": [0, 1, 2],
    "conversation": [0, 1, 2, 3],
}


def say_alike(request: Request) -> str:
    """Answer as a teacher that repeats itself: an instruction, an answer, or a whole task.

    No two of its instructions are the same to a letter: they would be the same question.
    """
    fresh = write_task(rng_of(request, "alike"), request.lang)
    known = write_task(Random(f"alike {request.lang}"), request.lang)
    known["input"] = known["input"] or "A, B"
    last = fresh["instruction"].split()[-1][-6:]
    near = f"{known['instruction']} {last}"
    lines = say_well(request).split("\n")
    if request.purpose == "new_tasks":
        rows = [known, known, fresh | {"output": known["output"]}]
        rows += [fresh | {"instruction": near}, known | {"output": fresh["output"]}]
    elif request.purpose == "new_instructions":
        return "\n".join([*lines, f"{len(lines) + 1}. {near}"])
    elif request.purpose == "is_classification":
        return lines[0]
    else:
        rows = [{"input": known["input"], "output": known["output"]}]
        rows.append({"input": f"{last}, C", "output": f"{known['output']}!"})
    return "\n".join([*lines, *(orjson.dumps(row).decode() for row in rows)])
