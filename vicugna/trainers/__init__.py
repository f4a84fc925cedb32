"""Every trainer that an export can be made for, one module each."""

from vicugna.trainers.alpaca_lora import ALPACA_LORA
from vicugna.trainers.axolotl import AXOLOTL
from vicugna.trainers.baize import BAIZE
from vicugna.trainers.belle import BELLE
from vicugna.trainers.chatglm import CHATGLM
from vicugna.trainers.chatllama import CHATLLAMA
from vicugna.trainers.colossalchat import COLOSSALCHAT
from vicugna.trainers.deepspeed_chat import DEEPSPEED_CHAT
from vicugna.trainers.dolly import DOLLY
from vicugna.trainers.fastchat import FASTCHAT
from vicugna.trainers.koala import KOALA
from vicugna.trainers.llama_factory import LLAMA_FACTORY
from vicugna.trainers.lmflow import LMFLOW
from vicugna.trainers.moss import MOSS
from vicugna.trainers.ms_swift import MS_SWIFT
from vicugna.trainers.openrlhf import OPENRLHF
from vicugna.trainers.self_instruct import SELF_INSTRUCT
from vicugna.trainers.stanford_alpaca import STANFORD_ALPACA
from vicugna.trainers.tencentpretrain import TENCENTPRETRAIN
from vicugna.trainers.torchtune import TORCHTUNE
from vicugna.trainers.trainer import DEFAULT_MODEL, Exported, Setup, Trainer
from vicugna.trainers.trl import TRL
from vicugna.trainers.unsloth import UNSLOTH

__all__ = ["DEFAULT_MODEL", "TRAINERS", "Exported", "Setup", "Trainer"]

# The names are those of `vicugna export --for`.
TRAINERS: dict[str, Trainer] = {
    "llama-factory": LLAMA_FACTORY,
    "trl": TRL,
    "axolotl": AXOLOTL,
    "ms-swift": MS_SWIFT,
    "openrlhf": OPENRLHF,
    "torchtune": TORCHTUNE,
    "unsloth": UNSLOTH,
    "fastchat": FASTCHAT,
    "stanford-alpaca": STANFORD_ALPACA,
    "alpaca-lora": ALPACA_LORA,
    "lmflow": LMFLOW,
    "colossalchat": COLOSSALCHAT,
    "deepspeed-chat": DEEPSPEED_CHAT,
    "chatllama": CHATLLAMA,
    "chatglm": CHATGLM,
    "belle": BELLE,
    "moss": MOSS,
    "baize": BAIZE,
    "koala": KOALA,
    "dolly": DOLLY,
    "self-instruct": SELF_INSTRUCT,
    "tencentpretrain": TENCENTPRETRAIN,
}
