"""A tokenizer and a model that are made on the spot, so that nothing is fetched.

Every byte is a token, which keeps any text: what is decoded from labels is what was written.
"""

import os
from pathlib import Path

for switch in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ[switch] = "1"
os.environ |= {"WANDB_MODE": "disabled", "DO_NOT_TRACK": "1", "TOKENIZERS_PARALLELISM": "false"}
os.environ |= {"AXOLOTL_DO_NOT_TRACK": "1", "CUDA_VISIBLE_DEVICES": "", "USE_HF": "1"}
LENGTH = 4096  # tokens; longer than every conversation of the tests

# The tags of a model family: beginning, end, padding. Llama pads with its unknown token, as
# the trainers of 2023 do it.
FAMILIES = {
    "chatml": (None, "<|im_end|>", "<|endoftext|>", ["<|im_start|>"]),
    "llama": ("<s>", "</s>", "<unk>", []),
}
# The braces of generation tell which part is the answer.
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}"
    "{% endgeneration %}{{ '\n' }}{% else %}{{ message['content'] + '<|im_end|>\n' }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def letters() -> dict[str, int]:
    """Return a letter for each byte, as GPT-2 writes bytes, and its number."""
    from tokenizers import pre_tokenizers

    return {letter: at for at, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}


def tokenizer(family: str = "chatml"):
    """Return a tokenizer of 256 bytes and the tags of a family."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    first, last, padding, more = FAMILIES[family]
    raw = Tokenizer(models.BPE(letters(), []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens([tag for tag in (first, last, padding, *more) if tag])
    if first:
        number = raw.token_to_id(first)
        raw.post_processor = processors.TemplateProcessing(
            single=f"{first} $A", special_tokens=[(first, number)]
        )
    made = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token=first,
        eos_token=last,
        pad_token=padding,
        unk_token=padding if family == "llama" else None,
        model_max_length=LENGTH,
        clean_up_tokenization_spaces=False,
    )
    made.chat_template = TEMPLATE
    return made


def config(tokens):
    """Return the shape of a model with two small layers."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=len(tokens),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=LENGTH,
        pad_token_id=tokens.pad_token_id,
        eos_token_id=tokens.eos_token_id,
        bos_token_id=tokens.bos_token_id,
    )


def save_model(folder: Path, family: str = "chatml") -> str:
    """Write a random model and its tokenizer into a folder; return its path."""
    from transformers import LlamaForCausalLM

    tokens = tokenizer(family)
    LlamaForCausalLM(config(tokens)).save_pretrained(folder)
    tokens.save_pretrained(folder)
    return str(folder)
