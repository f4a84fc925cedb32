"""Whatever stands under its keys, a layout that takes a row reads all of it and never fails."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.layouts.hostile_drafts import JSON
from vicugna.layouts import LAYOUTS

KEYS = {
    "chatglm": ["prompt", "response", "history", "content", "summary", "system"],
    "belle": ["conversations", "system"],
    "belle_dpo": ["prompt", "chosen", "rejected", "reject"],
    "belle_reward": ["chosen", "rejected"],
    "belle_multiturn": ["instruction", "input", "output"],
    "moss": ["chat", "conversation", "meta_instruction", "category", "system"],
    "baize": ["topic", "input"],
    "koala": ["marker_user", "human_0", "gpt_1", "gpt_bad_1", "fields"],
    "dolly": ["instruction", "context", "response", "category"],
    "tencentpretrain": ["instruction", "input", "output"],
    "gpt4llm": ["user_input", "completion_a", "completion_b", "responses_and_scores"],
    "sharegpt_page": ["conversations", "items", "system"],
}
TURN = st.fixed_dictionaries(
    {"from": st.sampled_from(["human", "assistant", "gpt", "tool"]), "value": JSON}
)
SHAPES = {
    "conversations": st.lists(TURN, max_size=4),
    "items": st.lists(TURN, max_size=4),
    "conversation": st.lists(st.fixed_dictionaries({"human": JSON, "assistant": JSON}), max_size=3),
    "chat": st.dictionaries(st.sampled_from(["turn_1", "turn_2"]), JSON),
    "responses_and_scores": st.lists(st.fixed_dictionaries({"response": JSON, "score": JSON})),
    "instruction": st.sampled_from(["", " ", "Human:a\nAssistant:", "Human:Assistant:"]),
    "prompt": st.sampled_from(
        ["Human: \n", "Human: \n\n\nAssistant: \n", "Human: \na\n\nHuman: b"]
    ),
    "input": st.sampled_from(["[|AI|][|Human|]", "[|Human|]a[|AI|]", "a"]),
    "fields": st.sampled_from(["human_0", "[gpt_1+x],{human_0}", "gpt_bad_1,gpt_1,,+"]),
}


@pytest.mark.parametrize("name", KEYS)
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_row_that_is_taken_is_read(name, data):
    optional = {key: SHAPES.get(key, st.nothing()) | JSON for key in KEYS[name]}
    row = data.draw(st.fixed_dictionaries({}, optional=optional))
    layout = LAYOUTS[name]
    if not layout.matches(row):
        return

    pieces = layout.read(row)
    assert pieces
    if layout.join is not None:
        assert layout.join([(1, piece) for piece in pieces])
