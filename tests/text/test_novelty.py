"""The novelty index answers as comparing with every member would, at every limit and length."""

import itertools
import random
from collections.abc import Sequence
from fractions import Fraction
from unittest.mock import Mock, patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import process
from rapidfuzz.distance import LCSseq
from rouge_score.rouge_scorer import RougeScorer

from vicugna.errors import UserError
from vicugna.text import novelty, ordered_join, paths, prefix_trie, shelf, shelves, sift, vocabulary
from vicugna.text.closest import Neighbour
from vicugna.text.novelty import NoveltyIndex
from vicugna.text.tokens import tokens

LIMITS = [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0]
ENGLISH = [f"word{number}" for number in range(60)]
CHINESE = list(
    "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰馀成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈"
)
REFERENCE = RougeScorer(["rougeL"], use_stemmer=False)


def lcs(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, by the textbook."""
    row = [0] * (len(b) + 1)
    for left in a:
        before = row
        row = [0]
        for column, right in enumerate(b):
            longest = before[column] + 1 if left == right else max(before[column + 1], row[-1])
            row.append(longest)
    return row[-1]


def brute_force(pool: Sequence[str], text: str, max_f1: float) -> Neighbour | None:
    """Return what the index must return for a pool whose ids count from 0."""
    asked, best, nearest = tokens(text), Fraction(str(max_f1)), None
    for number, member in enumerate(map(tokens, pool)):
        total = len(asked) + len(member)
        f1 = Fraction(2 * lcs(asked, member), total) if total else Fraction(0)
        if f1 > best:
            best, nearest = f1, Neighbour(str(number), float(f1))
    return nearest


def edited(source: random.Random, words: list[str], spare: list[str]) -> list[str]:
    """Return the words with up to half of them dropped, added to or moved."""
    words = list(words)
    for _ in range(source.randint(0, len(words) // 2)):
        place = source.randrange(len(words))
        edit = source.choice(["drop", "add", "move"])
        moved = words.pop(place) if edit != "add" else source.choice(spare)
        if edit != "drop":
            words.insert(source.randint(0, len(words)), moved)
    return words


def bilingual_texts(count: int, seed: int, longest: int) -> list[str]:
    """Return texts in both languages, many of them near to an earlier one."""
    source, texts = random.Random(seed), list[list[str]]()
    for _ in range(count):
        spare = source.choice([ENGLISH, CHINESE, ENGLISH + CHINESE])
        if texts and source.random() < 0.5:
            texts.append(edited(source, source.choice(texts), spare))
        else:
            texts.append(source.choices(spare, k=source.randint(0, longest)))
    return [" ".join(words) for words in texts]


few = st.lists(st.sampled_from(["a", "b", "c", "写", "诗", "海"]), max_size=8)
more = st.lists(st.sampled_from([*ENGLISH[:15], *CHINESE[:15]]), max_size=40)
drawn = st.builds(
    bilingual_texts, st.just(12), seed=st.integers(0, 10**6), longest=st.sampled_from([12, 70])
)
pools = st.one_of(st.lists(st.one_of(few, more).map(" ".join), max_size=25), drawn)


@settings(deadline=None, max_examples=500)
@given(
    pool=pools,
    max_f1=st.sampled_from(LIMITS),
    leaf=st.sampled_from([1, 2, 5, 256]),
    paths=st.sampled_from([1, 5, 200]),
    few=st.sampled_from([0, 16]),
)
def test_the_nearest_is_that_of_brute_force(
    pool: list[str], max_f1: float, leaf: int, paths: int, few: int
) -> None:
    with (
        patch.object(prefix_trie, "_LEAF_TEXTS", leaf),
        patch.object(prefix_trie, "_MAX_PATHS", paths),
        patch.object(shelf, "FEW", few),
        patch.object(shelves, "FEW", few),
    ):
        index = NoveltyIndex(max_f1)
        for number, text in enumerate(pool):
            assert index.nearest(text) == brute_force(pool[:number], text, max_f1)
            index.add(str(number), text)


@settings(deadline=None, max_examples=500)
@given(
    pool=pools,
    before=st.integers(0, 5),
    max_f1=st.sampled_from(LIMITS),
    full=st.sampled_from([0, 1, 3, 256]),
    steps=st.sampled_from([1, 5, 200]),
    chunk=st.sampled_from([1, 2, 7, 8192]),
    meetings=st.sampled_from([1, 20, 2048]),
    asked=st.integers(0, 2**25 - 1),
)
def test_expected_texts_have_the_same_nearest(
    pool: list[str],
    before: int,
    max_f1: float,
    full: int,
    steps: int,
    chunk: int,
    meetings: int,
    asked: int,
) -> None:
    """Kept where brute force keeps; some are not asked about, and some come before the rest."""
    with (
        patch.object(paths, "_FULL", full),
        patch.object(prefix_trie, "_MAX_PATHS", steps),
        patch.object(ordered_join, "CHUNK", chunk),
        patch.object(ordered_join, "_MEETINGS", meetings),
        patch.object(sift, "_BLOCK", meetings),
    ):
        index, members = NoveltyIndex(max_f1), list[str]()
        for text in pool[:before]:
            index.add(str(len(members)), text)
            members.append(text)
        index.expect(pool[before:])
        for place, text in enumerate(pool[before:]):
            if not asked >> place & 1:
                continue
            expected = brute_force(members, text, max_f1)
            assert index.nearest(text) == expected
            if expected is None:
                index.add(str(len(members)), text)
                members.append(text)
        late = "a b c 写诗"
        assert index.nearest(late) == brute_force(members, late, max_f1)


@pytest.mark.parametrize("expects", [False, True], ids=["one at a time", "expected"])
@pytest.mark.parametrize("max_f1", [0.4, 0.55, 0.7, 0.85], ids="limit {}".format)
@pytest.mark.parametrize("longest", [12, 120], ids="up to {} tokens".format)
def test_a_large_pool_decides_as_brute_force(max_f1: float, longest: int, expects: bool) -> None:
    texts = bilingual_texts(1500, seed=longest, longest=longest)
    codes = {word: chr(code) for code, word in enumerate([*ENGLISH, *CHINESE])}
    coded = ["".join(map(codes.__getitem__, tokens(text))) for text in texts]
    common = process.cdist(coded, coded, scorer=LCSseq.similarity, dtype=np.int32)
    index = NoveltyIndex(max_f1)
    if expects:
        index.expect(texts)
    for row, text in enumerate(texts):
        totals = np.array([max(len(coded[row]) + len(other), 1) for other in coded[:row]])
        f1 = 2 * common[row, :row] / totals if row else np.zeros(1)
        best = int(f1.argmax())
        expected = Neighbour(str(best), float(f1[best])) if f1[best] > max_f1 else None
        assert index.nearest(text) == expected
        index.add(str(row), text)


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["English", "Chinese"])
@pytest.mark.parametrize(
    ("max_f1", "size", "shared"),
    [(0.3, 10, 3), (0.5, 6, 3), (0.6, 5, 3), (0.7, 10, 7), (0.8, 5, 4), (0.9, 20, 18)],
    ids="limit {}".format,
)
def test_exactly_at_the_limit_is_new_and_one_token_more_is_not(
    words: list[str], max_f1: float, size: int, shared: int
) -> None:
    member, spare = words[:size], words[size : 2 * size]
    index = NoveltyIndex(max_f1)
    index.add("member", " ".join(member))
    at = [*member[:shared], *spare[shared:]]
    above = [*member[: shared + 1], *spare[shared + 1 :]]
    assert index.nearest(" ".join(at)) is None
    assert index.nearest(" ".join(above)) == Neighbour("member", (shared + 1) / size)


@settings(deadline=None)
@given(texts=st.lists(few.map(" ".join), min_size=1, max_size=12), limit=st.sampled_from(LIMITS))
def test_plain_english_decides_as_rouge_score_but_for_ties(texts: list[str], limit: float) -> None:
    plain = [text.translate(dict(zip(map(ord, "写诗海"), "xyz", strict=True))) for text in texts]
    *pool, text = plain
    index = NoveltyIndex(limit)
    for number, member in enumerate(pool):
        index.add(str(number), member)
    scores = [REFERENCE.score(member, text)["rougeL"].fmeasure for member in pool]
    clear = [score for score in scores if abs(score - limit) > 1e-9]
    nearest = index.nearest(text)
    assert (nearest is not None) == any(score > limit for score in clear)
    assert nearest is None or nearest.f1 == pytest.approx(max(scores))


@pytest.mark.parametrize(
    ("pool", "text", "expected"),
    [
        pytest.param(["a b c d", "a b c d e"], "a b c d e", Neighbour("1", 1.0), id="the nearer"),
        pytest.param(["a b c x", "a b c y"], "a b c z", Neighbour("0", 0.75), id="the earlier"),
        pytest.param(["写一首诗", "写一首诗"], "写一首诗！", Neighbour("0", 1.0), id="equal texts"),
        pytest.param(["Write a poem"], "写一首诗", None, id="the other language"),
        pytest.param(["用Python写诗"], "用Python写歌", Neighbour("0", 0.75), id="mixed text"),
        pytest.param(["", "……"], "", None, id="no token in either"),
        pytest.param(["", "诗"], "诗", Neighbour("1", 1.0), id="one token"),
        pytest.param([], "写一首诗", None, id="empty pool"),
    ],
)
def test_nearest(pool: list[str], text: str, expected: Neighbour | None) -> None:
    index = NoveltyIndex(max_f1=0.7)
    for number, member in enumerate(pool):
        index.add(str(number), member)
    assert index.nearest(text) == expected
    assert len(index) == len(pool)


@pytest.mark.parametrize("text", ["write a poem", "写一首诗"], ids=["English", "Chinese"])
def test_an_equal_text_is_caught_at_any_limit_below_1(text: str) -> None:
    caught, kept = NoveltyIndex(0.9999), NoveltyIndex(1.0)
    caught.add("first", text)
    kept.add("first", text)
    assert caught.nearest(text) == Neighbour("first", 1.0)
    assert kept.nearest(text) is None


@pytest.mark.parametrize("max_f1", [0.0, -1.0, 1.01])
def test_a_limit_out_of_range_is_the_users_error(max_f1: float) -> None:
    with pytest.raises(UserError, match="max_f1 is"):
        NoveltyIndex(max_f1)


def test_a_text_that_is_added_after_the_question_is_tokenized_once() -> None:
    index = NoveltyIndex()
    with patch.object(novelty, "tokens", Mock(side_effect=tokens)) as counted:
        index.nearest("写一首关于海的诗")
        index.add("a", "写一首关于海的诗")
        assert counted.call_count == 1
        index.add("b", "另一个题目")
        assert index.nearest("写一首关于海的诗") == Neighbour("a", 1.0)


def test_an_expected_text_is_tokenized_once() -> None:
    index = NoveltyIndex()
    index.expect(["写一首关于海的诗", "另一个题目"])
    with patch.object(novelty, "tokens", Mock(side_effect=tokens)) as counted:
        index.nearest("写一首关于海的诗")
        index.add("a", "写一首关于海的诗")
        index.nearest("另一个题目")
        assert counted.call_count == 0


@pytest.mark.parametrize(
    "late", ["write a poem on rain", "写一首关于雨的诗"], ids=["English", "Chinese"]
)
def test_a_text_that_was_not_expected_is_compared_with_those_that_were(late: str) -> None:
    index = NoveltyIndex()
    index.expect(["Write a poem on rain!", "写一首关于雨的诗。", "never asked about"])
    index.add("en", "Write a poem on rain!")
    index.add("zh", "写一首关于雨的诗。")
    for _ in range(2):
        nearest = index.nearest(late)
        assert nearest is not None
        assert nearest == Neighbour("en" if late.isascii() else "zh", 1.0)
    index.add("late", "never asked about")
    assert index.nearest("never asked about") == Neighbour("late", 1.0)


def test_equal_expected_texts_are_told_apart_by_their_place() -> None:
    index = NoveltyIndex(0.9)
    texts = ["写诗", "写诗", "写歌", "写诗", "写歌"]
    index.expect(texts)
    found = []
    for place, text in enumerate(texts):
        found.append(index.nearest(text))
        if place in (0, 2):
            index.add(str(place), text)
    assert found == [None, Neighbour("0", 1.0), None, Neighbour("0", 1.0), Neighbour("2", 1.0)]


def test_token_numbers_may_grow_beyond_unicode() -> None:
    with patch.object(vocabulary, "count", lambda: itertools.count(0x10FFFE)):
        index = NoveltyIndex()
    index.add("a", "one two three four two two")
    assert index.nearest("one two three five two two") == Neighbour("a", 5 / 6)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_expected_texts_may_be_added_without_being_asked_about(lang):
    words = {"en": "name a river in the north", "zh": "写 一 首 关 于 春 天 的 诗"}[lang]
    texts = [f"{words} {number}" for number in range(5)]
    index = NoveltyIndex(0.7)
    index.expect([*texts, texts[3]])

    for number, text in enumerate(texts):
        index.add(str(number), text)

    assert index.nearest(texts[3]) == Neighbour("3", 1.0)
