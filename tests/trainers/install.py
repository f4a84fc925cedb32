"""Set up the trainers whose own loaders the tests of this folder run.

    .venv/bin/python tests/trainers/install.py              # all of them: 3 GB, some 5 minutes
    .venv/bin/python tests/trainers/install.py trl fschat   # only these

Each trainer gets a virtual environment of its own, `.trainers/<name>`, since their pins exclude
each other; PyTorch and the tables every one of them needs lie once in `.trainers/shared` and are
seen from the others through a `.pth` file. Where pip would take a PyTorch with CUDA's libraries,
put one for the CPU there first: none of this needs more. Trainers that are only a repository are
not fetched: the last lines say which clones to make.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2] / ".trainers"
SHARED = ("torch==2.13.0", "numpy==2.4.6", "pandas==2.3.3", "pyarrow==26.0.1", "pyyaml==6.0.3")


class Pins(NamedTuple):
    """What one environment holds."""

    bare: tuple[str, ...]  # installed without what they ask for
    full: tuple[str, ...]  # installed with it


# The trainers that ask for CUDA kernels, web pages or cloud clients are installed bare, beside
# what their loading code imports. Versions are the newest that the trainer's release allows.
TRAINERS: dict[str, Pins] = {
    "datasets_old": Pins((), ("datasets==4.0.0",)),
    "datasets_new": Pins((), ("datasets==5.2.0",)),
    "llamafactory": Pins(
        ("llamafactory==0.9.5", "trl==0.24.0", "torchdata==0.11.0"),
        (
            "accelerate==1.11.0",
            "datasets==4.0.0",
            "fire==0.7.1",
            "omegaconf==2.3.0",
            "peft==0.18.1",
            "sentencepiece==0.2.1",
            "tiktoken==0.12.0",
            "transformers==5.6.0",
            "tyro==0.8.14",
        ),
    ),
    # The trainers that are only a repository run here, too; LMFlow imports peft.
    "trl": Pins((), ("trl==1.16.0", "datasets==5.2.0", "transformers==5.23.0", "peft==0.20.0")),
    "fschat": Pins(
        ("fschat==0.2.36",),
        (
            "accelerate==1.13.0",
            "transformers==5.16.1",
            "requests==2.34.2",
            "rich==15.0.0",
            "prompt-toolkit==3.0.53",
        ),
    ),
    "torchtune": Pins(
        ("torchtune==0.6.1", "torchdata==0.11.0", "torchao==0.17.0"),
        (
            "blobfile==3.1.0",
            "datasets==4.0.0",
            "kagglehub==0.3.13",
            "omegaconf==2.3.0",
            "sentencepiece==0.2.1",
            "tiktoken==0.12.0",
            "tokenizers==0.23.1",
        ),
    ),
    "axolotl": Pins(
        ("axolotl==0.19.0", "axolotl-contribs-lgpl==0.0.7", "axolotl-contribs-mit==0.0.6"),
        (
            "accelerate==1.13.0",
            "addict==2.4.0",
            "colorama==0.4.6",
            "datasets==4.8.4",
            "einops==0.8.2",
            "fire==0.7.1",
            "numba==0.68.1",
            "peft==0.20.0",
            "pillow==13.0.0",
            "posthog==6.7.11",
            "pydantic==2.12.5",
            "python-dotenv==1.0.1",
            "requests==2.34.2",
            "scipy==1.17.1",
            "transformers==5.16.1",
            "trl==1.9.0",
        ),
    ),
    "swift": Pins(
        ("ms-swift==4.6.0", "trl==0.29.1"),
        (
            "accelerate==1.13.0",
            "datasets==4.8.4",
            "json-repair==0.64.6",
            "modelscope==1.40.2",
            "peft==0.20.0",
            "pillow==13.0.0",
            "transformers==5.16.1",
        ),
    ),
    "openrlhf": Pins(
        ("openrlhf==0.11.2",),
        ("accelerate==1.13.0", "datasets==5.2.0", "peft==0.20.0", "transformers==5.15.0"),
    ),
}
# Trainers that are only a repository: the folder of a clone, of what, and at which commit.
CLONES: dict[str, tuple[str, str]] = {
    "stanford_alpaca": ("tatsu-lab/stanford_alpaca", "761dc5b"),
    "alpaca-lora": ("tloen/alpaca-lora", "8bb8579"),
    "LMFlow": ("OptimalScale/LMFlow", "f3597dba"),
    "ColossalAI": ("hpcaitech/ColossalAI", "4f9953be3"),
    "DeepSpeedExamples": ("microsoft/DeepSpeedExamples", "83757d9c"),
    "MOSS": ("OpenMOSS/MOSS", "f7c3309"),
    "ChatGLM-6B": ("THUDM/ChatGLM-6B", "401bf3a"),
    "BELLE": ("LianjiaTech/BELLE", "645084d"),
    "baize-chatbot": ("project-baize/baize-chatbot", "4fae6c4"),
    "dolly": ("databrickslabs/dolly", "e2d664d"),
    "TencentPretrain": ("Tencent/TencentPretrain", "ed79843"),
    "EasyLM": ("young-geng/EasyLM", "fe5b2c3"),
}


def python_of(name: str) -> Path:
    """Return the path of an environment's interpreter, whether it is there or not."""
    inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return ROOT.joinpath(name, *inside)


def site_of(name: str) -> Path:
    """Return the folder that an environment's packages lie in."""
    home = str(ROOT / name)
    scheme = "nt_venv" if sys.platform == "win32" else "posix_venv"
    return Path(sysconfig.get_path("purelib", scheme, {"base": home, "platbase": home}))


def is_made(name: str) -> bool:
    """Return whether an environment is there as a whole."""
    return (ROOT / name / "pins.txt").exists()


def make(name: str, pins: Pins) -> None:
    """Make one environment; a finished one with the same pins is left as it is.

    The stamp is written last, so that an environment that was cut off is made anew.
    """
    stamp = ROOT / name / "pins.txt"
    wanted = "\n".join([*pins.bare, "", *pins.full])
    if stamp.exists() and stamp.read_text() == wanted:
        _say(f"{name}: there already")
        return
    stamp.unlink(missing_ok=True)
    _run(name, [sys.executable, "-m", "venv", "--without-pip", str(ROOT / name)])
    if name != "shared":
        (site_of(name) / "shared.pth").write_text(f"{site_of('shared')}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python_of(name)), "install", "-q"]
    if pins.full:
        _run(name, [*pip, *pins.full])
    if pins.bare:
        _run(name, [*pip, "--no-deps", *pins.bare])
    stamp.write_text(wanted)
    _say(f"{name}: made")


def _say(line: str) -> None:
    """Print a line at once: an environment takes up to a minute."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _run(name: str, command: list[str]) -> None:
    """Run a command; its output goes to a log, of which the end is shown when it fails."""
    log = ROOT / f"{name}.log"
    with log.open("a") as output:
        failed = subprocess.run(command, stdout=output, stderr=output, check=False).returncode
    if failed:
        lines = log.read_text(errors="replace").splitlines()
        tail = "\n".join([line for line in lines if not line.startswith("WARNING")][-15:])
        sys.exit(f"{name}: exit code {failed} from {' '.join(command)}\n{tail}\nAll of it: {log}")


def main(names: list[str]) -> None:
    """Make the environments of these trainers, or of all."""
    unknown = sorted(set(names) - set(TRAINERS))
    if unknown:
        sys.exit(f"no such trainer: {', '.join(unknown)}. There are: {', '.join(TRAINERS)}")
    ROOT.mkdir(exist_ok=True)
    make("shared", Pins((), SHARED))
    for name in names or TRAINERS:
        make(name, TRAINERS[name])
    for folder, (repository, commit) in CLONES.items():
        place = ROOT / "src" / folder
        if not place.exists():
            _say(f"not there: clone {repository} from GitHub into {place}, and check out {commit}")


if __name__ == "__main__":
    main(sys.argv[1:])
