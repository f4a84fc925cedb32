"""docs/layouts: both languages have the same tables, and the code does what these say."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.layouts.round_trips import DRAFTS, make_draft
from tests.trainers.install import CLONES
from vicugna.formats.schema import field_table
from vicugna.layouts import LAYOUTS
from vicugna.layouts.chatglm import LONG_QUESTION, LONG_ROUND
from vicugna.layouts.chatllama import ZERO
from vicugna.layouts.faults import find_fault
from vicugna.layouts.kto import NOTHING_GOOD
from vicugna.layouts.layout import MORE_ROUNDS, NO_REJECTED
from vicugna.layouts.scores import NO_SCORE, NOT_LOWER
from vicugna.layouts.turns import ROLES
from vicugna.records import Alternative, Draft, Round
from vicugna.trainers import DEFAULT_MODEL, TRAINERS, Exported

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {
    lang: (DOCS / name).read_text("utf-8")
    for lang, name in [("en", "layouts.md"), ("zh", "layouts.zh.md")]
}
PARTS = {
    "en": {
        "system": "system",
        "rounds": "rounds",
        "reasoning": "reasoning",
        "rejected": "alternatives",
        "scores": "score",
    },
    "zh": {
        "系统提示": "system",
        "多轮": "rounds",
        "思考": "reasoning",
        "落选": "alternatives",
        "分数": "score",
    },
}
IN_TEXT = {"en": "in a text: ", "zh": "文中有 "}
WRITERS = [name for name, layout in LAYOUTS.items() if layout.write is not None]
ONLY_READ = [name for name in LAYOUTS if name not in WRITERS]
REASONS = {MORE_ROUNDS, NO_REJECTED, NO_SCORE, NOT_LOWER, ZERO, LONG_QUESTION, LONG_ROUND}
FAULTS = {"an empty question", "an empty answer", "half a character"}
every_page = pytest.mark.parametrize("lang", PAGES)


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def tables(lang: str) -> list[list[list[str]]]:
    """Return the tables of a page, each its rows without the head, each row its cells."""
    found = re.findall(r"(?:^\|.*\n)+", PAGES[lang], re.MULTILINE)
    return [[cells(line) for line in table.splitlines()[2:]] for table in found]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def written(lang: str) -> dict[str, list[str]]:
    """Return the table of layouts that are written: by name what stands behind it."""
    return {codes(name)[0]: [codes(name)[1], *rest] for name, *rest in tables(lang)[0]}


def refusals(lang: str, name: str) -> tuple[list[str], list[str]]:
    """Return the reasons of a layout and the marks that it takes in no text."""
    plain, _, marks = written(lang)[name][4].partition(IN_TEXT[lang])
    return codes(plain), codes(marks)


def why(name: str, draft: Draft) -> str:
    """Return why a draft is not written in a layout, or ""."""
    write = LAYOUTS[name].write
    assert write is not None
    rows = write(draft)
    return rows if isinstance(rows, str) else ""


@every_page
def test_every_layout_that_writes_is_there_with_its_file(lang):
    files = {name: row[0] for name, row in written(lang).items()}

    assert files == {name: LAYOUTS[name].file for name in WRITERS}


@every_page
@pytest.mark.parametrize("name", WRITERS)
def test_a_layout_holds_what_the_table_says(lang, name):
    told = {
        PARTS[lang][word] for word in re.split("[,、] ?", written(lang)[name][3].strip("-")) if word
    }

    rounds = (
        {"rounds"}
        if why(name, make_draft(rounds=(Round("So?", "Yes."),))) != MORE_ROUNDS
        else {*()}
    )
    assert told == LAYOUTS[name].holds | rounds


def strange() -> list[Draft]:
    """Return drafts that some layout refuses for a reason of its own."""
    long = "说" * 1100
    worse = Alternative("A cat.", score=1.0)
    return [
        *DRAFTS.values(),
        make_draft(score=0.0, alternatives=(replace(worse, score=-1.0),)),
        make_draft(score=1.0, alternatives=(worse,)),
        make_draft(alternatives=(worse,)),
        make_draft(instruction=long),
        make_draft(output=long, rounds=(Round("So?", "Yes."),)),
    ]


@every_page
@pytest.mark.parametrize("name", WRITERS)
def test_a_layout_refuses_for_the_reasons_that_the_table_names(lang, name):
    seen = {why(name, draft) for draft in strange()} - {""}

    assert {one for one in seen if not one.endswith(" in a text")} == {*refusals(lang, name)[0]}


MARKS = sorted({mark for name in WRITERS for mark in refusals("en", name)[1]})


@every_page
@pytest.mark.parametrize("name", WRITERS)
def test_a_layout_refuses_the_marks_that_the_table_names(lang, name):
    refused = set()
    for mark in MARKS:
        text = f"x {mark} x\n\n{mark} x"
        worse = Alternative(f"{text} no", score=1.0)
        draft = make_draft(instruction=text, output=text, alternatives=(worse,), score=2.0)
        if why(name, draft) == f"{mark} in a text":
            refused.add(mark)

    assert refused == {*refusals(lang, name)[1]}


FAULTY = [{"instruction": " "}, {"output": ""}, {"output": "\ud83d!"}]


@every_page
def test_every_reason_is_explained(lang):
    explained = {reason for row in tables(lang)[1] for reason in codes(row[0])}

    assert {find_fault(make_draft(**one)) for one in FAULTY} == FAULTS
    assert explained >= REASONS | FAULTS


@every_page
@pytest.mark.parametrize("name", TRAINERS)
def test_what_a_trainer_refuses_is_explained_beside_its_name(lang, name):
    texts = ["user", " x ", "{{idx}}", "[PAD]", "### Response:", "### 回答：", "<|endoftext|>"]
    worse = (Alternative("A cat."),)
    drafts = [make_draft(instruction=text, output=text, alternatives=worse) for text in texts]
    trainer = TRAINERS[name]
    marks = {mark for one in trainer.layouts for mark in refusals(lang, one)[1]}

    rows = [row for row in tables(lang)[1] if codes(row[2]) == [f"--for {name}"]]
    told = {reason for row in rows for reason in codes(row[0])}
    asked = (trainer.refuse, trainer.refuse_pair)
    refused = {refuse(draft) for refuse in asked for draft in drafts} - {""}
    assert refused - {f"{mark} in a text" for mark in marks} == told


@every_page
def test_every_reason_for_a_piece_is_one_that_the_code_has(lang):
    start = PAGES[lang].index("`rejected.jsonl`")
    told = codes(PAGES[lang][start : PAGES[lang].index("\n## ", start)])
    folder = Path(__file__).parent.parent / "vicugna"
    sources = [*(folder / "layouts").glob("*.py"), folder / "file_rows.py"]
    code = "\n".join(path.read_text("utf-8") for path in sources)

    reasons = {*re.findall(r'Problem\(\s*"([a-z][^"{]+)"', code), NOTHING_GOOD}
    reasons |= {*re.findall(r'return "(a turn [^"]+|turns [^"]+|an empty turn|no [^"]+)"', code)}
    assert reasons - {*told} == set()
    assert [one for one in told[2:] if f'"{one}"' not in code and "user_input" not in one] == []


@every_page
def test_what_is_only_read_is_named_and_every_role(lang):
    assert [codes(row[0])[0] for row in tables(lang)[2]] == ONLY_READ
    assert {*codes(tables(lang)[3][0][1])} == {*ROLES}


@every_page
def test_every_trainer_is_there_with_its_layouts_and_configuration(lang):
    told = {codes(row[0])[0]: [codes(cell) for cell in row[1:4]] for row in tables(lang)[4]}

    assert told == {name: [*map(list, made_of(name))] for name in TRAINERS}


def made_of(name: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    trainer = TRAINERS[name]
    layouts = trainer.layouts + trainer.preferences
    files = {layout: LAYOUTS[layout].file for layout in layouts}
    configured = trainer.setup(Exported("small", files, DEFAULT_MODEL)).files
    return trainer.layouts, trainer.preferences, tuple(configured)


@every_page
def test_the_program_of_a_trainer_is_one_that_its_commands_have(lang):
    for name, _, _, _, command, _ in tables(lang)[4]:
        trainer = TRAINERS[codes(name)[0]]
        files = {layout: LAYOUTS[layout].file for layout in trainer.layouts + trainer.preferences}
        commands = " ".join(trainer.setup(Exported("small", files, DEFAULT_MODEL)).commands)

        for word in re.split("[ ,]+", codes(command)[0]):
            assert word in commands, name


@every_page
def test_the_table_of_fields_is_that_of_the_schema(lang):
    assert f"\n{field_table(lang)}\n" in PAGES[lang]


def test_both_languages_have_the_same_rows():
    for english, chinese in zip(tables("en")[:-1], tables("zh")[:-1], strict=True):
        assert len(english) == len(chinese)
        for row, other in zip(english, chinese, strict=True):
            assert [sorted(codes(cell)) for cell in row] == [sorted(codes(cell)) for cell in other]
    assert re.findall(r"```sh\n(.*?)```", PAGES["en"], re.DOTALL)
    assert [len(tables(lang)) for lang in PAGES] == [6, 6]
    versions = [[re.split("[;；]", row[5])[0] for row in tables(lang)[4]] for lang in PAGES]
    assert versions[0] == versions[1]


def test_run_and_read_are_said_of_the_same_trainers():
    words = {"run:": "实跑：", "read:": "读码："}
    for name, row in written("en").items():
        known = row[2].replace(", ", "、").replace("; ", "；")
        for english, chinese in words.items():
            known = known.replace(f"{english} ", chinese)

        assert written("zh")[name][2] == known


@every_page
def test_nothing_points_out_of_the_repository(lang):
    for link in re.findall(r"\]\(([^)]+)\)", PAGES[lang]):
        page, _, section = link.partition("#")
        text = PAGES[lang] if not page else (DOCS / page).read_text("utf-8")
        titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        assert not section or section in {one.lower().replace(" ", "-") for one in titles}
    assert not re.search(
        r"https?://|\.(?:org|com|io)\b|(?<![\w.~`/])/(?:home|work|tmp|usr)\b", PAGES[lang]
    )


@every_page
@pytest.mark.parametrize("folder", CLONES)
def test_a_clone_is_told_with_the_commit_it_was_read_at(lang, folder):
    """A repository goes on, and what was seen may not hold of its next commit."""
    assert f"{folder} {CLONES[folder][1]}" in PAGES[lang]
