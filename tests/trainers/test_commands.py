"""The commands for trainers that are only repositories: what they name is there.

Each path below $CLONE is a file of the clone, and each option is the name of an argument in the
source that reads it. Whether the values are right is not asked.
"""

import ast
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.trainers.install import ROOT, python_of
from vicugna.trainers import DEFAULT_MODEL, TRAINERS, Exported

pytestmark = pytest.mark.trainers


class Source(NamedTuple):
    """The clone of a trainer, and where its arguments are declared beside the script itself."""

    clone: str
    files: tuple[str, ...] = ()
    more: frozenset[str] = frozenset()  # of packages that are not there
    hub: bool = False  # has the TrainingArguments of transformers too


DEEPSPEED = frozenset({"deepspeed", "deepspeed_config"})  # deepspeed.add_config_arguments
SOURCES = {
    "stanford-alpaca": Source("stanford_alpaca", hub=True),
    "alpaca-lora": Source("alpaca-lora"),
    "lmflow": Source("LMFlow", ("src/lmflow/args.py",), hub=True),
    "colossalchat": Source("ColossalAI"),
    "deepspeed-chat": Source("DeepSpeedExamples", more=DEEPSPEED),
    "chatglm": Source("ChatGLM-6B", ("ptuning/arguments.py",), hub=True),
    "belle": Source("BELLE", hub=True),
    "moss": Source("MOSS"),
    "koala": Source(
        "EasyLM",
        (
            "EasyLM/data.py",
            "EasyLM/optimizers.py",
            "EasyLM/models/llama/llama_model.py",
            "EasyLM/models/llama/llama_train.py",
            "EasyLM/models/llama/convert_hf_to_easylm.py",
        ),
        frozenset({"online", "output_dir"}),  # mlxu.WandBLogger
    ),
    "dolly": Source("dolly", ("training/trainer.py",)),
    "tencentpretrain": Source("TencentPretrain", ("tencentpretrain/opts.py",)),
    "baize": Source("baize-chatbot"),
}


def declared(source: str) -> Iterator[str]:
    """Yield every name that a source could mean as an option."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.removeprefix("--").replace("-", "_")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id  # of a dataclass
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.arg or ""
        elif isinstance(node, ast.Attribute):
            yield node.attr  # config.seq_length = 1024


def training_arguments() -> set[str]:
    """Return the fields of transformers' TrainingArguments, and one that was renamed."""
    found = sorted(python_of("trl").parents[1].glob("lib/*/site-packages/transformers"))
    if not found:
        pytest.skip("transformers is not there: python tests/trainers/install.py trl")
    text = (found[0] / "training_args.py").read_text(encoding="utf-8")
    return {*declared(text), "evaluation_strategy"}


@pytest.mark.parametrize("name", SOURCES)
def test_a_repository_has_what_a_command_names(name):
    source = SOURCES[name]
    clone = Path(os.environ.get("TRAINER_CLONES", ROOT / "src"), source.clone)
    if not clone.exists():
        pytest.skip(f"no clone of {source.clone} in {clone}: see tests/trainers/install.py")
    trainer = TRAINERS[name]
    layouts = (*trainer.layouts, *trainer.preferences)
    kinds = [f"{layout}{end}" for layout in layouts for end in ("", "_validation")]
    files = {kind: f"{kind}/data.json" for kind in kinds}

    for command in trainer.setup(Exported("small", files, DEFAULT_MODEL)).commands:
        words = shlex.split(command)
        paths = [word.removeprefix("$CLONE/") for word in words if word.startswith("$CLONE/")]
        if words[0] in ("mkdir", "cp", "hf"):
            continue
        missing = [path for path in paths if not (clone / path).exists()]
        if missing and not (clone / ".git").exists():
            pytest.skip(f"{source.clone} is no whole clone: it has no {missing}")
        assert not missing, command
        scripts = [path for path in paths if path.endswith(".py")]
        known = {*source.more, *(training_arguments() if source.hub else ())}
        for file in (*scripts, *source.files):
            known.update(declared((clone / file).read_text(encoding="utf-8")))
        begin = next((at for at, word in enumerate(words) if word.endswith(".py")), 0)
        options = [word for word in words[begin:] if word.startswith("--")]
        names = {word.partition("=")[0].rpartition(".")[2].lstrip("-") for word in options}
        names -= {"module", "num_gpus"} if not scripts else set()  # of deepspeed
        assert not {one.replace("-", "_") for one in names} - known, command
