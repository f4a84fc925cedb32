"""The state of a run: a fold over replies, in request order.

Nothing here knows when a reply came or how it was sent. Two runs that consume the same replies
are in the same state, so what is composed next, what is kept, and when the run stops are
functions of the recipe, the seed tasks, the prompts and the replies.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

from vicugna.caching import Prompts, add_prompts, note_prompt
from vicugna.errors import Transient
from vicugna.filtering import Chain, Filter, judge, passes
from vicugna.formats.licences import OFFLINE
from vicugna.parsing import Piece
from vicugna.pool import Pool
from vicugna.records import (
    Asked,
    Bound,
    Draft,
    Lang,
    Rejected,
    Reply,
    Request,
    Source,
    Task,
    Verdict,
)
from vicugna.settings import Budget, Recipe

YIELD_BEFORE_ANY = 0.8  # share of the tasks asked for that are expected before any reply is seen
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
    targets: dict[Lang, int]  # tasks to keep per language
    budget: Budget
    salt: str  # names the draws: the recipe's seed, and the shard
    tasks: list[Task] = field(default_factory=list[Task])
    rejected: list[Rejected] = field(default_factory=list[Rejected])
    asked: list[Asked] = field(default_factory=list[Asked])  # one for each reply, as consumed
    prompts: Prompts = field(default_factory=Prompts)  # of these replies
    kept: Counter[Lang] = field(default_factory=Counter[Lang])
    pieces: int = 0
    carried: int = 0  # pieces that became the subject of a further question
    composed: int = 0  # chains of questions begun: the number of the next one
    begun: Counter[Lang] = field(default_factory=Counter[Lang])  # the same, by language
    unread: dict[Lang, set[int]] = field(default_factory=dict[Lang, set[int]])
    open_chains: Counter[Lang] = field(default_factory=Counter[Lang])
    done_chains: Counter[Lang] = field(default_factory=Counter[Lang])
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
    recent: dict[Lang, deque[bool]] = field(default_factory=dict[Lang, deque[bool]])
    stopped: str = ""  # "target", "saturated: zh", "budget: tokens", "teacher down"

    def next_lang(self) -> Lang | None:
        """Return the language furthest behind its quota, counting what is still to come.

        None when what is in flight is expected to reach the target.
        """
        shortfall: dict[Lang, float] = {}
        for lang, target in self.targets.items():
            missing = target - self.kept[lang] - self.open_chains[lang] * self.expected_yield(lang)
            if missing > 0 and not self._is_ahead(lang):
                shortfall[lang] = missing / target
        return max(shortfall, key=shortfall.__getitem__) if shortfall else None

    def known_before(self, number: int) -> int:
        """Return the first chain of a language whose tasks the `number`-th one cannot show.

        It is a matter of numbers, not of what happens to be there: so what one language asks does
        not depend on how fast the other one, or the rest of its own chains, gets on.
        """
        return number - self.recipe.chains_ahead + 1

    def _is_ahead(self, lang: Lang) -> bool:
        """Return whether a language must wait for an answer before its next chain can be drawn."""
        unread = self.unread.get(lang)
        if not unread or not self.recipe.machine_shown:
            return False
        return min(unread) < self.known_before(self.begun[lang])

    def expected_yield(self, lang: Lang) -> float:
        """Return the tasks a chain of questions is expected to give, from those that ended."""
        prior = self.recipe.tasks_per_request * YIELD_BEFORE_ANY
        return max((self.kept[lang] + prior) / (self.done_chains[lang] + 1), 0.05)

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
        target = self.targets[draft.lang]
        if not passes(verdicts):
            self.reject(draft, verdicts[-1])
            return False
        if self.kept[draft.lang] >= target:
            self.reject(draft, Verdict("quota", False, self.kept[draft.lang], target))
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
            self._note(draft.lang, False)

    def reject_piece(self, piece: Piece, lang: Lang, source: Source) -> None:
        """Drop a piece that could not be read."""
        verdict = Verdict("parse", False, detail=piece.reason)
        identity = draft_id(source)
        self.rejected.append(Rejected(identity, lang, verdict, source, None, piece.text))
        self._note(lang, False)

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
        self.kept[task.draft.lang] += 1
        self._note(task.draft.lang, True)
        if self.kept.total() >= sum(self.targets.values()):
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

    def trim_to_quota(self) -> None:
        """After an early stop, drop the newest tasks of a language that is ahead of its share.

        While a language has none at all, nothing is dropped: there is no share to hold yet. The
        shares are those of the targets, which a shard that tops up has of its own.
        """
        wanted = sum(self.targets.values())
        shares: dict[Lang, float] = {
            lang: target / wanted for lang, target in self.targets.items() if target
        }
        if not all(self.kept[lang] for lang in shares):
            return
        whole = min(self.kept[lang] / share for lang, share in shares.items())
        for lang, share in shares.items():
            for place in range(len(self.tasks) - 1, -1, -1):
                if self.kept[lang] <= whole * share + 1:
                    break
                draft = self.tasks[place].draft
                if draft.lang == lang:
                    del self.tasks[place]
                    self.kept[lang] -= 1
                    verdict = Verdict("quota", False, self.kept[lang] + 1, whole * share)
                    self.rejected.append(Rejected(draft.id, lang, verdict, draft.source, draft))

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

    def _note(self, lang: Lang, kept: bool) -> None:
        window = self.recipe.saturation.window
        recent = self.recent.setdefault(lang, deque(maxlen=window))
        recent.append(kept)
        if len(recent) == window and sum(recent) < window * self.recipe.saturation.min_accepted:
            self.stop(f"saturated: {lang}")


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
