"""Koala: EasyLM's trainer for LLaMA, in JAX.

young-geng/EasyLM (fe5b2c3, 2024-08): the flags of EasyLM/models/llama/llama_train.py and
convert_hf_to_easylm.py, EasyLM/data.py (TextProcessor, JsonDataset) and EasyLM/optimizers.py, read
there. Each row ends with its own end of text, so `add_eos_token` is False: it is True when it is
not set, and a second one would be trained. Rows are joined and cut into pieces of `seq_length`.
"""

from vicugna.trainers.trainer import (
    Exported,
    Option,
    Setup,
    Trainer,
    build_command,
    clone_note,
)

_PYTHON = 'PYTHONUTF8=1 PYTHONPATH="$CLONE" python -m EasyLM.models.llama'
_STEPS = 1000


def _rows(name: str, file: str, batch: int) -> dict[str, Option]:
    """Return the flags of a data set, of which there are two."""
    return {
        f"--{name}.type=": "json",
        f"--{name}.text_processor.fields_from_example=": "fields",
        f"--{name}.text_processor.add_eos_token=": "False",
        f"--{name}.json_dataset.path=": file,
        f"--{name}.json_dataset.seq_length=": 2048,
        f"--{name}.json_dataset.batch_size=": batch,
    }


def _setup(exported: Exported) -> Setup:
    model = exported.choose_model("openlm-research/open_llama_3b_v2")
    held_out = exported.validation("koala")
    converting: dict[str, Option] = {
        "--hf_model=": model,
        "--output_file=": "llama.easylm",
        "--llama.base_model=": "llama_3b",
    }
    training: dict[str, Option] = {
        "--mesh_dim=": "1,-1,1",
        "--dtype=": "bf16",
        "--llama.base_model=": "llama_3b",
        "--load_checkpoint=": "params::llama.easylm",
        "--tokenizer=": model,
        **_rows("train_dataset", exported.files["koala"], 8),
        "--eval_steps=": 10 if held_out else None,
        **(_rows("eval_dataset", held_out, 1) if held_out else {}),
        "--total_steps=": _STEPS,
        "--save_model_freq=": _STEPS,
        "--optimizer.type=": "adamw",
        "--optimizer.adamw_optimizer.lr=": "2e-5",
        "--optimizer.adamw_optimizer.end_lr=": "0",
        "--optimizer.adamw_optimizer.lr_warmup_steps=": 50,
        "--optimizer.adamw_optimizer.lr_decay_steps=": _STEPS,
        "--logger.online=": "False",
        "--logger.output_dir=": "trained",
    }
    commands = (
        build_command(f"{_PYTHON}.convert_hf_to_easylm", converting),
        build_command(f"{_PYTHON}.llama_train", training),
    )
    return Setup({}, commands)


KOALA = Trainer(
    ("koala",),
    _setup,
    note=clone_note(
        "young-geng/EasyLM",
        "The model must be a LLaMA; for one of another size than 3B change --llama.base_model in "
        "both commands.",
    ),
)
