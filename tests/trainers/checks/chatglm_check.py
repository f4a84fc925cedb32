"""What ChatGLM-6B trains: the function that its `ptuning/main.py` maps over the rows."""

import argparse
from pathlib import Path
from typing import Any

import stand_ins
import tiny
from answers import Learned, answer, unmasked
from datasets import load_dataset


class _Tokens:
    """A tokenizer that joins question and answer as that of ChatGLM-6B does."""

    def __init__(self) -> None:
        self.inner = tiny.tokenizer("llama")
        self.bos_token_id = self.inner.bos_token_id
        self.pad_token_id = self.inner.pad_token_id

    def encode(self, text: str, add_special_tokens: bool) -> list[int]:
        return self.inner.encode(text, add_special_tokens=add_special_tokens)

    def build_inputs_with_special_tokens(self, asked: list[int], said: list[int]) -> list[int]:
        return [*asked, self.bos_token_id, *said, self.inner.eos_token_id]


def check(file: dict[str, Any], folder: Path) -> Learned:
    """Load one file with the three columns of `train_chat.sh`."""
    tokens = _Tokens()
    settings = argparse.Namespace(
        max_source_length=tiny.LENGTH, max_target_length=tiny.LENGTH, ignore_pad_token_for_loss=True
    )
    made = stand_ins.functions(
        Path(file["clone"], "ptuning", "main.py"),
        "preprocess_function_train",
        data_args=settings,
        tokenizer=tokens,
        prefix="",
        prompt_column="prompt",
        response_column="response",
        history_column="history",
    )
    rows = load_dataset("json", data_files=file["path"], cache_dir=str(folder))["train"]
    rows = rows.map(made.preprocess_function_train, batched=True, remove_columns=rows.column_names)
    return {"answer": [unmasked(tokens.inner, labels) for labels in rows["labels"]]}


if __name__ == "__main__":  # a worker process that a loader spawns imports this file again
    answer(check)
