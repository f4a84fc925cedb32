"""The dataset card: `README.md` with front matter as the Hugging Face hub reads it, en and zh."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from vicugna.formats.licences import Terms, choose_licence
from vicugna.records import TASK_TYPES, Lang, Task
from vicugna.seed_similarity import render_bins
from vicugna.settings import PURPOSES_OF, ROLE_OF
from vicugna.text.hygiene import show_plain

_LANGUAGE = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}
_FENCE = "~~~~~~"
_SIZES = (  # as the hub names them
    ("n<1K", 1e3),
    ("1K<n<10K", 1e4),
    ("10K<n<100K", 1e5),
    ("100K<n<1M", 1e6),
    ("1M<n<10M", 1e7),
    ("10M<n<100M", 1e8),
    ("100M<n<1B", 1e9),
)


@dataclass(frozen=True, slots=True)
class Published:
    """What the card of a published set says besides: its front matter, and how it is read.

    `usage` is Markdown in English and in Chinese. Rows that were dropped are not published.
    """

    front: Mapping[str, Any]
    usage: tuple[str, str]


def write_card(manifest: dict[str, Any], tasks: Sequence[Task], path: Path) -> None:
    """Write the card of a set: what it is, how it was made, what it may be used for."""
    path.write_text(render_card(manifest, tasks), encoding="utf-8")


def render_card(
    manifest: dict[str, Any], tasks: Sequence[Task], published: Published | None = None
) -> str:
    """Return the card of a set in a run folder, or of a published one."""
    counts: dict[Lang, int] = manifest["counts"]["tasks"]
    parts = [
        _front_matter(manifest, counts, published.front if published else {}),
        _english(manifest, counts, published),
        _chinese(manifest, counts, published),
    ]
    for lang in counts:
        first = next(task for task in tasks if task.draft.lang == lang)
        parts.append(_example(first))
    return "\n".join(parts)


def show_name(manifest: dict[str, Any]) -> str:
    """Return the name of a set on one line. The manifest may be that of somebody else."""
    return show_plain(" ".join(str(manifest["name"]).split()))


def _front_matter(
    manifest: dict[str, Any], counts: dict[Lang, int], more: Mapping[str, Any]
) -> str:
    total = sum(counts.values())
    front = {
        "language": list(counts),
        "license": choose_licence(kind_of_terms(manifest), manifest.get("licence")),
        "task_categories": ["text-generation"],
        "size_categories": [next(name for name, most in _SIZES if total < most)],
        "tags": ["instruction-tuning", "synthetic"],
    } | dict(more)
    # In quotes as JSON has them: the hub's YAML takes a bare 1e3 for a number, Python's does not.
    name = json.dumps(show_name(manifest), ensure_ascii=False)
    rest = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    return f"---\npretty_name: {name}\n{rest}---\n"


def _english(manifest: dict[str, Any], counts: dict[Lang, int], published: Published | None) -> str:
    rows = "".join(f"| {_LANGUAGE[lang][0]} | {count} |\n" for lang, count in counts.items())
    rows += _types(manifest, "type", 0)
    reasons = manifest["counts"]["rejected"]
    dropped = "".join(f"| {reason} | {sum(n.values())} |\n" for reason, n in reasons.items())
    return f"""# {show_name(manifest)}

{_made(manifest, _MADE_EN, ", ")}{_compared(manifest, _COMPARED_EN, ", ")}

| language | tasks |
|---|---:|
{rows}
| dropped because of | pieces |
|---|---:|
{dropped}{_similarity(manifest, _SIMILARITY_EN, 0)}{published.usage[0] if published else ""}
## Licence and terms

{terms_in_english(manifest, published=published is not None)}

{_CHECKED_EN[manifest["made_by"] == "import"]} {_FILES_EN[_has_no_rejected(manifest, published)]}
"""


def _chinese(manifest: dict[str, Any], counts: dict[Lang, int], published: Published | None) -> str:
    place = "" if published else "`tasks.jsonl` 中"
    rows = "".join(f"| {_LANGUAGE[lang][1]} | {count} |\n" for lang, count in counts.items())
    rows += _types(manifest, "类型（`type`）", 1)
    return f"""## 中文说明

{_made(manifest, _MADE_ZH, "、")}{_compared(manifest, _COMPARED_ZH, "、")}

| 语言 | 条数 |
|---|---:|
{rows}{_similarity(manifest, _SIMILARITY_ZH, 1)}{published.usage[1] if published else ""}
**许可与条款**　{_TERMS_ZH[kind_of_terms(manifest)].format(place=place)}

{_CHECKED_ZH[manifest["made_by"] == "import"]}
{_FILES_ZH[_has_no_rejected(manifest, published)]}
"""


def terms_in_english(manifest: dict[str, Any], *, published: bool) -> str:
    """Return the sentences on what a set may be used for."""
    place = "" if published else " in `tasks.jsonl`"
    return _TERMS_EN[kind_of_terms(manifest)].format(place=place)


def kind_of_terms(manifest: dict[str, Any]) -> Terms:
    """Return which terms apply: "clean" (those of files), "offline" or "teacher".

    With several teachers those of a provider do, unless all of them are offline.
    """
    if manifest.get("recipe") is None:  # files: nobody was asked
        return "clean"
    names = {teacher["name"] for teacher in _list_teachers(manifest)}
    return "offline" if names == {"offline"} else "teacher"


def _list_teachers(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return whom the recipe of a set asks, in the order of the roles."""
    recipe = manifest["recipe"]
    by_role: dict[str, list[dict[str, Any]]] = recipe.get("teachers", {})
    roles = dict.fromkeys(
        ROLE_OF[purpose] for purpose in PURPOSES_OF.get(manifest.get("method", ""), ())
    )
    several = [one for role in roles for one in by_role.get(role, [recipe["teacher"]])]
    return several or [recipe["teacher"]]


def _made(manifest: dict[str, Any], words: tuple[str, ...], comma: str) -> str:
    inputs = ", ".join(f"`{entry['name']}`" for entry in manifest.get("inputs", ()))
    if manifest.get("recipe") is None:
        return words[3 if manifest["made_by"] == "import" else 0].format(inputs=inputs)
    named = [f"{teacher['name']} ({teacher['model']})" for teacher in _list_teachers(manifest)]
    asked = " ".join(comma.join(dict.fromkeys(named)).split())
    made = words[1].format(method=manifest["method"], teacher=asked)
    if manifest["made_by"] == "release":
        return made + _released(manifest, *words[4:])
    return words[2].format(inputs=inputs) + made if manifest["made_by"] == "clean" else made


def _released(manifest: dict[str, Any], first: str, words: str) -> str:
    """Return which version of a set it is, and how it differs from the one before."""
    changes = manifest["changes"]
    if manifest["previous"] is None:
        return first.format(version=manifest["version"])
    return words.format(
        version=manifest["version"],
        added=f"{sum(changes['added'].values()):,}",
        withdrawn=f"{sum(changes['withdrawn'].values()):,}",
        previous=manifest["previous"],
    )


def _has_no_rejected(manifest: dict[str, Any], published: Published | None) -> bool:
    return published is not None or manifest["made_by"] == "release"


def _compared(manifest: dict[str, Any], words: str, comma: str) -> str:
    """Return with which earlier sets the rows were compared; "" for none."""
    against = manifest.get("against")
    if not against:
        return ""
    names = comma.join(f"`{one['name']}`" for one in against["sets"])
    return words.format(names=names, rows=f"{against['rows']:,}")


def _types(manifest: dict[str, Any], title: str, column: int) -> str:
    """Return a table of the tasks of each type; "" for a set whose tasks have none."""
    counts: dict[Lang, dict[str, int]] = manifest["counts"].get("types", {})
    types = [type for type in TASK_TYPES if any(type in one for one in counts.values())]
    if not types:
        return ""
    names = " | ".join(_LANGUAGE[lang][column] for lang in counts)
    rows = (
        f"| {type} | {' | '.join(str(one.get(type, 0)) for one in counts.values())} |\n"
        for type in types
    )
    return f"\n| {title} | {names} |\n|---|{'---:|' * len(counts)}\n{''.join(rows)}"


def _similarity(manifest: dict[str, Any], words: str, column: int) -> str:
    """Return words and a table of how near the seed tasks are; "" for a set that has none."""
    histogram: dict[Lang, list[int]] = manifest.get("seed_similarity", {})
    if not histogram:
        return ""
    names = " | ".join(_LANGUAGE[lang][column] for lang in histogram)
    rule = "---:|" * len(histogram)
    return f"\n{words}\n\n| F1 | {names} |\n|---|{rule}\n{render_bins(histogram)}"


_MADE_EN = (
    "Cleaned by vicugna from {inputs}.",
    "Generated by vicugna with the method *{method}* from seed tasks written for it. "
    "Teacher: {teacher}.",
    "All drafts of the run {inputs}, judged again. ",
    "Imported by vicugna from {inputs}. Nothing was filtered.",
    " Version {version}, the first one.",
    " Version {version}: {added} rows more and {withdrawn} fewer than in version {previous} "
    "(`diff.jsonl`).",
)
_MADE_ZH = (
    "由 vicugna 从 {inputs} 清洗而来。",
    "由 vicugna 用 *{method}* 方法从自写的种子任务生成，教师模型：{teacher}。",
    "取 {inputs} 这次运行的全部草稿，重新判定而成。",
    "由 vicugna 从 {inputs} 导入，未作过滤。",
    "版本 {version}，即首个版本。",
    "版本 {version}：比版本 {previous} 新增 {added} 条，撤回 {withdrawn} 条（见 `diff.jsonl`）。",
)
_CHECKED_EN = (  # filtered, imported
    "Answers are a model's or a program's. They were filtered by rule, not read by a person: check "
    "them before relying on any.",
    "The rows are those of the files, as they were: check them before relying on any.",
)
_CHECKED_ZH = (
    "答案由模型或程序给出，只经规则过滤，没有人工逐条审读，使用前请自行核对。",
    "各条内容均与来源文件一致，未经审读，使用前请自行核对。",
)
_COMPARED_EN = " Duplicates of the {rows} rows of {names} were dropped."
_COMPARED_ZH = "与更早的 {names}（共 {rows} 条）重复的已剔除。"
_SIMILARITY_EN = (
    "How near the instructions are to the seed tasks: each by its ROUGE-L F1 to the nearest one, "
    "over words in English and characters in Chinese, as in figure 4 of Self-Instruct (Wang et al. "
    "2023). Instances of one instruction count once; a row includes its lower bound."
)
_SIMILARITY_ZH = (
    "指令与种子任务的相近程度：每条指令与最相近的那条种子任务算 ROUGE-L F1，英文按词、中文按字，"
    "做法同 Self-Instruct（Wang 等，2023）图 4。同一指令的多个实例只算一次，每档含下限。"
)
# In a run folder, and where only the rows that were kept are published.
_FILES_EN = (
    "`manifest.json` holds the recipe, the hashes and the cost; `rejected.jsonl`\n"
    "what was dropped, and why.",
    "`manifest.json` holds the recipe, the hashes and the cost.",
)
_FILES_ZH = (
    "配方、哈希和费用见 `manifest.json`，被剔除的内容和原因见 `rejected.jsonl`。",
    "配方、哈希和费用见 `manifest.json`。",
)
_TERMS_EN: dict[Terms, str] = {
    "clean": "The licence of the source files applies.",
    "offline": "Composed by vicugna's offline teacher from data written for it: CC BY 4.0. Every "
    "row carries{place} a `check`, the answer a program can compare with.",
    "teacher": "The terms of the teacher's provider apply to its answers; some forbid training "
    "competing models. Read them before you train or publish. The seed tasks shown to the teacher "
    "are CC BY 4.0.",
}
_TERMS_ZH: dict[Terms, str] = {
    "clean": "沿用来源文件的许可。",
    "offline": "由 vicugna 的离线教师用自有素材合成，许可为 CC BY 4.0。"
    "{place}每条都带 `check`，即可由程序核对的答案。",
    "teacher": "教师模型的回答受其服务商条款约束，有的条款禁止用来训练竞争模型，"
    "训练或发布前请先阅读。展示给教师模型的种子任务许可为 CC BY 4.0。",
}


def _example(task: Task) -> str:
    row = {
        "instruction": task.draft.instruction,
        "input": task.draft.input,
        "output": task.draft.output,
    }
    # The text is the teacher's: JSON on one line inside a fence cannot close the fence.
    return f"{_FENCE}json\n{orjson.dumps(row).decode()}\n{_FENCE}\n"
