"""The offline teacher in this process: the same answers as over HTTP, without a socket."""

import orjson

from vicugna.records import Reply, Request
from vicugna.teachers.offline.respond import MODEL, respond
from vicugna.teachers.openai_body import write_body
from vicugna.text.tokens import count_tokens


async def ask_offline(request: Request) -> Reply:
    """Answer one request at once and for nothing."""
    text = respond(orjson.loads(write_body(request)))
    return Reply(
        key=request.key,
        teacher="offline",
        model=MODEL,
        text=text,
        finish_reason="stop",
        input_tokens=sum(count_tokens(turn.content) for turn in request.messages),
        output_tokens=count_tokens(text),
        cached_tokens=0,
        price_nusd=0,
        seconds=0.0,
    )
