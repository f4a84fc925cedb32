"""TencentPretrain: preprocess.py, then pretrain.py, as for Linly.

Tencent/TencentPretrain (ed79843, 2024-05): the arguments of preprocess.py, pretrain.py and
scripts/convert_llama_from_huggingface_to_tencentpretrain.py, read there. Special tokens come from
models/special_tokens_map.json below the folder it is started in (tencentpretrain/utils/constants.py
), so LLaMA's are written there. Rows with a longer question than `seq_length` are left out, and
where the last row is one preprocess.py stops; it is 128 when it is not set.
"""

from vicugna.trainers.trainer import (
    LLAMA,
    Exported,
    Option,
    Setup,
    Trainer,
    build_command,
    clone_note,
    in_clone,
    quote,
    to_json,
)

_TOKENS: dict[str, object] = {
    "pad_token": "<0x00>",
    "unk_token": "<unk>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "mask_token": "<mask>",
}
_ROWS: dict[str, Option] = {
    "--dataset_path": "dataset.pt",
    "--spm_model_path": "llama/tokenizer.model",
    "--data_processor": "llm_sft",
    "--seq_length": 1024,
}
_CONVERT = "scripts/convert_llama_from_huggingface_to_tencentpretrain.py"


def _setup(exported: Exported) -> Setup:
    converting: dict[str, Option] = {
        "--input_model_path": "llama",
        "--output_model_path": "llama.bin",
        "--type": "7B",
    }
    preparing: dict[str, Option] = {"--corpus_path": exported.files["tencentpretrain"], **_ROWS}
    training: dict[str, Option] = {
        **{name: value for name, value in _ROWS.items() if name != "--seq_length"},
        "--pretrained_model_path": "llama.bin",
        "--config_path": in_clone("models/llama/7b_config.json"),
        "--output_model_path": "trained.bin",
        "--deepspeed": True,
        "--deepspeed_config": in_clone("models/deepspeed_config.json"),
        "--world_size": 1,
        "--use_lora": True,
        "--lora_r": 16,
        "--learning_rate": "2e-4",
        "--batch_size": 2,
        "--total_steps": 1000,
        "--save_checkpoint_steps": 500,
    }
    commands = (
        f"hf download {quote(exported.choose_model(LLAMA))} --local-dir llama",
        build_command(f"python {in_clone(_CONVERT)}", converting),
        build_command(f"python {in_clone('preprocess.py')}", preparing),
        build_command(f"deepspeed --num_gpus=1 {in_clone('pretrain.py')}", training),
    )
    return Setup({"models/special_tokens_map.json": to_json(_TOKENS)}, commands)


TENCENTPRETRAIN = Trainer(
    ("tencentpretrain",),
    _setup,
    note=clone_note(
        "Tencent/TencentPretrain",
        "The model must be a LLaMA of 7B, or change --type and --config_path. It reads no "
        "validation rows.",
    ),
)
