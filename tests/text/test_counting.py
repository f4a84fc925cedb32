"""Tokens are those of the tokenizer that is named, and lengths are spread as they are."""

import json
from pathlib import Path

import huggingface_hub.constants
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from vicugna.errors import UserError
from vicugna.text.counting import Bin, histogram, histogram_lines, load_tokens


@pytest.fixture(scope="module")
def by_word(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer of words that marks beginning and end, and cuts and fills up texts."""
    names = ["[UNK]", "<s>", "</s>", "write", "a", "poem", "写", "诗"]
    tokenizer = Tokenizer(
        models.WordLevel({name: number for number, name in enumerate(names)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    path = tmp_path_factory.mktemp("by_word") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="module")
def by_bytes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=260, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(["the the the"], trainer)
    path = tmp_path_factory.mktemp("by_bytes") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("write a poem", 3, id="English, without the marks of beginning and end"),
        pytest.param("写 诗", 2, id="Chinese"),
        pytest.param("a a a a a a", 6, id="longer than the file would cut it"),
    ],
)
def test_words_are_counted(by_word: Path, text: str, expected: int) -> None:
    assert load_tokens(str(by_word)).count(text) == expected
    assert load_tokens(str(by_word.parent)).count(text) == expected


def test_the_marks_of_a_tokenizer_are_known(by_word: Path, tmp_path: Path) -> None:
    """What it adds to its vocabulary otherwise is text: <think> of Qwen3."""
    tokenizer = Tokenizer.from_file(str(by_word))
    tokenizer.add_special_tokens(["<|im_end|>", "</s>"])
    tokenizer.add_tokens(["<think>"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))

    assert set(load_tokens(str(tmp_path)).marks) == {"<|im_end|>", "</s>"}
    assert load_tokens(str(by_word)).marks == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("the xy", 4, id="English"),
        pytest.param("写诗", 6, id="Chinese: three bytes each"),
        pytest.param("🦙", 4, id="emoji"),
        pytest.param("\ud800", 1, id="half a character, as a question mark"),
    ],
)
def test_bytes_are_counted(by_bytes: Path, text: str, expected: int) -> None:
    assert load_tokens(str(by_bytes)).count(text) == expected


def test_a_name_on_the_hub(by_word: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was fetched once is read from the cache; with no network the rest is out of reach."""
    cached = tmp_path / "models--someone--small.model-1"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("a" * 40)
    (cached / "snapshots" / ("a" * 40)).mkdir(parents=True)
    (cached / "snapshots" / ("a" * 40) / "tokenizer.json").write_bytes(by_word.read_bytes())
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    assert load_tokens("someone/small.model-1").count("write a poem") == 3
    with pytest.raises(
        UserError, match=r"^someone/else: the hub gives no tokenizer: .*\.$"
    ) as said:
        load_tokens("someone/else")
    assert "\n" not in str(said.value)


@pytest.mark.parametrize("text", ["", "no JSON", '{"model": 1}'], ids=["empty", "text", "JSON"])
def test_a_file_that_is_no_tokenizer(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"tokenizer\.json: cannot be read as a tokenizer: .*\.$"):
        load_tokens(str(tmp_path))


@pytest.mark.parametrize(
    "name",
    ["", "no_such_file", "./a/b", "a/b/c", "/a/b.json", "someone/", "\0", "中/文", "a" * 5000],
)
def test_a_name_that_is_neither_a_file_nor_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="tokenizer") as said:
        load_tokens(name)
    assert "\n" not in str(said.value)


def test_a_folder_without_a_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({}))
    with pytest.raises(UserError, match=r"tokenizer\.json"):
        load_tokens(str(tmp_path))


@pytest.mark.parametrize(
    ("counts", "median", "p95", "bins"),
    [
        pytest.param([], 0, 0, (), id="nothing"),
        pytest.param([0], 0, 0, (Bin(0, 0, 1),), id="an empty text"),
        pytest.param([3, 4], 3, 4, (Bin(2, 3, 1), Bin(4, 7, 1)), id="both sides of a power of two"),
        pytest.param(
            [1, 8, 8], 8, 8, (Bin(1, 1, 1), Bin(2, 3, 0), Bin(4, 7, 0), Bin(8, 15, 2)), id="a gap"
        ),
        pytest.param(
            list(range(1, 21)),
            10,
            19,
            (Bin(1, 1, 1), Bin(2, 3, 2), Bin(4, 7, 4), Bin(8, 15, 8), Bin(16, 31, 5)),
            id="twenty",
        ),
    ],
)
def test_histogram(counts: list[int], median: int, p95: int, bins: tuple[Bin, ...]) -> None:
    found = histogram(counts)
    assert (found.median, found.p95, found.bins) == (median, p95, bins)


@given(st.lists(st.integers(0, 5000), min_size=1))
def test_a_histogram_accounts_for_every_text(counts: list[int]) -> None:
    found = histogram(iter(counts))
    assert (found.texts, found.total, found.longest) == (len(counts), sum(counts), max(counts))
    assert found.mean == pytest.approx(sum(counts) / len(counts))
    for one in found.bins:
        assert one.texts == sum(one.least <= count <= one.most for count in counts)
    assert sum(one.texts for one in found.bins) == len(counts)
    assert sum(count <= found.p95 for count in counts) >= 0.95 * len(counts)
    assert len(histogram_lines(found)) == len(found.bins) + 1


def test_lines() -> None:
    assert histogram_lines(histogram([1, 5, 6, 900, *[2000] * 96]), width=8) == [
        "          1   1   1.0 %  #",
        "        2-3   0   0.0 %",
        "        4-7   2   2.0 %  #",
        "       8-15   0   0.0 %",
        "      16-31   0   0.0 %",
        "      32-63   0   0.0 %",
        "     64-127   0   0.0 %",
        "    128-255   0   0.0 %",
        "    256-511   0   0.0 %",
        "  512-1,023   1   1.0 %  #",
        "1,024-2,047  96  96.0 %  ########",
        "100 texts, 192,912 tokens: mean 1929.1, median 2,000, 95 % up to 2,000, longest 2,000",
    ]


def test_lines_of_nothing() -> None:
    assert histogram_lines(histogram([])) == [
        "0 texts, 0 tokens: mean 0.0, median 0, 95 % up to 0, longest 0"
    ]
