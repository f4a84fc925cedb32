"""Files in, a folder out: what is read, compared and written on which machine is up to Ray."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from vicugna.cleaning import (
    MAX_F1,
    SCOPE,
    check_rows,
    describe_cleaning,
    find_given_run,
    name_folder,
)
from vicugna.earlier import Earlier, open_earlier
from vicugna.errors import UserError
from vicugna.file_rows import hash_file, name_files
from vicugna.formats.folder import check_target
from vicugna.formats.portions import Portion, split_file
from vicugna.formats.run_folder import write_run_in_parts
from vicugna.hub_sets import fetch_sets
from vicugna.manifest import Manifest, Tally, show_counts
from vicugna.pipeline import OUTPUTS
from vicugna.ray_cleaning.asking import ask, read_texts
from vicugna.ray_cleaning.cluster import Cluster, Ref
from vicugna.ray_cleaning.gate import Part, count_by_file, gate, render
from vicugna.ray_cleaning.rows import Table, judge_table, read_tables
from vicugna.ray_cleaning.rules import Rules
from vicugna.records import Lang, Scope, Task

# The more blocks, the more is asked: each row is looked up in all blocks before its own. The fewer,
# the fewer tasks there are at a time. With two blocks a CPU both take about as long.
_BLOCKS_PER_CPU = 2
_MIN_ROWS, _MAX_ROWS = 100_000, 500_000  # of a block: at the most a task takes some 2.5 GB
Say = Callable[[str], None]


def clean_on_ray(
    cluster: Cluster,
    files: Sequence[Path],
    filters: Sequence[str] | None = None,
    max_f1: float | None = None,
    out: Path | None = None,
    *,
    scope: Scope | None = None,
    against: Sequence[str] | None = None,
    block_rows: int | None = None,
    say: Say = lambda _: None,
) -> Manifest:
    """Judge every row of the files as `clean_files` does, and write the same rows.

    The files lie where every machine reads them by the same path; the folder is written here.
    `block_rows` are compared in one go; by default what suits the cluster.

    Raises:
        UserError: a file cannot be read, it is a run, or nothing is left.
    """
    files = fetch_sets(files, OUTPUTS)
    for path in files:
        if find_given_run(path) is not None:
            raise UserError(
                f"--ray: {path} is a run, and a run is judged on one machine: no --ray."
            )
    if out is not None:
        check_target(out)
    names = None if filters is None else tuple(filters)
    limit = MAX_F1 if max_f1 is None else max_f1
    rules = Rules(names, limit, scope or SCOPE, tuple(name_files(files)))
    earlier = open_earlier(against or (), rules.scope, limit, rules.chain, OUTPUTS)
    blocks = _read(cluster, files, rules, block_rows)
    sums = [cluster.run(hash_file, path.absolute()) for path in files]
    rows: Counter[int] = sum(
        cluster.get([cluster.run(count_by_file, block) for block in blocks]), Counter[int]()
    )
    entries = [
        {"name": name, "rows": rows[file], "sha256": sha256}
        for file, (name, sha256) in enumerate(zip(rules.files, cluster.get(sums), strict=True))
    ]
    say(f"{rows.total():,} rows in {len(blocks)} blocks, on {cluster.cpus} CPUs")
    parts = _compare(cluster, blocks, rules, earlier)
    blocks.clear()
    describe = partial(describe_cleaning, entries, rules.chain, limit, rules.scope, earlier)
    return _write(cluster, out or name_folder(describe({})), describe, parts, rows.total(), say)


def _read(
    cluster: Cluster, files: Sequence[Path], rules: Rules, block_rows: int | None
) -> list[Ref]:
    """Return the rows of the files, judged by themselves, in blocks."""
    portions = [
        {"file": file, **portion._asdict()}
        for file, path in enumerate(files)
        for portion in split_file(path.absolute())
    ]
    read = cluster.read(portions, partial(_read_portion, rules=rules))
    total = read.count()
    if block_rows is None:
        wanted = -(-total // (_BLOCKS_PER_CPU * cluster.cpus))
        block_rows = min(max(wanted, _MIN_ROWS), _MAX_ROWS)
    chain = rules.chain
    judge = partial(judge_table, rules=rules) if chain.instruction + chain.answer else None
    return cluster.split(read, -(-total // block_rows), judge)


def _read_portion(fields: dict[str, Any], rules: Rules) -> Iterator[Table]:
    file = fields.pop("file")
    yield from read_tables(Portion(**fields), file, rules)


def _compare(
    cluster: Cluster, blocks: Sequence[Ref], rules: Rules, earlier: Earlier | None
) -> list[Ref]:
    """Start all tasks there are for the blocks; return what will be written of each, in order."""
    sent = cluster.put(rules)
    kept: list[Ref] = [] if earlier is None else [cluster.put(earlier.archive)]
    parts: list[Ref] = []
    for place, block in enumerate(blocks):
        texts = cluster.run(read_texts, block, sent)
        founds = [cluster.run(ask, past, texts) for past in kept] if rules.chain.novelty else []
        asked = place + 1 < len(blocks) and bool(rules.chain.novelty)
        verdicts, past = cluster.run(gate, block, sent, asked, texts, *founds, results=2)
        kept.append(past)
        parts.append(cluster.run(render, block, sent, verdicts))
    return parts


def _write(
    cluster: Cluster,
    target: Path,
    describe: Callable[[dict[str, Any]], Manifest],
    parts: list[Ref],
    total: int,
    say: Say,
) -> Manifest:
    """Write the parts one after the other, as they are done, and then the manifest."""
    tallies: list[Tally] = []
    examples: dict[Lang, Task] = {}
    count = len(parts)

    def fetch() -> Iterator[dict[str, bytes]]:
        while parts:
            part: Part = cluster.get(parts.pop(0))  # what nobody refers to, Ray forgets
            tallies.append(part.tally)
            examples.update({lang: task for lang, task in part.examples.items()
                             if lang not in examples})  # fmt: skip
            say(f"block {len(tallies)} of {count}: {part.tally.kept.total():,} rows kept")
            yield part.files

    def finish() -> tuple[Manifest, list[Task]]:
        kept = sum(part.kept.total() for part in tallies)
        check_rows(total, kept, sum(part.rejected.total() for part in tallies))
        manifest: Manifest = {**describe(show_counts(tallies)), "folder": str(target)}
        manifest["session"] |= {"blocks": count, "cpus": cluster.cpus}
        return manifest, list(examples.values())

    return write_run_in_parts(target, fetch(), finish)
