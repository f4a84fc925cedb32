"""A vocabulary comes back with its numbers, and goes on counting where it was."""

import pickle

import pytest

from vicugna.text.vocabulary import Vocabulary

TEXTS = [["a", "b", "a", "a"], ["写", "诗", "写"], ["b", "b"]]


def _dumped(vocabulary):
    return Vocabulary.load(*vocabulary.dump())


def _pickled(vocabulary):
    return pickle.loads(pickle.dumps(vocabulary))


@pytest.mark.parametrize("again", [_dumped, _pickled], ids=["dumped", "pickled"])
@pytest.mark.parametrize("known", [[], TEXTS[:1], TEXTS], ids=["empty", "one text", "three texts"])
def test_it_comes_back(again, known):
    vocabulary = Vocabulary()
    for words in known:
        vocabulary.rank(vocabulary.encode(words))

    back = again(vocabulary)

    for words in [*TEXTS, ["new", "new", "海"], ["a", "new", "new"]]:
        mine, its = vocabulary.encode(words), back.encode(words)
        assert mine == its
        assert vocabulary.rank(mine) == back.rank(its)
