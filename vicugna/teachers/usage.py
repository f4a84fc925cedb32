"""How many tokens a request will use, from what requests of its kind used before."""

from dataclasses import dataclass, field
from math import inf

from vicugna.records import Reply, Request

# English has about four bytes to a token, Chinese three to four with today's vocabularies.
_FIRST_PER_BYTE = 0.25
_LEAST_WEIGHT = 0.02  # of a reply among all before it: about the last hundred count
_PER_TURN = 8  # bytes: role and separators


@dataclass(slots=True)
class _Kind:
    """What is known of the requests of one purpose."""

    replies: int = 0
    per_byte: float = _FIRST_PER_BYTE  # tokens of the prompt
    answer: float = 0.0  # tokens

    def learn(self, size: int, reply: Reply) -> None:
        self.replies += 1
        weight = max(1 / self.replies, _LEAST_WEIGHT)
        self.per_byte += weight * (reply.input_tokens / size - self.per_byte)
        self.answer += weight * (reply.output_tokens - self.answer)


@dataclass(slots=True)
class Usage:
    """Expects of each request what those of the same purpose used of late.

    Before any answer has come it is as long as it may be, so that too few go out rather than too
    many; `guess` is for a server whose answers are known to be shorter, in tokens.
    """

    guess: float = inf
    _kinds: dict[str, _Kind] = field(default_factory=dict[str, _Kind])

    def expect(self, request: Request) -> float:
        """Return the tokens that prompt and answer are expected to use."""
        most = request.sampling.max_tokens
        kind = self._kinds.get(request.purpose)
        if kind is None:
            return _size(request) * _FIRST_PER_BYTE + min(most, self.guess)
        return _size(request) * kind.per_byte + kind.answer

    def learn(self, request: Request, reply: Reply) -> None:
        """Take in what a request used; a server that does not count teaches nothing."""
        if reply.input_tokens + reply.output_tokens:
            self._kinds.setdefault(request.purpose, _Kind()).learn(_size(request), reply)


def _size(request: Request) -> int:
    """Return about how large the prompt is, in bytes of UTF-8."""
    return sum(len(turn.content.encode()) + _PER_TURN for turn in request.messages)
