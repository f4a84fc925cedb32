"""The state of a run: a fold over replies, in request order.

Nothing here knows when a reply came or how it was sent. Two runs that consume the same replies
are in the same state, so what is composed next, what is kept, and when the run stops are
functions of the recipe, the seed tasks, the prompts and the replies.
"""

from collections import Counter
from dataclasses import dataclass, field

from vicugna.caching import Prompts, add_prompts, note_prompt
from vicugna.errors import Transient
from vicugna.filtering import Chain, Filter, judge, passes
from vicugna.formats.licences import OFFLINE
from vicugna.parsing import Piece
from vicugna.pool import Pool
from vicugna.quotas import Quota
from vicugna.records import (
    Asked,
    Bound,
    Draft,
    Lang,
    Rejected,
    Reply,
    Request,
    Source,
    Stratum,
    Task,
    Verdict,
)
from vicugna.settings import Budget, Recipe

NOT_THE_DRAFT = ("quota", "unanswered")  # reasons that say nothing of what the teacher still has
SUMS = (
    "pieces",
    "carried",
    "replies",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "price_nusd",
    "unpriced",
    "unmetered_nusd",
    "unmetered_tokens",
)
MAX_UNANSWERED = 10  # in a row; then the teacher counts as down


@dataclass(slots=True)
class Growth:
    """What has been kept, dropped and spent so far, and why the run stopped, if it has."""

    recipe: Recipe
    chain: Chain
    pool: Pool
    quotas: dict[Stratum, Quota]  # tasks to keep per language, or per type in it
    budget: Budget
    salt: str  # names the draws: the recipe's seed, and the shard
    tasks: list[Task] = field(default_factory=list[Task])
    rejected: list[Rejected] = field(default_factory=list[Rejected])
    asked: list[Asked] = field(default_factory=list[Asked])  # one for each reply, as consumed
    prompts: Prompts = field(default_factory=Prompts)  # of these replies
    pieces: int = 0
    carried: int = 0  # pieces that became the subject of a further question
    composed: int = 0  # chains of questions begun: the number of the next one
    replies: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    price_nusd: int = 0
    unpriced: int = 0  # replies whose price is unknown
    reserved_nusd: int = 0  # the most that what is in flight can cost
    reserved_tokens: int = 0
    unmetered_nusd: int = 0  # the most that replies without a count of tokens can have cost
    unmetered_tokens: int = 0
    largest: Bound = field(default_factory=lambda: Bound(0, 0))  # of any one request so far
    in_flight: int = 0
    unanswered: Counter[str] = field(default_factory=Counter[str])  # by cause
    unanswered_in_a_row: int = 0
    last_fault: str = ""  # what the teacher said when it last gave no answer
    stopped: str = ""  # "target", "saturated: zh", "budget: tokens", "teacher down"

    @property
    def kept(self) -> Counter[Lang]:
        """Tasks kept, per language."""
        return self._by_lang("kept")

    @property
    def targets(self) -> Counter[Lang]:
        """Tasks to keep, per language."""
        return self._by_lang("target")

    def _by_lang(self, name: str) -> Counter[Lang]:
        counts = Counter[Lang]()
        for (lang, _), quota in self.quotas.items():
            counts[lang] += getattr(quota, name)
        return counts

    def quota_of(self, record: Request | Draft) -> Quota:
        """Return the quota that a question asks for, or that a draft would fill."""
        return self.quotas[stratum_of(record)]

    def next_quota(self) -> Quota | None:
        """Return the quota that is furthest behind, counting what is still to come.

        None when what is in flight is expected to reach the target, or all that is left is
        saturated.
        """
        shortfall = {
            stratum: missing / quota.target
            for stratum, quota in self.quotas.items()
            if (missing := quota.missing) > 0 and not quota.saturated and not self._waits(quota)
        }
        return self.quotas[max(shortfall, key=shortfall.__getitem__)] if shortfall else None

    def _waits(self, quota: Quota) -> bool:
        return self.recipe.machine_shown > 0 and quota.is_ahead

    def count_reply(self, request: Request, reply: Reply) -> None:
        """Add what one reply cost."""
        self.asked.append(asked_of(request, reply))
        note_prompt(self.prompts, request, reply)
        self.replies += 1
        self.unanswered_in_a_row = 0
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        self.cached_tokens += reply.cached_tokens
        if reply.price_nusd is None:
            self.unpriced += 1
        else:
            self.price_nusd += reply.price_nusd

    def count_unmetered(self, reply: Reply, bound: Bound) -> None:
        """Let budgets count a reply without a price, or without tokens, at the most it can use."""
        if reply.price_nusd is None:
            self.unmetered_nusd += bound.nusd or 0
        if not reply.input_tokens + reply.output_tokens:
            self.unmetered_tokens += bound.tokens

    def note_bound(self, bound: Bound) -> None:
        """Remember the largest bound: a cap must have room for it up to the last request."""
        nusd = max(self.largest.nusd or 0, bound.nusd or 0)
        self.largest = Bound(nusd, max(self.largest.tokens, bound.tokens))

    @property
    def used_nusd(self) -> int:
        """What budgets count as spent, in 1e-9 USD."""
        return self.price_nusd + self.unmetered_nusd

    @property
    def used_tokens(self) -> int:
        """What budgets count as used."""
        return self.input_tokens + self.output_tokens + self.unmetered_tokens

    def count_unanswered(self, error: Transient) -> None:
        """Add one request that got no answer after all its attempts."""
        cause = error.cause
        self.unanswered[cause] += 1
        self.last_fault = str(error)
        self.unanswered_in_a_row += 1
        if self.unanswered_in_a_row >= MAX_UNANSWERED:
            self.stop(f"teacher down: {cause}")

    def offer(self, draft: Draft, filters: tuple[Filter, ...]) -> bool:
        """Judge a draft; keep it as a task, or reject it with its reason. Return which."""
        verdicts = judge(draft, filters, self.pool)
        quota = self.quota_of(draft)
        if not passes(verdicts):
            self.reject(draft, verdicts[-1])
            return False
        if quota.kept >= quota.target:
            self.reject(draft, Verdict("quota", False, quota.kept, quota.target))
            return False
        self.keep(Task(draft, verdicts))
        return True

    def admit(self, draft: Draft, filters: tuple[Filter, ...]) -> bool:
        """Judge an instruction that has no answer yet; carry it on, or reject it. Return which."""
        verdicts = judge(draft, filters, self.pool)
        if not passes(verdicts):
            self.reject(draft, verdicts[-1])
            return False
        self.carried += 1
        return True

    def reject(self, draft: Draft, verdict: Verdict) -> None:
        """Drop a draft for the reason its verdict gives."""
        self.rejected.append(Rejected(draft.id, draft.lang, verdict, draft.source, draft))
        if verdict.filter not in NOT_THE_DRAFT:
            self._note(self.quota_of(draft), kept=False)

    def reject_piece(self, piece: Piece, request: Request, source: Source) -> None:
        """Drop a piece of the answer to a question that could not be read."""
        verdict = Verdict("parse", False, detail=piece.reason)
        identity = draft_id(source)
        self.rejected.append(Rejected(identity, request.lang, verdict, source, None, piece.text))
        self._note(self.quota_of(request), kept=False)

    def keep_novel(self, task: Task) -> Verdict | None:
        """Keep a task of a shard, or reject it as a duplicate of an earlier one's. Return why."""
        draft = task.draft
        verdicts = judge(draft, self.chain.novelty, self.pool)
        if not passes(verdicts):
            self.reject(draft, verdicts[-1])
            return verdicts[-1]
        self.pool.add_compared(draft)
        self.keep(task)
        return None

    def keep(self, task: Task) -> None:
        """Add a task that has been judged."""
        self.tasks.append(task)
        quota = self.quota_of(task.draft)
        quota.kept += 1
        self._note(quota, kept=True)
        if len(self.tasks) >= self.targets.total():
            self.stop("target")

    def add_shard(self, shard: "Growth") -> None:
        """Add what a shard asked, spent and dropped; its tasks are gated one by one."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(shard, name))
        self.rejected.extend(shard.rejected)
        self.asked.extend(shard.asked)
        add_prompts(self.prompts, shard.prompts)
        self.unanswered.update(shard.unanswered)
        self.note_bound(shard.largest)
        self.last_fault = shard.last_fault or self.last_fault

    def budget_left(self) -> Budget | None:
        """Return what the budget still allows, or None when a cap is used up."""
        budget = self.budget
        left = {
            "usd": None if budget.usd is None else budget.usd - self.used_nusd / 1e9,
            "tokens": None if budget.tokens is None else budget.tokens - self.used_tokens,
            "requests": None if budget.requests is None else budget.requests - self.replies,
        }
        if any(value is not None and value <= 0 for value in left.values()):
            return None
        return Budget.model_validate(left)

    def stop(self, reason: str) -> None:
        """Compose nothing more. The first reason stays."""
        self.stopped = self.stopped or reason

    def end(self) -> None:
        """Say why nothing was left to ask, when it is that types of tasks are saturated."""
        dry = (quota for quota in self.quotas.values() if quota.saturated and quota.missing > 0)
        if names := ", ".join(quota.name for quota in dry):
            self.stop(f"saturated: {names}")

    def trim_to_quota(self) -> None:
        """After an early stop, drop the newest tasks of a language that is ahead of its share.

        While a language has none at all, nothing is dropped: there is no share to hold yet. The
        shares are those of the targets, which a shard that tops up has of its own. Where types are
        saturated nothing is dropped either: but for them, all languages have what they are to have.
        """
        if self.recipe.types and self.stopped.startswith("saturated"):
            return
        wanted, kept = self.targets.total(), self.kept
        shares: dict[Lang, float] = {
            lang: target / wanted for lang, target in self.targets.items() if target
        }
        if not all(kept[lang] for lang in shares):
            return
        whole = min(kept[lang] / share for lang, share in shares.items())
        for lang, share in shares.items():
            for place in range(len(self.tasks) - 1, -1, -1):
                if kept[lang] <= whole * share + 1:
                    break
                draft = self.tasks[place].draft
                if draft.lang == lang:
                    del self.tasks[place]
                    self.quota_of(draft).kept -= 1
                    verdict = Verdict("quota", False, kept[lang], whole * share)
                    self.rejected.append(Rejected(draft.id, lang, verdict, draft.source, draft))
                    kept[lang] -= 1

    def check_conservation(self) -> None:
        """Raise if a piece of a reply is neither a task nor rejected nor carried on."""
        accounted = len(self.tasks) + len(self.rejected) + self.carried
        if self.pieces != accounted:
            raise AssertionError(f"{self.pieces} pieces in replies, {accounted} accounted for")
        self._check_invoice()

    def _check_invoice(self) -> None:
        """Raise if the lines of the invoice do not add up to what was counted."""
        prices = [line.price_nusd for line in self.asked]
        lines = {
            "replies": len(self.asked),
            "input_tokens": sum(line.input_tokens for line in self.asked),
            "output_tokens": sum(line.output_tokens for line in self.asked),
            "cached_tokens": sum(line.cached_tokens for line in self.asked),
            "price_nusd": sum(price or 0 for price in prices),
            "unpriced": prices.count(None),
        }
        for name, total in lines.items():
            if total != getattr(self, name):
                raise AssertionError(f"{name}: {getattr(self, name)} counted, {total} on the lines")

    def _note(self, quota: Quota, *, kept: bool) -> None:
        """Note what became of a piece. A language that is saturated stops the run, a type does not.

        A set is of no use with one language, but it is with one type less than was wanted.
        """
        limits = self.recipe.saturation
        quota.note(kept=kept, window=limits.window, min_accepted=limits.min_accepted)
        if quota.saturated and not self.recipe.types:
            self.stop(f"saturated: {quota.name}")


def stratum_of(record: Request | Draft) -> Stratum:
    """Return the stratum that a question asks for, or that a draft belongs to."""
    return record.lang, record.type


def draft_id(source: Source) -> str:
    """Return the id of the piece at a source: 16 hex of the request's key, and the position."""
    return f"{source.request[:16]}-{source.position:02d}"


def source_of(request: Request, reply: Reply, position: int) -> Source:
    """Return where a piece of a reply comes from; a stand-in's reply has another key."""
    return Source(
        request=reply.key,
        position=position,
        teacher=reply.teacher,
        model=reply.model,
        prompt=request.prompt,
        shown=request.shown,
    )


def licence_of(source: Source) -> str:
    """Return the licence of a task, as the hub names it; "" where the provider has terms."""
    return OFFLINE if source.teacher == "offline" else ""


def asked_of(request: Request, reply: Reply) -> Asked:
    """Return the line that a reply is on the invoice."""
    return Asked(
        request=reply.key,
        purpose=request.purpose,
        lang=request.lang,
        prompt=request.prompt,
        about=request.about,
        sample=request.sample,
        teacher=reply.teacher,
        model=reply.model,
        finish_reason=reply.finish_reason,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cached_tokens=reply.cached_tokens,
        price_nusd=reply.price_nusd,
    )


def read_check(piece: Piece, reply: Reply) -> str:
    """Return the checkable answer of a piece: from the offline teacher, by whichever way it came.

    From any other model it would be a claim.
    """
    fields = piece.fields or {}
    return fields.get("check", "") if reply.model.startswith("offline") else ""
