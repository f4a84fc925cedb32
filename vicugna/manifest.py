"""What a run was: its recipe, versions, hashes, counts and cost, as `manifest.json` holds them."""

import hashlib
import platform
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import vicugna
from vicugna.content import PROMPTS, SEED_TASKS
from vicugna.earlier import Earlier
from vicugna.growth import Growth
from vicugna.ledger.traffic import Traffic
from vicugna.records import TASK_TYPES, Lang, Rejected, SeedTask, Stratum, Task
from vicugna.seed_similarity import count_by_similarity
from vicugna.session import describe_session
from vicugna.settings import PURPOSES_OF, Recipe
from vicugna.shortfall import estimate_missing
from vicugna.spending import describe_usage
from vicugna.templates import prompt_of, types_path

SCHEMA = 1
Manifest = dict[str, Any]
_WORDS = re.compile(r"[A-Za-z0-9_ ]{0,60}")


def describe_run(
    recipe: Recipe,
    growth: Growth,
    traffic: Traffic,
    seeds: Mapping[Lang, Sequence[SeedTask]],
    earlier: Earlier | None = None,
) -> Manifest:
    """Return the manifest of a generated set, without its files.

    Everything but `session` is a function of recipe, seed tasks, prompts and replies; `session`
    says what this one process did.
    """
    return {
        "schema": SCHEMA,
        "name": recipe.name,
        "made_by": "run",
        "method": recipe.method,
        "stopped": growth.stopped,
        "recipe": recipe.decisive(),
        "recipe_sha256": recipe.digest,
        "versions": {"vicugna": vicugna.__version__, "python": platform.python_version()},
        "content_sha256": _content_hashes(recipe),
        **({"against": earlier.describe()} if earlier else {}),
        "counts": count_rows(growth.tasks, growth.rejected)
        | {"pieces": growth.pieces, "carried": growth.carried},
        "seed_similarity": count_by_similarity(growth.tasks, seeds),
        "usage": describe_usage(growth.asked, growth.tasks)
        | {"unanswered": dict(growth.unanswered)},
        "missing": estimate_missing(recipe, growth),
        "session": describe_session(recipe, growth, traffic),
    }


class Tally(NamedTuple):
    """Kept tasks by language, and by type in it, and rejected pieces by reason and language."""

    kept: Counter[Lang]
    types: Counter[Stratum]
    rejected: Counter[tuple[str, Lang]]


def count_rows(tasks: Sequence[Task], rejected: Sequence[Rejected]) -> dict[str, Any]:
    """Return tasks by language and type, and rejected pieces by reason and language."""
    return show_counts([tally(tasks, rejected)])


def tally(tasks: Sequence[Task], rejected: Sequence[Rejected]) -> Tally:
    """Count some rows of a set."""
    return Tally(
        Counter(task.draft.lang for task in tasks),
        Counter((task.draft.lang, task.draft.type) for task in tasks),
        Counter((reason_of(piece), piece.lang) for piece in rejected),
    )


def show_counts(tallies: Iterable[Tally]) -> dict[str, Any]:
    """Return the counts of all parts of a set, in their order, as the manifest holds them.

    Types are there where a task has one that we know; files may bring others.
    """
    kept: Counter[Lang] = Counter()
    types: Counter[Stratum] = Counter()
    reasons: dict[str, Counter[Lang]] = {}
    for part in tallies:
        kept.update(part.kept)
        types.update(part.types)
        for (reason, lang), count in part.rejected.items():
            reasons.setdefault(reason, Counter())[lang] += count
    known = {
        lang: {type: types[lang, type] for type in TASK_TYPES if types[lang, type]}
        for lang in sorted(kept)
    }
    return {
        "tasks": dict(sorted(kept.items())),
        **({"types": known} if any(known.values()) else {}),
        "rejected": {
            reason: dict(sorted(langs.items()))
            for reason, langs in sorted(reasons.items(), key=lambda item: -item[1].total())
        },
    }


def reason_of(piece: Rejected) -> str:
    """Return the reason in words that are counted: the filter, and for parsing what was wrong.

    Words that none of ours says, from a run of somebody else, count as "other": reasons are shown
    on terminals and in Markdown.
    """
    verdict = piece.verdict
    words = (verdict.filter, verdict.detail if verdict.filter == "parse" else "")
    if not all(_WORDS.fullmatch(text) for text in words):
        return "other"
    return f"parse: {verdict.detail}" if verdict.filter == "parse" else verdict.filter


def hash_files(paths: Sequence[Path]) -> Mapping[str, str]:
    """Return the SHA-256 (hex) of content files by folder and name: "seed_tasks/en.jsonl"."""
    return {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def _content_hashes(recipe: Recipe) -> Mapping[str, str]:
    paths = [
        PROMPTS / f"{prompt_of(purpose, typed=bool(recipe.types))}.{lang}.md"
        for purpose in PURPOSES_OF[recipe.method]
        for lang in recipe.languages
    ]
    paths += [types_path(lang) for lang in recipe.types]
    paths += [SEED_TASKS / f"{lang}.jsonl" for lang in recipe.languages]
    return hash_files(paths)
