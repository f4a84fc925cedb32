"""Instructions first, then a label, then instances (Self-Instruct, Wang et al. 2023).

github.com/yizhongw/self-instruct: 8 tasks are shown, 6 hand-written and 2 of the machine's own;
new instructions are gated before anything else is paid for; each is asked whether it is a
classification task; then its instances are asked for, output first if it is (so that labels come
evenly), input first if not. Different here: letters keep their case, and an answer that is
missing is asked for again instead of being stored as empty. With a scope other than the
instruction there is nothing to compare before an instance is there; then each instance is gated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vicugna.growth import Growth, draft_id, licence_of, read_check, source_of
from vicugna.loop import FollowUp, Method
from vicugna.methods.beginning import begin_chain
from vicugna.methods.instances import judge_instances
from vicugna.parsing import Piece, find_nothing, parse_list, parse_tasks, strip_thinking
from vicugna.pool import Member, member_of
from vicugna.records import Draft, Lang, Reply, Request, SeedTask, Verdict
from vicugna.settings import Recipe
from vicugna.teachers.roles import Address
from vicugna.templates import Prompt, Purpose, json_line, load_prompt

# Demonstrations per purpose, as published (templates/ of the repository): 12 yes and 19 no for
# the label, 16 classification tasks output first, 11 other tasks input first.
LABEL_DEMOS = (12, 19)
OUTPUT_FIRST_DEMOS = 16
INPUT_FIRST_DEMOS = 11
_FOLLOWING: tuple[Purpose, ...] = ("is_classification", "input_first", "output_first")
_YES = {"en": ("yes",), "zh": ("是", "yes")}
_NO = {"en": ("no",), "zh": ("不是", "否", "no")}


@dataclass(frozen=True, slots=True)
class _Setup:
    """What every question of a run has in common."""

    recipe: Recipe
    address: Address
    prompts: dict[tuple[Purpose, Lang], Prompt]
    demos: dict[Lang, dict[Purpose, str]]
    subjects: dict[str, Draft]  # instructions whose next answer is awaited, by id

    def ask_about(self, purpose: Purpose, draft: Draft) -> FollowUp:
        self.subjects[draft.id] = draft
        shown = self.demos[draft.lang][purpose] + json_line(instruction=draft.instruction)
        prompt = self.prompts[purpose, draft.lang]
        count = str(self.recipe.instances_per_task)
        messages = prompt.fill({"shown": shown, "count": count})
        demos = self.demos[draft.lang][purpose]
        request = Request(
            purpose=purpose,
            lang=draft.lang,
            model="",
            messages=messages,
            sampling=self.recipe.sampling[purpose].to_record(),
            prompt=prompt.name,
            about=draft.id,
            static=messages[-1].content.index(demos) + len(demos),
            type=draft.type,
        )
        return FollowUp(self.address(request, draft.id), draft)


def self_instruct(
    recipe: Recipe, address: Address, seeds: Mapping[Lang, Sequence[SeedTask]]
) -> Method:
    """Return the method for a recipe, with demonstrations from the seed tasks.

    `address` says which teacher is asked: the same one for all that is asked about an instruction.
    """
    prompts: dict[tuple[Purpose, Lang], Prompt] = {
        (purpose, lang): load_prompt(purpose, lang)
        for purpose in _FOLLOWING
        for lang in recipe.languages
    }
    demos: dict[Lang, dict[Purpose, str]] = {
        lang: _demonstrations(seeds[lang]) for lang in recipe.languages
    }
    setup = _Setup(recipe, address, prompts, demos, {})
    compose = begin_chain(recipe, "new_instructions", _show, address)
    return Method(compose, partial(_consume, setup))


def _show(member: Member) -> str:
    return json_line(instruction=member.instruction)


def _consume(
    setup: _Setup, request: Request, reply: Reply, growth: Growth
) -> tuple[list[FollowUp], bool]:
    if request.purpose == "new_instructions":
        drafts, readable = _take_instructions(request, reply, growth)
        return [setup.ask_about("is_classification", draft) for draft in drafts], readable
    subject = setup.subjects[request.about]
    if request.purpose == "is_classification":
        growth.pieces += 1
        if nothing := find_nothing(reply.text, cut=reply.finish_reason == "length"):
            growth.reject_piece(nothing, request, source_of(request, reply, 0))
            return [], False
        label = _read_label(reply.text, request.lang)
        growth.carried += 1
        purpose: Purpose = "output_first" if label else "input_first"
        return [setup.ask_about(purpose, replace(subject, is_classification=label))], True
    return [], _take_instances(setup, request, reply, growth, subject)


def _take_instances(
    setup: _Setup, request: Request, reply: Reply, growth: Growth, subject: Draft
) -> bool:
    """Judge the instances of a reply; return whether there was one that could be read."""
    cut = reply.finish_reason == "length"
    pieces = parse_tasks(reply.text, cut=cut, required=("input", "output"))
    growth.pieces += len(pieces)
    drafts: list[Draft] = []
    for piece in pieces:
        source = source_of(request, reply, piece.position)
        if piece.fields is None:
            growth.reject_piece(piece, request, source)
            continue
        draft = replace(
            subject,
            id=draft_id(source),
            input=piece.fields["input"],
            output=piece.fields["output"],
            source=source,
            group=subject.id,
            licence=subject.licence and licence_of(source),  # the terms of both who wrote it
            check=read_check(piece, reply),
        )
        drafts.append(draft)
    recipe = setup.recipe
    for draft, verdict in judge_instances(drafts, recipe.instances_per_task, recipe.seed):
        if verdict.kept:
            _offer(draft, growth)
        else:
            growth.reject(draft, verdict)
    return bool(drafts)


def _offer(draft: Draft, growth: Growth) -> None:
    """Offer an instance; it is compared with others unless its instruction has been."""
    chain = growth.chain
    if growth.pool.scope == "instruction":
        growth.offer(draft, chain.answer)
    elif growth.offer(draft, chain.answer + chain.novelty):
        growth.pool.add_compared(draft)


def _take_instructions(request: Request, reply: Reply, growth: Growth) -> tuple[list[Draft], bool]:
    """Gate the instructions of a reply; return those to go on with."""
    pieces = parse_list(reply.text, cut=reply.finish_reason == "length")
    growth.pieces += len(pieces)
    admitted = [
        draft for piece in pieces if (draft := _admit(piece, request, reply, growth)) is not None
    ]
    return admitted, any(piece.fields is not None for piece in pieces)


def _admit(piece: Piece, request: Request, reply: Reply, growth: Growth) -> Draft | None:
    source = source_of(request, reply, piece.position)
    if piece.fields is None:
        growth.reject_piece(piece, request, source)
        return None
    identity = draft_id(source)
    draft = Draft(
        identity,
        request.lang,
        piece.fields["instruction"],
        "",
        "",
        source,
        identity,
        type=request.type,
        licence=licence_of(source),
    )
    chain, pool = growth.chain, growth.pool
    compared = pool.scope == "instruction"
    filters = chain.instruction + chain.novelty if compared else chain.instruction
    first = pool.find_drawn(draft.lang, draft.instruction)
    if first:  # what is asked about it would be the same question, and the same answer
        growth.reject(draft, Verdict("exact_duplicate", False, near=first))
        return None
    if not growth.admit(draft, filters):
        return None
    add = pool.add if compared else pool.add_drawn
    add(draft.lang, member_of(draft))
    return draft


def _read_label(text: str, lang: Lang) -> bool:
    """Return whether the answer says yes. Anything but a clear yes is no, as published."""
    word = strip_thinking(text).strip().strip("\"'*。.！!“”‘’「」").lower()
    return word.startswith(_YES[lang]) and not word.startswith(_NO[lang])


def _demonstrations(seeds: Sequence[SeedTask]) -> dict[Purpose, str]:
    """Return the fixed lines that show each question and its answer, from the seed tasks."""
    labels = [seed for seed in seeds if seed.is_classification]
    others = [seed for seed in seeds if not seed.is_classification]
    yes, no = LABEL_DEMOS
    mixed = sorted([*labels[:yes], *others[:no]], key=lambda seed: seed.id)
    answers = {"en": ("Yes", "No"), "zh": ("是", "不是")}
    return {
        "is_classification": "".join(
            json_line(instruction=seed.instruction)
            + "\n"
            + answers[seed.lang][0 if seed.is_classification else 1]
            + "\n\n"
            for seed in mixed
        ),
        "output_first": "".join(
            json_line(instruction=seed.instruction)
            + "\n"
            + json_line(output=seed.output, input=seed.input)
            + "\n\n"
            for seed in labels[:OUTPUT_FIRST_DEMOS]
        ),
        "input_first": "".join(
            json_line(instruction=seed.instruction)
            + "\n"
            + json_line(input=seed.input, output=seed.output)
            + "\n\n"
            for seed in others[:INPUT_FIRST_DEMOS]
        ),
    }
