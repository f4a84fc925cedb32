"""An answer that was cut: whole pieces stay, and without one it is asked once more, for longer."""

import pytest

from tests.scripted import grow_once, make_recipe, make_reply, say_well
from vicugna.errors import Fatal
from vicugna.loop import MORE_TOKENS

both_methods = pytest.mark.parametrize("method", ["alpaca", "self-instruct"])
LONG = 256 * MORE_TOKENS  # tokens of a question that is asked for longer


def _cutting(shorten, asked, most=256, purpose=None):
    """Return a teacher whose answers are cut where a question allows no more tokens than `most`."""

    async def ask(request):
        asked.append(request)
        text = say_well(request)
        wanted = purpose in (None, request.purpose)
        if wanted and request.sampling.max_tokens <= most:
            return make_reply(request, shorten(text), finish_reason="length")
        return make_reply(request, text)

    return ask


@both_methods
@pytest.mark.parametrize("text", ["", '{"instruction": "Na', "<think>我想想"])
def test_one_without_a_whole_piece_is_asked_once_more_for_longer(method, text):
    asked = []

    growth = grow_once(make_recipe(method), _cutting(lambda _: text, asked))

    assert growth.stopped == "target"
    sent = {request.sampling.max_tokens for request in asked}
    assert sent == {256, LONG}
    assert {piece.verdict.detail for piece in growth.rejected if piece.draft is None} == {"cut"}
    assert all(task.draft.output.strip() for task in growth.tasks)
    growth.check_conservation()


@both_methods
def test_one_that_is_cut_again_is_given_up_with_its_reason(method):
    asked = []
    recipe = make_recipe(method, budget={"requests": 40}, saturation={"window": 5000})

    growth = grow_once(recipe, _cutting(lambda _: "", asked, most=10**6))

    assert max(request.sampling.max_tokens for request in asked) == LONG
    assert {request.sample for request in asked} == {0}
    assert growth.tasks == []
    assert {piece.verdict.detail for piece in growth.rejected} == {"cut"}
    growth.check_conservation()


def test_whole_pieces_before_the_cut_stay_and_nothing_is_asked_again():
    asked = []

    growth = grow_once(make_recipe(), _cutting(lambda text: text[: len(text) * 3 // 4], asked))

    assert {request.sampling.max_tokens for request in asked} == {256}
    assert growth.stopped == "target"
    assert "cut" in {piece.verdict.detail for piece in growth.rejected}


def test_a_label_that_is_cut_is_asked_for_longer_and_never_guessed():
    asked = []

    growth = grow_once(
        make_recipe("self-instruct"),
        _cutting(lambda _: "<think>", asked, purpose="is_classification"),
    )

    labels = [one.sampling.max_tokens for one in asked if one.purpose == "is_classification"]
    assert labels.count(256) == labels.count(LONG) > 0
    assert growth.stopped == "target"


def test_more_tokens_than_a_model_can_write_end_one_question_and_not_the_run():
    asked = []
    cutting = _cutting(lambda _: "", asked, most=256)

    async def ask(request):
        if request.sampling.max_tokens > 256 and int(request.key[0], 16) % 4 == 0:
            raise Fatal("max_tokens is too large", cause="bad_request")
        return await cutting(request)

    growth = grow_once(make_recipe(), ask)

    assert growth.unanswered["length"] > 0
    assert growth.stopped == "target"


def test_a_bad_request_of_the_usual_length_ends_the_run():
    async def ask(request):
        raise Fatal("No such model.", cause="bad_request")

    with pytest.raises(Fatal, match="No such model"):
        grow_once(make_recipe(), ask)
