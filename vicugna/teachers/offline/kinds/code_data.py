"""Data in tables and trees: SQL to write, SQL to work out by hand, paths into JSON."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

import orjson

from vicugna.records import Lang
from vicugna.teachers.offline.kind import Composed, Instance, Kind
from vicugna.teachers.offline.kinds.grammar import Row, Rules, rules_of, table_of, write

Record: TypeAlias = tuple[str, str, int]  # label, group, number: a row of the table in SQL tasks
Path: TypeAlias = tuple[str | int, ...]
Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int"  # a bool is an int

_QUERIES = {
    "filter": "SELECT {label} FROM {table} WHERE {number} > {n};",
    "category": "SELECT {label}, {number} FROM {table} WHERE {group} = '{value}';",
    "both": "SELECT {label} FROM {table} WHERE {group} = '{value}' AND {number} < {n};",
    "count": "SELECT {group}, COUNT(*) FROM {table} GROUP BY {group};",
    "average": "SELECT {group}, AVG({number}) FROM {table} GROUP BY {group};",
    "top": "SELECT {label}, {number} FROM {table} ORDER BY {number} DESC LIMIT {k};",
    "total": "SELECT SUM({number}) FROM {table} WHERE {group} = '{value}';",
    "having": "SELECT {group} FROM {table} GROUP BY {group} HAVING COUNT(*) > {k};",
    "sorted": "SELECT * FROM {table} ORDER BY {label};",
    "between": "SELECT {label} FROM {table} WHERE {number} BETWEEN {n} AND {m};",
}
_RESULT_QUERIES = {
    "count": "SELECT COUNT(*) FROM {table} WHERE {number} > {n};",
    "sum": "SELECT SUM({number}) FROM {table} WHERE {group} = '{value}';",
    "max": "SELECT MAX({number}) FROM {table};",
    "top": "SELECT {label} FROM {table} ORDER BY {number} DESC LIMIT 1;",
    "distinct": "SELECT COUNT(DISTINCT {group}) FROM {table};",
}
_SHOWN_RECORDS = 5
_NOTATIONS: tuple[Callable[[Path], str], ...] = (
    lambda path: "data" + "".join(f"[{orjson.dumps(key).decode()}]" for key in path),
    lambda path: "$" + _dotted(path),
    lambda path: "data" + _dotted(path),
)


def sql_query(rng: Random, lang: Lang) -> Composed:
    """Ask for the SQL query that answers a need about one table."""
    rules = rules_of("code_sql", lang)
    theme = rng.choice(table_of("code_sql", lang, "themes"))
    low, step = int(theme["low"]), int(theme["step"])
    limit = low + step * (2 + rng.randrange(5))
    slots = theme | {
        "value": rng.choice(theme["values"].split(", ")),
        "n": str(limit),
        "m": str(limit + step * (2 + rng.randrange(4))),
        "k": str(2 + rng.randrange(5)),
    }
    name = rng.choice(tuple(_QUERIES))
    slots["sql"] = _QUERIES[name].format_map(slots)
    slots["need"] = write(rng, rules, f"need_{name}", slots)
    instruction = write(rng, rules, "write_say", slots)
    output = write(rng, rules, "write_answer", slots)
    return Composed(instruction, (Instance("", output, slots["sql"]),))


def sql_result(rng: Random, lang: Lang) -> Composed:
    """Ask what a query returns for a table of a few rows."""
    rules = rules_of("code_sql", lang)
    instruction = write(rng, rules, "result_say", {})
    themes = rng.sample(table_of("code_sql", lang, "themes"), 1 + rng.randrange(3))
    return Composed(instruction, tuple(_queried(rng, rules, theme) for theme in themes))


def json_value(rng: Random, lang: Lang) -> Composed:
    """Ask for the value at a path in a JSON document."""
    rules = rules_of("code_json", lang)
    build = rng.choice(_DOCUMENTS)
    documents = [build(rng, rules) for _ in range(1 + rng.randrange(2))]
    path = _some_path(rng, documents[0])
    slots = {"path": rng.choice(_NOTATIONS)(path)}
    instruction = write(rng, rules, "say", slots)
    instances: list[Instance] = []
    for document in documents:
        value: Any = document
        for key in path:
            value = value[key]
        check = value if isinstance(value, str) else orjson.dumps(value).decode()
        shown = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
        output = write(rng, rules, "answer", {"path": slots["path"], "value": check})
        instances.append(Instance(shown, output, check))
    return Composed(instruction, tuple(instances))


def _queried(rng: Random, rules: Rules, theme: Row) -> Instance:
    """Compose a table, a query on it, and its result."""
    groups = rng.sample(theme["values"].split(", "), 3)
    low, step = int(theme["low"]), int(theme["step"])
    numbers = [low + step * n for n in rng.sample(range(12), _SHOWN_RECORDS)]
    labels = rng.sample(theme["names"].split(", "), _SHOWN_RECORDS)
    records = [
        (label, rng.choice(groups), number) for label, number in zip(labels, numbers, strict=True)
    ]
    value = max(groups, key=[group for _, group, _ in records].count)
    limit = rng.choice(sorted(numbers)[:-1])
    name = rng.choice(tuple(_RESULT_QUERIES))
    result = _RESULTS[name](records, value, limit)
    parts = " + ".join(str(number) for _, group, number in records if group == value)
    slots = theme | {"value": value, "n": str(limit), "result": result}
    slots |= {"count": result, "parts": parts}
    slots["reason"] = write(rng, rules, f"reason_{name}", slots)
    lines = [theme["table"], " | ".join((theme["label"], theme["group"], theme["number"]))]
    lines += [f"{label} | {group} | {number}" for label, group, number in records]
    shown = "\n".join((*lines, "", _RESULT_QUERIES[name].format_map(slots)))
    return Instance(shown, write(rng, rules, "result_answer", slots), result)


def _count_above(records: list[Record], _value: str, limit: int) -> str:
    return str(sum(number > limit for *_, number in records))


def _sum_of_group(records: list[Record], value: str, _limit: int) -> str:
    return str(sum(number for _, group, number in records if group == value))


def _largest(records: list[Record], _value: str, _limit: int) -> str:
    return str(max(number for *_, number in records))


def _top_label(records: list[Record], _value: str, _limit: int) -> str:
    return max(records, key=lambda record: record[2])[0]


def _distinct_groups(records: list[Record], _value: str, _limit: int) -> str:
    return str(len({group for _, group, _ in records}))


_RESULTS: dict[str, Callable[[list[Record], str, int], str]] = {
    "count": _count_above,
    "sum": _sum_of_group,
    "max": _largest,
    "top": _top_label,
    "distinct": _distinct_groups,
}


def _dotted(path: Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def _some_path(rng: Random, document: Json) -> Path:
    """Walk down to a value that is neither an object nor a list."""
    path: list[str | int] = []
    while not isinstance(document, str | int):
        if isinstance(document, Mapping):
            key = rng.choice(tuple(document))
            document = document[key]
        else:
            key = rng.randrange(len(document))
            document = document[key]
        path.append(key)
    return tuple(path)


def _order(rng: Random, rules: Rules) -> Json:
    items = [
        {"name": name, "price": 2 + rng.randrange(30), "quantity": 1 + rng.randrange(4)}
        for name in rng.sample(rules["thing"], 2)
    ]
    customer = {"name": rng.choice(rules["friend"]), "city": rng.choice(rules["city"])}
    return {"order": {"id": 1000 + rng.randrange(9000), "customer": customer, "items": items}}


def _library(rng: Random, rules: Rules) -> Json:
    books = [
        {"title": title, "year": 1950 + rng.randrange(70), "lent": rng.random() < 0.5}
        for title in rng.sample(rules["title"], 3)
    ]
    return {"library": {"city": rng.choice(rules["city"]), "books": books}}


def _weather(rng: Random, rules: Rules) -> Json:
    days = [
        {"day": day, "temperature": {"min": low, "max": low + 4 + rng.randrange(9)}}
        for day, low in enumerate((rng.randrange(-5, 15) for _ in range(3)), 1)
    ]
    return {"station": rng.choice(rules["city"]), "forecast": days}


def _restaurant(rng: Random, rules: Rules) -> Json:
    staff = [
        {"name": name, "role": rng.choice(rules["role"]), "shifts": rng.sample(range(1, 8), 2)}
        for name in rng.sample(rules["friend"], 2)
    ]
    return {
        "restaurant": {"tables": 8 + rng.randrange(12), "open": rng.random() < 0.5, "staff": staff}
    }


def _greenhouse(rng: Random, rules: Rules) -> Json:
    zones = [
        {"watered": rng.random() < 0.5, "sensors": {"light": rng.randrange(100), "soil": soil}}
        for soil in rng.sample(range(20, 80), 2)
    ]
    return {"settings": {"owner": rng.choice(rules["friend"]), "zones": zones}}


_DOCUMENTS = (_order, _library, _weather, _restaurant, _greenhouse)

KINDS: tuple[Kind, ...] = (
    Kind("sql_query", "coding", False, sql_query),
    Kind("sql_result", "coding", False, sql_result),
    Kind("json_value", "coding", False, json_value),
)
