"""FastChat: fastchat.train.train over conversations in one JSON array.

lm-sys/FastChat, fastchat/train/train.py (0.2.36; the snapshot of 2025-04 is the same): the
arguments are its three dataclasses, read there, with FSDP as in its README. Transformers must be
older than 4.46, which has no `evaluation_strategy`. It opens files without an encoding. Answers are
found by the lengths that LLaMA's tokenizer gives ("-2 is hardcoded"), and a conversation where they
do not fit is masked with no more than a printed warning: the model must be a LLaMA or a Vicuna.
Rows are cut at `model_max_length`, 512 when it is not set. System prompts are not read; what its
marks would cut, the layout refuses.
"""

from vicugna.trainers.trainer import Exported, Setup, Trainer, build_command


def _setup(exported: Exported) -> Setup:
    held_out = exported.validation("sharegpt")
    options = {
        "--model_name_or_path": exported.choose_model("lmsys/vicuna-7b-v1.5"),
        "--data_path": exported.files["sharegpt"],
        "--eval_data_path": held_out,
        "--evaluation_strategy": "epoch" if held_out else None,
        "--output_dir": "trained",
        "--model_max_length": 2048,
        "--lazy_preprocess": "True",
        "--num_train_epochs": 3,
        "--per_device_train_batch_size": 2,
        "--gradient_accumulation_steps": 16,
        "--gradient_checkpointing": "True",
        "--learning_rate": "2e-5",
        "--bf16": "True",
        "--fsdp": "full_shard auto_wrap",
        "--fsdp_transformer_layer_cls_to_wrap": "LlamaDecoderLayer",
    }
    program = "PYTHONUTF8=1 torchrun --nproc_per_node=1 -m fastchat.train.train"
    return Setup({}, (build_command(program, options),))


FASTCHAT = Trainer(
    ("sharegpt",),
    _setup,
    note="The model must be a LLaMA or a Vicuna: of others FastChat masks every answer. All "
    "weights are trained, 7B on 4 GPUs of 40 GB; --nproc_per_node is their number.",
)
