"""`dataset_info.json`, by which LLaMA-Factory finds the files of a folder.

ASCII only: LLaMA-Factory opens it without an encoding. `formatting: openai` would add a system
prompt of its own, so messages are declared as sharegpt with tags.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import orjson

_MESSAGES: dict[str, Any] = {
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    },
}
_ENTRIES: dict[str, dict[str, Any]] = {
    "alpaca": {},
    "sharegpt": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
    "messages": _MESSAGES,
    "parquet": _MESSAGES,
    "kto_messages": _MESSAGES | {"columns": {"messages": "messages", "kto_tag": "label"}},
    "preference_sharegpt": {
        "ranking": True,  # without it LLaMA-Factory takes the file for plain text to go on with
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
    },
    "preference_alpaca": {
        "ranking": True,
        "columns": {
            "prompt": "instruction",
            "query": "input",
            "chosen": "chosen",
            "rejected": "rejected",
        },
    },
}


def write_dataset_info(name: str, files: dict[str, str], path: Path) -> None:
    """Write one entry, `<name>_<format>`, for each of `files` that LLaMA-Factory reads.

    `files` maps the name of a format, or of its validation rows, to the name of its file.
    """
    known: Collection[str] = _ENTRIES
    entries = {
        entry_name(name, kind): {"file_name": file} | _ENTRIES[_base(kind)]
        for kind, file in files.items()
        if _base(kind) in known
    }
    path.write_bytes(orjson.dumps(entries, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def entry_name(name: str, kind: str) -> str:
    """Return how the file of a format is called there: a setting names several with commas between.

    >>> entry_name("my-set", "messages")
    'my_set_messages'
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{name}_{kind}")


def _base(kind: str) -> str:
    return kind.removesuffix("_validation")
