"""SQL runs on SQLite, JSON paths are followed by another reader."""

import json
import random
import re
import sqlite3
from typing import Any

import pytest

from vicugna.records import LANGS, Lang
from vicugna.teachers.offline.kind import Composed
from vicugna.teachers.offline.kinds import code_data
from vicugna.teachers.offline.kinds.grammar import table_of

BY_LANG = pytest.mark.parametrize("lang", LANGS)
KINDS = {kind.name: kind.compose for kind in code_data.KINDS}


def tasks(name: str, lang: Lang) -> list[Composed]:
    return [KINDS[name](random.Random(serial), lang) for serial in range(300)]


def database(table: str, columns: list[str], rows: list[list[str]]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    label, group, number = columns
    connection.execute(f"CREATE TABLE {table} ({label} TEXT, {group} TEXT, {number} INTEGER)")
    connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)
    return connection


@BY_LANG
def test_a_query_result_is_what_sqlite_returns(lang: Lang):
    for task in tasks("sql_result", lang):
        for instance in task.instances:
            shown, query = instance.input.split("\n\n")
            table, header, *rows = shown.split("\n")
            connection = database(table, header.split(" | "), [row.split(" | ") for row in rows])
            ((value,),) = connection.execute(query).fetchall()
            connection.close()
            assert instance.check == str(value)


@BY_LANG
def test_a_query_runs_and_uses_what_the_text_names(lang: Lang):
    themes = {row["table"]: row for row in table_of("code_sql", lang, "themes")}
    for task in tasks("sql_query", lang):
        query = task.instances[0].check
        (table,) = re.findall(r"FROM (\w+)", query)
        theme = themes[table]
        columns = [theme["label"], theme["group"], theme["number"]]
        assert all(column in task.instruction for column in (table, *columns))
        for value in re.findall(r"'(.+?)'|(?<![(\w])(\d+)", query):
            assert "".join(value) in task.instruction
        connection = database(table, columns, [["x", theme["values"].split(", ")[0], "1"]])
        connection.execute(query).fetchall()
        connection.close()


QUERIES = {
    "filter": ["d", "e"],
    "category": [("a", 1), ("c", 3)],
    "both": ["a"],
    "count": [("u", 2), ("v", 3)],
    "average": [("u", 2.0), ("v", 11 / 3)],
    "top": [("e", 5), ("d", 4)],
    "total": [4],
    "having": ["v"],
    "sorted": [("a", "u", 1), ("b", "v", 2), ("c", "u", 3), ("d", "v", 4), ("e", "v", 5)],
    "between": ["c", "d"],
}


@pytest.mark.parametrize("name", list(QUERIES))
def test_each_form_of_query_answers_its_need(name: str):
    rows = [["d", "v", "4"], ["a", "u", "1"], ["e", "v", "5"], ["c", "u", "3"], ["b", "v", "2"]]
    slots = {"table": "t", "label": "name", "group": "team", "number": "size", "value": "u"}
    numbers = {"having": ("2", "2", "2"), "filter": ("3", "3", "2"), "both": ("2", "2", "2")}
    slots["k"], slots["n"], slots["m"] = numbers.get(name, ("2", "3", "4"))
    query = vars(code_data)["_QUERIES"][name].format_map(slots)
    connection = database("t", ["name", "team", "size"], rows)
    found = connection.execute(query).fetchall()
    connection.close()
    expected = [row if isinstance(row, tuple) else (row,) for row in QUERIES[name]]
    assert (found if name in ("top", "sorted") else sorted(found)) == expected


@BY_LANG
def test_a_path_leads_to_its_value(lang: Lang):
    for task in tasks("json_value", lang):
        step = r"\.\w+|\[\d+\]|\[\"\w+\"\]"
        (path,) = re.findall(rf"(?:data|\$)(?:{step})+", task.instruction, re.ASCII)
        for instance in task.instances:
            value: Any = json.loads(instance.input)
            for key, index in re.findall(r"\.(\w+)|\[\"?(\w+)\"?\]", path):
                value = value[int(index)] if index.isdigit() else value[key or index]
            assert instance.check == (value if isinstance(value, str) else json.dumps(value))
