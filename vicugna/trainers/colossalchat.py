r"""ColossalChat: prepare_dataset.py makes tokens of each file, then there is a script to train.

hpcaitech/ColossalAI (4f9953be3, 2026-04), applications/ColossalChat/examples: the arguments of
data_preparation_scripts/prepare_dataset.py and training_scripts/train_{sft,dpo,rm,kto}.py, read
there. It takes every *.jsonl of a folder together, so each file is copied into one of its own. It
writes what it made of the conversation template back to the file, whose path must have a folder in
it. Rows longer than `max_length` lose later rounds; a longer question leaves out its row.

A text is looked up in what the chat template made (coati/dataset/utils.py,
split_templated_prompt_into_chunks): one that also stands in the marks before it is found there, and
its loss covers the marks. Such a task is refused, as ChatML has it.
"""

from vicugna.layouts.marks import texts_of
from vicugna.layouts.turns import to_turns
from vicugna.records import Draft
from vicugna.trainers.trainer import (
    Exported,
    Option,
    Setup,
    Shell,
    Trainer,
    build_command,
    clone_note,
    in_clone,
    to_json,
)

_MARKS = ("<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n", "<|im_start|>system\n")
_TOO_EARLY = "a text that stands in the marks before it too"
_CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TEMPLATE: dict[str, object] = {
    "chat_template": _CHATML,
    "system_message": None,
    "stop_ids": [151645],
    "end_of_assistant": "<|im_end|>",
}
_LORA: dict[str, object] = {
    "r": 16,
    "lora_alpha": 32,
    "linear_lora_dropout": 0.0,
    "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"],
}
_EXAMPLES = "applications/ColossalChat/examples"
_PREPARE = f"{_EXAMPLES}/data_preparation_scripts/prepare_dataset.py"
_PAIRS: dict[str, Option] = {"--save_dir": "trained", "--max_length": 2048}
# Script: its layout, the type to prepare, learning rate, epochs, where it saves and what length.
_SCRIPTS: dict[str, tuple[str, str, str, int, dict[str, Option]]] = {
    "train_sft": ("colossalchat", "sft", "1e-4", 3, {"--save_path": "", "--max_len": 2048}),
    "train_dpo": ("colossalchat_preference", "preference", "5e-6", 1, _PAIRS),
    "train_rm": ("colossalchat_preference", "preference", "1e-5", 1, _PAIRS),
    "train_kto": ("colossalchat_kto", "kto", "5e-6", 1, _PAIRS),
}


def _prepare(exported: Exported, layout: str, kind: str) -> list[str]:
    """Return the commands that make tokens of a file; they are prepared/LAYOUT/arrow."""
    folder = f"prepared/{layout}"
    options: dict[str, Option] = {
        "--type": kind,
        "--data_input_dirs": f"{folder}/rows",
        "--conversation_template_config": "./conversation_template.json",
        "--tokenizer_dir": exported.model,
        "--data_cache_dir": f"{folder}/cache",
        "--data_jsonl_output_dir": f"{folder}/jsonl",
        "--data_arrow_output_dir": f"{folder}/arrow",
        "--max_length": 2048,
        "--num_spliced_dataset_bins": 1,
    }
    return [
        f"mkdir -p {folder}/rows",
        f"cp {exported.files[layout]} {folder}/rows/",
        build_command(f"python {in_clone(_PREPARE)}", options),
    ]


def _train(exported: Exported, script: str) -> str:
    layout, _, rate, epochs, own = _SCRIPTS[script]
    held_out = f"{layout}_validation" in exported.files
    out = f"trained/{script.removeprefix('train_')}"
    saved = {name: out if name.startswith("--save") else value for name, value in own.items()}
    options: dict[str, Option] = {
        "--pretrain": exported.model,
        "--tokenizer_dir": exported.model,
        "--dataset": Shell(f"prepared/{layout}/arrow/part-*"),
        "--eval_dataset": Shell(f"prepared/{layout}_validation/arrow/part-*") if held_out else None,
        **saved,
        "--config_file": f"{out}/config.json",
        "--plugin": "zero2",
        "--mixed_precision": "bf16",
        "--lora_config": "lora_config.json",
        "--batch_size": 2,
        "--accumulation_steps": 8,
        "--max_epochs": epochs,
        "--lr": rate,
        "--grad_checkpoint": True,
    }
    path = in_clone(f"{_EXAMPLES}/training_scripts/{script}.py")
    return build_command(f"colossalai run --nproc_per_node 1 {path}", options)


def _setup(exported: Exported) -> Setup:
    scripts = [name for name, (layout, *_) in _SCRIPTS.items() if layout in exported.files]
    kinds = {layout: kind for layout, kind, *_ in (_SCRIPTS[name] for name in scripts)}
    kinds |= {f"{layout}_validation": kind for layout, kind in kinds.items()}
    prepared = [
        command
        for layout, kind in kinds.items()
        if layout in exported.files
        for command in _prepare(exported, layout, kind)
    ]
    files = {
        "conversation_template.json": to_json(_TEMPLATE),
        "lora_config.json": to_json(_LORA),
    }
    return Setup(files, (*prepared, *(_train(exported, name) for name in scripts)))


def _refuse(draft: Draft) -> str:
    asked = [text for role, text in to_turns(draft) if role == "system"]
    known = [text.strip() for text in (*texts_of(draft), *asked)]
    return _TOO_EARLY if any(text in mark for text in known for mark in _MARKS) else ""


COLOSSALCHAT = Trainer(
    ("colossalchat",),
    _setup,
    preferences=("colossalchat_preference", "colossalchat_kto"),
    refuse=_refuse,
    note=clone_note(
        "hpcaitech/ColossalAI",
        "conversation_template.json is ChatML with Qwen's ids: change it for another model.",
    ),
)
