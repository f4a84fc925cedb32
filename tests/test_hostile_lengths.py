"""Reading a text costs what it is long: nothing is read again from each of its characters.

What is repeated here are the signs that patterns begin with. A pattern that reads to the end of
the text from each of them needs minutes for what takes milliseconds.
"""

import time
from collections.abc import Callable

import pytest

import filters
from vicugna.parsing import blank_input, parse_list, parse_tasks, strip_thinking
from vicugna.pool import Pool
from vicugna.records import LANGS, Draft, Source
from vicugna.report import escape
from vicugna.text.code import is_code
from vicugna.text.hygiene import clean_text, show_lines
from vicugna.text.script import keep_quoted, language_of, strip_quoted

LATE = 10.0  # seconds; each of these tests takes half a second at most
UNITS = (
    *("a", "字", "é", " ", "\n", "\t", "　", "\u2028", "\x00", "👩‍🌾", "a\u0301"),
    *("[", "{", "(", "<", '"', "'", "`", "*", "#", "-", "=", ":", "：", "\\", ".", "@", "“", "《"),
    *("a@", "a-", "a.", "a b", "()", "(a)", "a;\n", "a:b;", "; ", "![", "](", "<a ", "< ", "&lt; "),
    *("#\n", "---\n", "***\n", "* ", "- ", "\n ", " \n", "1. ", "1.\n", "1. a\n", "(1) ", "一、"),
    *("Input:\n", "Output: ", "输入：", "Instruction\n", "指令：\n", "1. Input:\n", "Task 1:\n"),
    *("<think>", "</think>", "\n</think>", "```", "```a\n", "[image ", "【图", "(略", "http://a!"),
    *('"}', '"}\n', '{"', '{"a":1,', '{"instruction": ', '{"instruction": "a" ', '": "', "\\u0041"),
)


def _read(text: str) -> None:
    for cut in (False, True):
        parse_tasks(text, cut=cut)
        parse_tasks(text, cut=cut, required=("input", "output"))
        parse_list(text, cut=cut)
    for read in (
        strip_thinking,
        blank_input,
        language_of,
        keep_quoted,
        is_code,
        escape,
        show_lines,
    ):
        read(text)


def _ask(name: str) -> Callable[[str], object]:
    (ask,) = filters.chain([name]).whole

    def judge(text: str) -> object:
        return ask(Draft("1", "en", text, text, f"{text} b", Source()), Pool(0.7))

    return judge


def _judge(text: str) -> None:
    text = clean_text(text) or "a"
    pool = Pool(0.7)
    for lang in LANGS:
        draft = Draft("1", lang, text, text, f"{text} b", Source())
        for ask in filters.chain(filters.NAMES).whole:
            ask(draft, pool)


@pytest.mark.parametrize("work", [_read, _judge])
@pytest.mark.parametrize("unit", UNITS)
def test_a_text_is_read_once(work: Callable[[str], None], unit: str) -> None:
    """Before something that makes every pattern try again."""
    same = unit * (12_000 // len(unit))
    started = time.monotonic()

    work(f"x\n{same}\nx")

    assert time.monotonic() - started < LATE


@pytest.mark.parametrize(
    ("work", "units"),
    [
        pytest.param(
            strip_quoted, ["a", "“", "「a", "『", "《a", "a@", '"', "`", "1.1"], id="quotes"
        ),
        pytest.param(is_code, ["(", "()", "a(", " ", "a:b;", "} ", "=;"], id="code"),
        pytest.param(_ask("debris"), ["1. Input:\n", "\n", "< ", "###\n", "1 "], id="debris"),
        pytest.param(_ask("placeholder"), ["![", "[图", "\n", "(", "http://!"], id="placeholder"),
        pytest.param(_ask("empty"), ["*", ".", "{ ", "<", "* ."], id="empty"),
        pytest.param(blank_input, ["<", "&lt;", '"', " <"], id="no input"),
    ],
)
def test_what_computers_read_fast_is_read_once_too(
    work: Callable[[str], object], units: list[str]
) -> None:
    """A step takes a nanosecond here, so a fault shows in longer texts only."""
    started = time.monotonic()

    for unit in units:
        work(unit * (200_000 // len(unit)) + "x")

        assert time.monotonic() - started < LATE
