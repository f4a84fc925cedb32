"""What went wrong in the `openai` SDK, as our errors, without the key.

The SDK's errors hold the request and its headers, so none of them may be carried on: ours are
returned, to be raised outside of the handler.
"""

import ssl
from collections.abc import Iterator

from vicugna.errors import Fatal, TeacherError, Transient
from vicugna.teachers.ask import Endpoint
from vicugna.teachers.openai_wire import clean_words, read_error, who

_LIBRARIES = ("openai", "httpx", "httpx2")  # the SDK is built on either, by its version
_UNREACHABLE = {"ConnectError", "ConnectTimeout", "ProxyError"}


def name_fault(error: Exception, endpoint: Endpoint) -> TeacherError | None:
    """Return our error for one of the SDK or of what it is built on, None for any other."""
    import openai

    if isinstance(error, openai.APIStatusError):
        response = error.response
        return read_error(response.status_code, response.headers, response.content, endpoint)
    library = type(error).__module__.partition(".")[0]
    if library not in _LIBRARIES and not isinstance(error, TimeoutError):
        return None
    return _name_break(list(_causes(error)), endpoint)


def _name_break(chain: list[BaseException], endpoint: Endpoint) -> TeacherError:
    """Return our error for a connection that could not be made, or that broke."""
    teacher, names = who(endpoint), {type(error).__name__ for error in chain}
    # The first one that is not the SDK's own "Connection error." says most.
    what = clean_words(str(chain[min(1, len(chain) - 1)]), endpoint) or type(chain[0]).__name__
    if any(isinstance(error, ssl.SSLCertVerificationError) for error in chain):
        return Fatal(
            f"{teacher} has a certificate that is not trusted: {what}", cause="certificate"
        )
    if names & _UNREACHABLE:
        return Transient(
            f"{teacher} cannot be reached: {what}. Is base_url right?", cause="unreachable"
        )
    if any("Timeout" in name for name in names):
        return Transient(f"{teacher} gave no answer in {endpoint.timeout:g} s.", cause="timeout")
    return Transient(f"{teacher} dropped the connection: {what}", cause="reset")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
