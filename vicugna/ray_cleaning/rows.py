"""Rows as tables of Arrow, in which Ray keeps and moves them, and back as drafts."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, fields
from itertools import islice
from typing import Any, TypeVar

import orjson

from vicugna.file_rows import read_drafts
from vicugna.filtering import judge, passes
from vicugna.formats.portions import Portion, read_portion
from vicugna.pool import Pool
from vicugna.ray_cleaning.rules import Rules
from vicugna.records import Alternative, Draft, Rejected, Round, Source, Verdict

Table = Any  # a pyarrow.Table, which ships no types
T = TypeVar("T")

_ROWS = 10_000  # that are Python objects at a time
_TEXTS = ("instruction", "input", "output")
_GIVEN = ("source", "group")  # of the row, not of what it says
_MORE = {
    field.name: field.default
    for field in fields(Draft)
    if field.default is not MISSING and field.name not in _GIVEN
}


def read_tables(portion: Portion, file: int, rules: Rules) -> Iterator[Table]:
    """Yield the rows of a portion of a file as tables, not yet judged.

    Raises:
        UserError: a row cannot be read.
    """
    name = rules.files[file]
    drafts = read_drafts(read_portion(portion), name, whole=False)
    for some in _batches(drafts, _ROWS):
        yield _to_table(some, file)


def judge_table(table: Table, rules: Rules) -> Table:
    """Return a table with the verdicts on each row by itself."""
    filters = rules.chain.instruction + rules.chain.answer
    pool = Pool(rules.max_f1, rules.scope)  # which these filters do not look at
    verdicts: list[bytes] = []
    passing: list[bool] = []
    for record, known in zip(read_records(table, rules), _column(table, "verdicts"), strict=True):
        if isinstance(record, Rejected):
            verdicts.append(known)
            passing.append(False)
        else:
            said = judge(record, filters, pool)
            verdicts.append(dump_verdicts(said))
            passing.append(passes(said))
    return _replace(table, {"verdicts": verdicts, "passing": passing})


def read_records(table: Table, rules: Rules) -> Iterator[Draft | Rejected]:
    """Yield each row of a table: the draft, or what could not be read as one."""
    names = ("file", "position", "id", "lang", *_TEXTS, "more", "row", "verdicts")
    rows: Iterator[Any] = zip(*(_column(table, name) for name in names), strict=True)
    for file, position, identity, lang, first, given, output, more, row, verdicts in rows:
        source = Source(file=rules.files[int(file)], position=position)
        if row is None:
            group = f"{source.file}:{position}"
            more = load_more(more)
            yield Draft(identity, lang, first, given, output, source, group, **more)
        else:
            yield Rejected(identity, lang, load_verdicts(verdicts)[-1], source, None, row)


def read_passing(table: Table, rules: Rules) -> list[Draft]:
    """Return the drafts that no filter has dropped yet."""
    records = read_records(table.filter(table["passing"]), rules)
    return [record for record in records if isinstance(record, Draft)]


def dump_verdicts(verdicts: Sequence[Verdict]) -> bytes:
    """Return those verdicts that are written in the end: of what was measured, or drops."""
    return orjson.dumps([said for said in verdicts if said.measure is not None or not said.kept])


def load_verdicts(data: bytes) -> tuple[Verdict, ...]:
    """Return the verdicts that `dump_verdicts` wrote."""
    return tuple(Verdict(**said) for said in orjson.loads(data))


def dump_more(draft: Draft) -> bytes | None:
    """Return what a draft has beside its first question and answer; None for nothing."""
    more = {name: getattr(draft, name) for name, none in _MORE.items()
            if getattr(draft, name) != none}  # fmt: skip
    return orjson.dumps(more) if more else None


def load_more(data: bytes | None) -> dict[str, Any]:
    """Return what `dump_more` wrote, by the names of `Draft`."""
    more: dict[str, Any] = orjson.loads(data) if data else {}
    for name, kind in (("rounds", Round), ("alternatives", Alternative)):
        if name in more:
            more[name] = tuple(kind(**one) for one in more[name])
    return more


def _to_table(records: Sequence[Draft | Rejected], file: int) -> Table:
    arrow: Any = importlib.import_module("pyarrow")
    text, schema = arrow.large_string(), [("file", arrow.int32()), ("position", arrow.int64())]
    schema += [("id", text), ("lang", arrow.string())]
    schema += [(name, text) for name in (*_TEXTS, "row")] + [("more", arrow.large_binary())]
    schema += [("verdicts", arrow.large_binary()), ("passing", arrow.bool_())]
    drafts = [record if isinstance(record, Draft) else None for record in records]
    pieces = [record if isinstance(record, Rejected) else None for record in records]
    columns: dict[str, list[Any]] = {
        "file": [file] * len(records),
        "position": [record.source.position for record in records],
        "id": [record.id for record in records],
        "lang": [record.lang for record in records],
        "instruction": [draft.instruction if draft else "" for draft in drafts],
        "input": [draft.input if draft else "" for draft in drafts],
        "output": [draft.output if draft else "" for draft in drafts],
        "more": [dump_more(draft) if draft else None for draft in drafts],
        "row": [piece.text if piece else None for piece in pieces],
        "verdicts": [dump_verdicts([piece.verdict] if piece else ()) for piece in pieces],
        "passing": [draft is not None for draft in drafts],
    }
    return arrow.table(columns, schema=arrow.schema(schema))


def _replace(table: Table, columns: dict[str, list[Any]]) -> Table:
    arrow: Any = importlib.import_module("pyarrow")
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        table = table.set_column(place, field, arrow.array(values, field.type))
    return table


def _column(table: Table, name: str) -> list[Any]:
    return table[name].to_pylist()


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
