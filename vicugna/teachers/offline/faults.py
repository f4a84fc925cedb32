"""What a real teacher does wrong, as data: each fault has a name and a share of the requests.

A fault of the connection is played by the server (`server.py`). A fault of the answer turns a
text into another one, so it can be played in-process too. Which fault a request meets depends on
the seed, on what is asked and on how often it was asked before: a retry is drawn anew.
"""

import hashlib
import math
from collections.abc import Mapping

from vicugna.errors import UserError
from vicugna.records import Lang
from vicugna.teachers.offline.text_faults import break_json, misnumber, refuse, swap_language

CONNECTION_FAULTS = (
    "429",
    "429-bare",
    "500",
    "503",
    "reset",
    "hang",
    "cut-body",
    "blank-lines",
)
ANSWER_FAULTS = (
    "length",
    "empty",
    "refusal",
    "wrong-language",
    "duplicate",
    "misnumbered",
    "broken-json",
)
FAULTS = CONNECTION_FAULTS + ANSWER_FAULTS


def parse_faults(text: str) -> dict[str, float]:
    """Read faults and their shares, e.g. "429=0.05,hang=0.01", or "all=0.03" for each of them.

    A fault named beside "all" has its own share.

    >>> parse_faults("429=0.05, hang=0.01")
    {'429': 0.05, 'hang': 0.01}

    Raises:
        UserError: An unknown name, a name given twice, a share outside [0, 1], or shares that
            add up to more than 1.
    """
    shares: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (side.strip() for side in part.partition("="))
        if name not in (*FAULTS, "all"):
            raise UserError(f'Unknown fault "{name}": expected one of all, {", ".join(FAULTS)}.')
        if name in shares:
            raise UserError(f'Fault "{name}" is given twice. Keep one.')
        shares[name] = _read_share(name, value)
    if "all" in shares:
        shares = dict.fromkeys(FAULTS, shares.pop("all")) | shares
    if math.fsum(shares.values()) > 1:
        raise UserError(
            f"The shares of the faults add up to {math.fsum(shares.values()):g}, expected at most "
            f'1 ("all" stands for {len(FAULTS)} faults). Lower them.'
        )
    return shares


def draw_fault(faults: Mapping[str, float], *, seed: int, body: bytes, seen: int) -> str | None:
    """Return the fault that a request meets, or None.

    The draw depends on nothing but the seed, the body and how often it was `seen` before.
    """
    digest = hashlib.sha256(b"%d:%d:%b" % (seed, seen, body)).digest()
    left = int.from_bytes(digest[:8], "big") / 2**64
    for name in FAULTS:
        left -= faults.get(name, 0.0)
        if left < 0:
            return name
    return None


def apply_text_fault(name: str, text: str, lang: Lang, previous: str) -> tuple[str, str]:
    """Return what a faulty answer says in place of `text`, and its finish reason.

    `text` is JSON, JSON lines or numbered text; anything else is met as well as can be.
    `previous` is the answer that "duplicate" repeats ("" when there is none: then `text` stays).
    """
    if name == "length":
        return text[: (len(text) + 1) // 2], "length"
    if name == "duplicate":
        return previous or text, "stop"
    if name == "empty":
        return "", "stop"
    if name == "refusal":
        return refuse(text, lang), "stop"
    if name == "wrong-language":
        return swap_language(text, lang), "stop"
    return (misnumber if name == "misnumbered" else break_json)(text), "stop"


def _read_share(name: str, value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise UserError(f'The share of fault "{name}" is "{value}", expected 0 to 1, e.g. 0.05.')
    return share
