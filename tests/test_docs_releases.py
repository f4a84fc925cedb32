"""docs/releases: what it shows in both languages is the same, and does what it says."""

import re
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest
import yaml

from vicugna.commands.local_server import RUN_SECONDS
from vicugna.content import ROOT

PAGES = {"en": ROOT / "docs" / "releases.md", "zh": ROOT / "docs" / "releases.zh.md"}


def _blocks(lang, kind):
    text = PAGES[lang].read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("kind", ["sh", "text"])
def test_both_languages_show_the_same(kind):
    english, chinese = (
        [re.sub(r"^( *\S+ {3,}).*$", r"\1", block, flags=re.MULTILINE) for block in found]
        for found in (_blocks(lang, kind) for lang in PAGES)
    )

    assert len(english) >= 2
    assert english == chinese


@pytest.mark.skipif(sys.platform == "win32", reason="sh")
@pytest.mark.parametrize("occasion", ["success", "failure"])
def test_the_hook_trains_on_what_latest_points_to(vicugna, place, monkeypatch, occasion):
    script = next(block for block in _blocks("en", "sh") if "llamafactory-cli" in block)
    assert vicugna("release", "small", "--direct", "--quiet", "--target", "20")[0] == 0
    place.joinpath("train.sh").write_text(script, encoding="utf-8")
    bin = place / "bin"
    bin.mkdir()
    stub = "#!/bin/sh\ntouch done\n"
    ours = f'#!/bin/sh\nexec "{sys.executable}" -m vicugna "$@"\n'
    for name, text in {"llamafactory-cli": stub, "vicugna": ours}.items():
        (bin / name).write_text(text, encoding="utf-8")
        (bin / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin}:/usr/bin:/bin")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    done = subprocess.run(["sh", "train.sh", occasion], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    (version,) = (path.name for path in Path("outputs/small/releases").iterdir())
    trained = Path("training", version)
    assert trained.exists() == (occasion == "success")
    if trained.exists():
        assert trained.joinpath("sft.yaml").exists()
        until = monotonic() + 30  # it trains in the background
        while not trained.joinpath("done").exists() and monotonic() < until:
            sleep(0.01)
        assert trained.joinpath("done").exists()


def test_no_key_goes_into_the_image():
    assert ".env*" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_the_compose_file_has_what_the_page_says():
    plan = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    worker = plan["services"]["worker"]

    assert set(plan["services"]) == {"database", "server", "deploy", "worker"}
    assert worker["deploy"]["replicas"] == 2
    assert worker["environment"]["VICUGNA_LEDGER"].startswith("postgresql://")
    assert worker["environment"]["PREFECT_API_URL"] == "http://server:4200/api"
    assert worker["volumes"] == ["./outputs:/data/outputs"]
    assert "WORKDIR /data\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    commands = {name: service.get("command") for name, service in plan["services"].items()}
    assert (commands["deploy"], commands["worker"]) == ("vicugna deploy", "vicugna worker")
    assert int(worker["stop_grace_period"].removesuffix("s")) > RUN_SECONDS
    keys = {name for name in worker["environment"] if name.endswith("_API_KEY")}
    assert "OPENAI_API_KEY" in keys
    assert all(worker["environment"][name] == f"${{{name}:-}}" for name in keys)
