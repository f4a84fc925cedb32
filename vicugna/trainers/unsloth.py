"""Unsloth: a script, for it is a library around TRL's SFTTrainer.

unslothai/unsloth 2026.8.19, read there: unsloth/models/loader.py and llama.py (`from_pretrained`,
`get_peft_model`), unsloth-cli.py (how SFTTrainer is called), and
studio/backend/utils/datasets/completion_masking.py, by which answers alone are trained:
`get_chat_template_parts` finds the marks around them, or stops. The chat template is applied in the
script, so that what is trained does not depend on how the trainer reads conversations.
"""

from vicugna.trainers.trainer import Exported, Setup, Trainer

_SCRIPT = '''\
"""Trains a LoRA adapter on {file}."""

from unsloth import FastLanguageModel, is_bfloat16_supported  # before transformers and trl
from unsloth.chat_templates import train_on_responses_only

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer
from unsloth_zoo.dataset_utils import get_chat_template_parts

LENGTH = 2048  # longer rows lose their end without a word

model, tokenizer = FastLanguageModel.from_pretrained(
    model_name={model}, max_seq_length=LENGTH, load_in_4bit=True
)
model = FastLanguageModel.get_peft_model(
    model, r=16, lora_alpha=16, use_gradient_checkpointing="unsloth"
)


def to_text(row):
    return {{"text": tokenizer.apply_chat_template(row["messages"], tokenize=False)}}


data = load_dataset("json", data_files={files})
data = data.map(to_text, remove_columns=["messages"])
trainer = SFTTrainer(
    model=model,
    processing_class=tokenizer,
    train_dataset=data["train"],
    eval_dataset=data.get("validation"),
    args=SFTConfig(
        output_dir="trained/sft",
        dataset_text_field="text",
        max_length=LENGTH,
        per_device_train_batch_size=2,
        gradient_accumulation_steps=8,
        learning_rate=2e-4,
        num_train_epochs=3,
        optim="adamw_8bit",
        eval_strategy={evaluated},
        save_strategy="epoch",
        report_to="none",
        fp16=not is_bfloat16_supported(),
        bf16=is_bfloat16_supported(),
    ),
)
asked, answered = get_chat_template_parts(tokenizer)
trainer = train_on_responses_only(trainer, instruction_part=asked, response_part=answered)
trainer.train()
model.save_pretrained("trained/sft")
tokenizer.save_pretrained("trained/sft")
'''


def _setup(exported: Exported) -> Setup:
    file, held_out = exported.files["messages"], exported.validation("messages")
    script = _SCRIPT.format(
        file=file,
        model=ascii(exported.model),
        files={"train": file} | ({"validation": held_out} if held_out else {}),
        evaluated=repr("epoch" if held_out else "no"),
    )
    return Setup({"train.py": script}, ("python train.py",))


UNSLOTH = Trainer(
    ("messages",),
    _setup,
    preferences=("preference",),
    note="train.py trains on chosen answers. Rejected ones, if there are any, are in "
    "preference.jsonl, which TRL's DPOTrainer reads as it is.",
)
