"""What a run came to, as Markdown for a page that many people may see.

Counts, cost and places only. No word a teacher wrote is in it, and what users named is escaped.
"""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vicugna.caching import show_poor_caching
from vicugna.formats.run_folder import list_left_out
from vicugna.manifest import Manifest
from vicugna.records import TASK_TYPES, Lang
from vicugna.seed_similarity import render_bins
from vicugna.session import show_troubles
from vicugna.shortfall import describe_stop
from vicugna.spending import HEAD, WORDS, list_rows, show_usage


def render_report(manifest: Manifest, folder: Path) -> str:
    """Return the report of a run or a cleaning: kept, why not, cost, where the files are."""
    counts = manifest["counts"]
    reasons: Mapping[str, Mapping[str, int]] = counts["rejected"]
    langs = sorted({*counts["tasks"], *(lang for by_lang in reasons.values() for lang in by_lang)})
    lines = [
        f"# {escape(manifest['name'])}",
        "",
        f"| | {' | '.join(langs)} |",
        f"|---|{'---:|' * len(langs)}",
        _row("**kept**", counts["tasks"], langs),
        *(_row(escape(reason), by_lang, langs) for reason, by_lang in reasons.items()),
        "",
        *_describe_end(manifest),
        *_describe_cost(manifest),
        f"- files: {escape(str(folder))}",
        *(
            f"- {escape(kind)}: {tasks:,} left out: {escape(reason)}"
            for kind, reason, tasks in list_left_out(manifest)
        ),
        *_tabulate_types(counts.get("types", {})),
        *_tabulate_cost(manifest.get("usage") or {}),
        *_describe_similarity(manifest.get("seed_similarity")),
    ]
    return "\n".join(lines) + "\n"


def render_release(told: Mapping[str, Any]) -> str:
    """Return the report of a start at a set; `told` is as it is told to programs."""
    lines = [f"# {escape(str(told['set']))}", "", f"- {escape(str(told['event']))}"]
    if told["words"]:
        lines.append(f"- {escape(str(told['words']))}")
    if told["version"] is not None:
        cost = told["cost"]
        lines += [
            f"- version: {escape(str(told['version']))}",
            f"- before it: {escape(str(told['previous'] or 'none'))}",
            f"- stopped: {escape(str(told['stopped'] or '-'))}",
            f"- cost: {_show_cost(told['price_usd'])}",
            f"- cost of all nights: {_show_cost(cost['price_usd'])}",
            f"- files: {escape(str(told['folder']))}",
            "",
            "| language | rows | added |",
            "|---|---:|---:|",
            *(
                f"| {escape(lang)} | {count:,} | {told['added'].get(lang, 0):,} |"
                for lang, count in told["tasks"].items()
            ),
            *_tabulate_types(told["types"]),
        ]
    if told["withdrawn"]:
        lines += ["", "| withdrawn because of | rows |", "|---|---:|"]
        lines += [f"| {escape(why)} | {rows:,} |" for why, rows in told["withdrawn"].items()]
    return "\n".join(lines) + "\n"


def _show_cost(usd: str | None) -> str:
    return "-" if usd is None else f"{escape(usd)} USD"


def render_files(name: str, files: Mapping[str, str]) -> str:
    """Return the report of an export: each layout and its file."""
    rows = [f"| {escape(kind)} | {escape(path)} |" for kind, path in files.items()]
    return "\n".join([f"# {escape(name)}", "", "| layout | file |", "|---|---|", *rows]) + "\n"


def escape(text: str) -> str:
    """Return text that Markdown and HTML show as it is, on one line.

    Example: "a  <i>" -> "a &lt;i&gt;"; what Markdown reads as a mark gets a backslash.
    """
    flat = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", flat)


def _row(title: str, by_lang: Mapping[str, int], langs: list[str]) -> str:
    return f"| {title} | {' | '.join(f'{by_lang.get(lang, 0):,}' for lang in langs)} |"


def _describe_end(manifest: Manifest) -> list[str]:
    return [f"- stopped: {escape(describe_stop(manifest))}"] if manifest.get("stopped") else []


def _describe_cost(manifest: Manifest) -> list[str]:
    usage, session = manifest.get("usage"), manifest.get("session", {})
    if usage is None:
        return []
    lines = [f"- asked: {show_usage(usage)}"]
    lines += [
        f"- cache: {escape(show_poor_caching(one))}" for one in session.get("poor_caching", ())
    ]
    if "teachers" in session:
        lines += [f"- {title}: {escape(words)}" for title, words in show_troubles(session)]
    return lines


def _tabulate_types(types: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return a table of the tasks of each type, by language; none for tasks without types."""
    named = [type for type in TASK_TYPES if any(type in by_type for by_type in types.values())]
    if not named:
        return []
    return [
        "",
        f"| type | {' | '.join(map(escape, types))} |",
        f"|---|{'---:|' * len(types)}",
        *(
            _row(escape(type), {lang: types[lang].get(type, 0) for lang in types}, list(types))
            for type in named
        ),
    ]


def _tabulate_cost(usage: Mapping[str, Any]) -> list[str]:
    """Return a table by teacher and purpose, where there is more than one."""
    rows = list_rows(usage, models=True)
    if not rows:
        return []
    return [
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{'---|' * WORDS}{'---:|' * (len(HEAD) - WORDS)}",
        *(f"| {' | '.join(map(escape, row))} |" for row in rows),
    ]


def _describe_similarity(histogram: Mapping[Lang, Sequence[int]] | None) -> list[str]:
    if not histogram:
        return []
    return [
        "",
        "Instructions kept, by their ROUGE-L F1 to the nearest seed task (Wang et al. 2023, "
        "figure 4; a row includes its lower bound):",
        "",
        f"| F1 | {' | '.join(map(escape, histogram))} |",
        f"|---|{'---:|' * len(histogram)}",
        *render_bins(histogram).splitlines(),
    ]
