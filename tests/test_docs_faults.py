"""docs/faults: every cause that the code counts is told, in both languages, with what is done."""

import re
from pathlib import Path

import pytest

from vicugna.errors import Fatal, Refused, TeacherError, Transient
from vicugna.teachers import openai_wire
from vicugna.teachers.retry import RULES

ROOT = Path(__file__).parent.parent
CODE = sorted((ROOT / "vicugna" / "teachers").glob("*.py"))
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)
YES = {"en": "yes", "zh": "是"}


def _rows(lang):
    name = "faults.md" if lang == "en" else "faults.zh.md"
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return {
        cause: [cell.strip() for cell in cells.split("|")] for cause, cells in ROW.findall(text)
    }


def _kinds():
    """Return the kind of error of each cause that is raised where a teacher is asked live."""
    kinds: dict[str, type[TeacherError]] = dict.fromkeys(openai_wire._REFUSED.values(), Refused)
    kinds |= dict.fromkeys(openai_wire._TRANSIENT.values(), Transient)
    kinds |= {cause: Fatal for cause, _ in openai_wire._FATAL.values()}
    for error, cause in re.findall(
        r'(Fatal|Transient)\((?:[^()]|\([^()]*\))*?cause="(\w+)"',
        "".join(path.read_text(encoding="utf-8") for path in CODE if "batch" not in path.name),
    ):
        kinds[cause] = {"Fatal": Fatal, "Transient": Transient}[error]
    kinds[openai_wire._REDIRECT[0]] = kinds[openai_wire._UNPAID[0]] = Fatal
    return kinds


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_cause_is_told(lang):
    assert set(_rows(lang)) == set(_kinds())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("cause", sorted(_kinds()))
def test_it_costs_an_attempt_where_the_table_says_so(cause, lang):
    kind = _kinds()[cause]
    costs = kind in RULES and RULES[kind].costs_attempt

    assert (_rows(lang)[cause][2] == YES[lang]) == costs


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("cause", sorted(_kinds()))
def test_it_may_be_lost_where_the_table_says_so(cause, lang):
    """As the ledger counts it: nothing that was refused, fatal, or never arrived."""
    lost = _kinds()[cause] is Transient and cause != "unreachable"

    assert (_rows(lang)[cause][3] == YES[lang]) == lost
