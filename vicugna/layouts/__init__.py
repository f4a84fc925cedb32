"""Every layout that trainers read, one module for each system: written from a draft, and read.

A row is read by the first layout it matches; those that say most about themselves are tried first.
"""

from vicugna.layouts.alpaca import ALPACA
from vicugna.layouts.baize import BAIZE
from vicugna.layouts.belle import BELLE, BELLE_DPO, BELLE_MULTITURN, BELLE_REWARD
from vicugna.layouts.chatglm import CHATGLM
from vicugna.layouts.chatllama import CHATLLAMA_ACTOR, CHATLLAMA_REWARD, CHATLLAMA_RLHF
from vicugna.layouts.colossalchat import (
    COLOSSALCHAT,
    COLOSSALCHAT_KTO,
    COLOSSALCHAT_PREFERENCE,
    COLOSSALCHAT_PROMPTS,
)
from vicugna.layouts.deepspeed_chat import DEEPSPEED_CHAT, DEEPSPEED_CHAT_SFT
from vicugna.layouts.dolly import DOLLY
from vicugna.layouts.gpt4llm import GPT4LLM
from vicugna.layouts.koala import KOALA
from vicugna.layouts.kto import KTO, KTO_MESSAGES
from vicugna.layouts.layout import Layout, Row
from vicugna.layouts.llama_factory import PREFERENCE_ALPACA, PREFERENCE_SHAREGPT
from vicugna.layouts.lmflow import (
    LMFLOW_CONVERSATION,
    LMFLOW_PAIRED,
    LMFLOW_PAIRED_TEXT,
    LMFLOW_TEXT2TEXT,
)
from vicugna.layouts.lmflow_lists import LMFLOW_SCORED, LMFLOW_TEXTLIST
from vicugna.layouts.messages import MESSAGES, PARQUET
from vicugna.layouts.moss import MOSS
from vicugna.layouts.preference import PREFERENCE, PREFERENCE_IMPLICIT
from vicugna.layouts.self_instruct import SELF_INSTRUCT, SELF_INSTRUCT_TASKS
from vicugna.layouts.sharegpt import SHAREGPT
from vicugna.layouts.sharegpt_page import SHAREGPT_PAGE
from vicugna.layouts.swift import PREFERENCE_SWIFT
from vicugna.layouts.tencentpretrain import TENCENTPRETRAIN

# The names are those of `--format` and of a recipe's `formats`.
LAYOUTS: dict[str, Layout] = {
    "alpaca": ALPACA,
    "sharegpt": SHAREGPT,
    "messages": MESSAGES,
    "parquet": PARQUET,
    "preference": PREFERENCE,
    "preference_implicit": PREFERENCE_IMPLICIT,
    "kto": KTO,
    "kto_messages": KTO_MESSAGES,
    "self_instruct": SELF_INSTRUCT,
    "self_instruct_tasks": SELF_INSTRUCT_TASKS,
    # These say their type, have keys of their own, or are a stricter form of one above.
    "lmflow_text2text": LMFLOW_TEXT2TEXT,
    "lmflow_conversation": LMFLOW_CONVERSATION,
    "lmflow_paired": LMFLOW_PAIRED,
    "lmflow_paired_text": LMFLOW_PAIRED_TEXT,
    "lmflow_textlist": LMFLOW_TEXTLIST,
    "lmflow_scored": LMFLOW_SCORED,
    "preference_alpaca": PREFERENCE_ALPACA,
    "gpt4llm": GPT4LLM,
    "sharegpt_page": SHAREGPT_PAGE,
    "chatllama_actor": CHATLLAMA_ACTOR,
    "chatllama_reward": CHATLLAMA_REWARD,
    "chatllama_rlhf": CHATLLAMA_RLHF,
    "belle_dpo": BELLE_DPO,
    "belle_reward": BELLE_REWARD,
    "deepspeed_chat": DEEPSPEED_CHAT,
    "deepspeed_chat_sft": DEEPSPEED_CHAT_SFT,
    "colossalchat": COLOSSALCHAT,
    "colossalchat_preference": COLOSSALCHAT_PREFERENCE,
    "colossalchat_prompts": COLOSSALCHAT_PROMPTS,
    "colossalchat_kto": COLOSSALCHAT_KTO,
    "preference_swift": PREFERENCE_SWIFT,
    "preference_sharegpt": PREFERENCE_SHAREGPT,
    "dolly": DOLLY,
    "tencentpretrain": TENCENTPRETRAIN,
    "belle": BELLE,
    "belle_multiturn": BELLE_MULTITURN,
    "chatglm": CHATGLM,
    "moss": MOSS,
    "baize": BAIZE,
    "koala": KOALA,
}
# Rows of others would match these, so they are tried last, in this order.
_GENERAL = (
    "messages",
    "parquet",
    "preference",
    "preference_implicit",
    "kto",
    "kto_messages",
    "self_instruct",
    "self_instruct_tasks",
    "sharegpt",
    "alpaca",
)
_ORDER = [*(name for name in LAYOUTS if name not in _GENERAL), *_GENERAL]


def find_layout(row: Row) -> str:
    """Return the name of the layout that a row is in, or ""."""
    return next((name for name in _ORDER if LAYOUTS[name].matches(row)), "")
