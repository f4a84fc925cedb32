"""Complete tasks, several in one answer (Stanford Alpaca, Taori et al. 2023).

github.com/tatsu-lab/stanford_alpaca, generate_instruction.py: three seed tasks are shown, new
ones are asked for with instruction, input and output. Different here: tasks come as lines of
JSON, so no item depends on another's number, and no stop word can cut an answer.
"""

from collections.abc import Mapping, Sequence

from vicugna.growth import Growth, draft_id, licence_of, read_check, source_of
from vicugna.loop import FollowUp, Method
from vicugna.methods.beginning import begin_chain
from vicugna.parsing import parse_tasks
from vicugna.pool import Member, member_of
from vicugna.records import Draft, Lang, Reply, Request, SeedTask
from vicugna.settings import Recipe
from vicugna.teachers.roles import Address
from vicugna.templates import json_line


def alpaca(recipe: Recipe, address: Address, _: Mapping[Lang, Sequence[SeedTask]]) -> Method:
    """Return the method for a recipe; `address` says which teacher is asked."""

    def consume(request: Request, reply: Reply, growth: Growth) -> tuple[list[FollowUp], bool]:
        pieces = parse_tasks(reply.text, cut=reply.finish_reason == "length")
        growth.pieces += len(pieces)
        for piece in pieces:
            source = source_of(request, reply, piece.position)
            if piece.fields is None:
                growth.reject_piece(piece, request, source)
                continue
            draft = Draft(
                id=draft_id(source),
                lang=request.lang,
                instruction=piece.fields["instruction"],
                input=piece.fields["input"],
                output=piece.fields["output"],
                source=source,
                group=draft_id(source),
                check=read_check(piece, reply),
                type=request.type,
                licence=licence_of(source),
            )
            if growth.offer(draft, growth.chain.whole):
                growth.pool.add(draft.lang, member_of(draft))
        return [], any(piece.fields is not None for piece in pieces)

    return Method(begin_chain(recipe, "new_tasks", _show, address), consume)


def _show(member: Member) -> str:
    return json_line(instruction=member.instruction, input=member.input, output=member.output)
