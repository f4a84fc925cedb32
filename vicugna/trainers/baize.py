"""Baize: finetune.py SIZE BATCH RATE NAME, over data/NAME_chat_data.json.

project-baize/baize-chatbot (4fae6c4, 2023-06), finetune.py: all but these four is written in the
script. Three of these things are changed by sed in a copy: `VAL_SET_SIZE` rows are split off the
file, 2,000, and fewer rows stop it; the model is "decapoda-research/llama-{SIZE}-hf", so that SIZE
becomes the name of the model; rows are cut at 512 tokens (`CUTOFF_LEN`). Questions are trained too.
"""

from vicugna.trainers.trainer import (
    LLAMA,
    Exported,
    Setup,
    Trainer,
    clone_note,
    in_clone,
    quote,
)

_CHANGES = (
    "s/^VAL_SET_SIZE = .*/VAL_SET_SIZE = 0/",
    "s#decapoda-research/llama-{}-hf#{}#",
    "s/^CUTOFF_LEN = .*/CUTOFF_LEN = 1024/",
)


def _setup(exported: Exported) -> Setup:
    changes = " ".join(f"-e {quote(change)}" for change in _CHANGES)
    model = quote(exported.choose_model(LLAMA))
    commands = (
        "mkdir -p data",
        f"cp {exported.files['baize']} data/vicugna_chat_data.json",
        f"sed {changes} {in_clone('finetune.py')} > finetune.py",
        f"PYTHONUTF8=1 python finetune.py {model} 4 0.0002 vicugna",
    )
    return Setup({}, commands)


BAIZE = Trainer(
    ("baize",),
    _setup,
    note=clone_note(
        "project-baize/baize-chatbot",
        "The model must be a LLaMA. It has no validation file, and trains on questions too.",
    ),
)
