"""Tasks with every kind of text in them, and a run folder made of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from vicugna.formats.containers import write_layout
from vicugna.formats.run_folder import write_run
from vicugna.records import Asked, Draft, Rejected, Source, Task, Verdict

SOURCE = Source(
    request="0123456789abcdef" * 4,
    teacher="openai",
    model="some-model",
    prompt="new_tasks.en@12345678",
    shown=("en-001", "en-002"),
)
ASKED = Asked(
    request=SOURCE.request,
    purpose="new_tasks",
    lang="en",
    prompt=SOURCE.prompt,
    about="",
    sample=0,
    teacher=SOURCE.teacher,
    model=SOURCE.model,
    finish_reason="stop",
    input_tokens=700,
    output_tokens=900,
    cached_tokens=512,
    price_nusd=1_500_000,
)
FORMATS = ("alpaca", "sharegpt", "messages", "parquet", "self_instruct")
# instruction, input, output: what a trainer, a parser or a Markdown page could stumble over.
TEXTS: dict[str, tuple[str, str, str]] = {
    "plain en": ("Name a bird.", "", "A red kite."),
    "plain zh": ("说出一种鸟。", "", "麻雀。"),
    "with input": ("Sort these words.", "pear, apple", "apple, pear"),
    "with zh input": ("把下面这句话译成英文。", "今天天气很好。", "The weather is fine today."),
    "lines": ("Write a list.", "a\nb\n\nc", "1. a\n2. b\n"),
    "quotes": ("Say \"hello\" in 'C'.", "\\", 'printf("%s\\n", "hi");'),
    "line separators": ("Split\u2028here\u2029and\u0085here.", "\u2028", "Done\u2028."),
    "emoji": ("Explain 👩\u200d👩\u200d👧 and 🇨🇳.", "🦙", "A family, a flag, a llama 🦙."),
    "beyond the plane": ("𠮷字怎么读？", "𝒳", "读作 jí。𠀀"),
    "right to left": ("Translate \u202eevil\u202c.", "שלום", "مرحبا"),
    "fences": ("Close the fence:\n~~~~~~\n# Heading", "```\n```", "~~~~~~\n---\n</s> ASSISTANT: x"),
    "front matter": ("---\nlicense: mit\n---", "---", "--- # done"),
    "html": ("<script>alert(1)</script>", "&amp;", "<|endoftext|>{{x}}"),
    "looks like a number": ("42", "0", "1e3"),
    "looks like null": ("null", "None", "NaN"),
    "tabs": ("A\tB", "\t", "a\t1\nb\t2"),
}


def make_task(name: str, number: int = 0, **changes: Any) -> Task:
    """Return a task with one of the texts."""
    instruction, given, output = TEXTS[name]
    fields: dict[str, Any] = {
        "id": f"0123456789abcdef-{number:02d}",
        "lang": "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in instruction) else "en",
        "instruction": instruction,
        "input": given,
        "output": output,
        "source": SOURCE,
        "group": f"0123456789abcdef-{number:02d}",
        "check": "",
    }
    verdict = Verdict("near_duplicate", True, 0.25, 0.7, near="en-001")
    return Task(Draft(**(fields | changes)), (verdict,))


def make_tasks(names: Iterable[str] = TEXTS) -> list[Task]:
    """Return one task for each text."""
    return [make_task(name, number) for number, name in enumerate(names)]


def write(kind: str, tasks: Iterable[Task], folder: Path) -> Path:
    """Write tasks in one layout; return the file."""
    return folder / write_layout(kind, [task.draft for task in tasks], folder)[0].file


def make_manifest(tasks: Sequence[Task], **changes: Any) -> dict[str, Any]:
    """Return the manifest of a run with these tasks, as far as a card needs it."""
    counts: dict[str, int] = {}
    for task in tasks:
        counts[task.draft.lang] = counts.get(task.draft.lang, 0) + 1
    return {
        "schema": 1,
        "name": "small",
        "made_by": "run",
        "method": "alpaca",
        "recipe": {"teacher": {"name": "openai", "model": "some-model"}},
        "counts": {"tasks": counts, "rejected": {"near_duplicate": {"en": 3, "zh": 4}}},
    } | changes


def write_small_run(folder: Path, formats: Iterable[str]) -> Path:
    """Write a run folder with one task for each text; return the folder."""
    tasks = make_tasks()
    rejected = [
        Rejected("ba-00", "en", Verdict("refusal", False, detail="sorry"), SOURCE, tasks[0].draft),
        Rejected("ba-01", "zh", Verdict("parse", False, detail="cut"), SOURCE, None, '{"指令'),
    ]
    write_run(folder, tasks, rejected, list(formats), make_manifest(tasks), [ASKED])
    return folder
