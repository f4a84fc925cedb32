"""Talking to the Hugging Face hub: files to a data-set repository, in one commit.

Nothing else imports `huggingface_hub` to send. It reads HF_ENDPOINT and HF_TOKEN itself, and
tells nobody else of the use that is made of it.
"""

import os
import re
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any

import vicugna
from vicugna.errors import UserError
from vicugna.text.hygiene import show_plain

if TYPE_CHECKING:
    from huggingface_hub import DatasetInfo, HfApi

# As the hub has it: letters, digits, "-", "_" and ".", no end that is "-" or ".".
_REPOSITORY = re.compile(r"(?:\w(?:[\w.-]{0,94}\w)?)/(?:\w(?:[\w.-]{0,94}\w)?)", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]+")
_PAUSES = (1.0, 4.0)  # seconds before the second and the third attempt
_PATIENCE = 120  # seconds for one read or write; the hub's own client would wait for ever
_LONGEST_REASON = 300  # characters of what the hub says


@dataclass(frozen=True, slots=True)
class Upload:
    """Files for a repository, by path. What else is there and matches `owned` is removed."""

    repository: str
    public: bool
    message: str
    files: Mapping[str, bytes]
    owned: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """The commit that holds the files: `changed` is False when they were there already."""

    address: str
    created: bool
    changed: bool
    private: bool


def check_repository(name: str) -> None:
    """Raise UserError when this is not OWNER/NAME as the hub has it."""
    wrong = ("--" in name, ".." in name, name.endswith(".git"))
    if not _REPOSITORY.fullmatch(name) or any(wrong):
        raise UserError(
            f'"{show_plain(name)}": is no name of a repository. Give OWNER/NAME: letters, digits, '
            '"-", "_" and ".", as in my-team/my-set.'
        )


def endpoint() -> str:
    """Return the address of the hub, without a look at it."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def send(upload: Upload, wait: Callable[[float], object] = time.sleep) -> Sent:
    """Send files in one commit; return where it is.

    The repository is made if it is not there. What the hub fails at is tried three times in all:
    a commit that went through although no answer came is found by the next attempt.

    Raises:
        UserError: there is no key, the hub refuses it or the files, or it cannot be reached.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read by the next line, if it is the first
    from huggingface_hub.errors import HfHubHTTPError, OIDCError

    # The first are what its HTTP client raises, whichever client this version has.
    clients: tuple[type[Exception], ...] = HfHubHTTPError.__bases__  # pyright: ignore[reportAssignmentType]
    expected = (*clients, RuntimeError, ValueError, OIDCError)
    key = ""
    made: set[str] = set()
    for pause in (*_PAUSES, None):
        try:
            key = _find_key()
            return _send(_open_hub(key), upload, made)
        except expected as error:
            told = _explain(error, upload.repository, key, bool(made))
            final = pause is None or not _may_pass(error)
        # Raised out here, so that it has no cause: servers repeat the key that they were sent.
        if final:
            raise told
        wait(pause or 0)
    raise AssertionError("the last attempt returns or raises")


def _find_key() -> str:
    """Return the key, from HF_TOKEN or from where the hub's own login put it."""
    from huggingface_hub import get_token

    key = get_token()
    if key is None:
        raise UserError(
            "the hub asks for a key, and there is none. Make one that may write "
            "(huggingface.co/settings/tokens) and set HF_TOKEN, or run `hf auth login`."
        )
    if not _KEY.fullmatch(key):  # the HTTP client would repeat it in its complaint
        raise UserError("HF_TOKEN: is no key of the hub: it holds a space, or no plain letters.")
    return key


def _open_hub(key: str) -> "HfApi":
    from huggingface_hub import HfApi, constants
    from huggingface_hub.utils import disable_progress_bars, get_session, logging

    constants.HF_HUB_DISABLE_TELEMETRY = True  # it may have been imported before
    logging.set_verbosity_error()  # what is worth a line is in the error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the environment decides on the bars
        disable_progress_bars()
    get_session().timeout = _PATIENCE
    return HfApi(
        endpoint=os.environ.get("HF_ENDPOINT") or None,
        token=key,
        library_name="vicugna",
        library_version=vicugna.__version__,
    )


def _send(hub: "HfApi", upload: Upload, made: set[str]) -> Sent:
    """Make one attempt; `made` remembers over attempts that the repository was not there."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    name = upload.repository
    found = _look_up(hub, name)
    if found is None:
        hub.create_repo(name, repo_type="dataset", private=not upload.public)
        made.add(name)
    elif not found.private and not upload.public:
        raise UserError(
            f"{name}: is public already, and this set was to be private. Give --public to publish "
            "it there, or another name."
        )
    present = [one.rfilename for one in (found.siblings or [])] if found else []
    stale = [one for one in present if upload.owned.fullmatch(one) and one not in upload.files]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the hub's advice on the card
        commit = hub.create_commit(
            name,
            [
                *(CommitOperationAdd(path, data) for path, data in upload.files.items()),
                *(CommitOperationDelete(path) for path in stale),
            ],
            commit_message=upload.message,
            repo_type="dataset",
            parent_commit=found.sha if found else None,  # refused if somebody was faster
        )
    private = bool(found.private) if found else not upload.public
    changed = found is None or commit.oid != found.sha
    return Sent(show_plain(str(commit.commit_url)), name in made, changed, private)


def _look_up(hub: "HfApi", name: str) -> "DatasetInfo | None":
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return hub.dataset_info(name)
    except RepositoryNotFoundError as error:
        if error.response.status_code != 404:  # 401: the key is not accepted
            raise
        return None


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and what it came from: a part of an upload hides what the hub said."""
    errors: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in errors:
        errors.append(following)
        following = following.__cause__ or following.__context__
    return errors


def _status_of(error: BaseException) -> int | None:
    """Return the status that the hub answered with; None when there was no answer."""
    for one in _chain(error):
        response: Any = getattr(one, "response", None)
        if response is not None:
            return int(response.status_code)
    return None


def _may_pass(error: BaseException) -> bool:
    """Return whether another attempt may help: what stands before the hub may answer for it."""
    from huggingface_hub.errors import OfflineModeIsEnabled, OIDCError

    status = _status_of(error)
    if status is not None:
        return status >= 500
    final = isinstance(error, OfflineModeIsEnabled | OIDCError | ValueError)
    return isinstance(error, JSONDecodeError) or not final


def _explain(error: BaseException, name: str, key: str, created: bool) -> UserError:
    """Return what went wrong in one line, without the key."""
    from huggingface_hub.errors import OfflineModeIsEnabled

    said = next((text for one in _chain(error) if (text := getattr(one, "server_message", ""))), "")
    # After its first line the client's text has addresses of pages on HTTP.
    words = " ".join((said or str(error).strip().split("\n")[0]).split()).rstrip(".")
    words = words.replace(key, "***") if key else words
    words = show_plain(words, _LONGEST_REASON) or type(error).__name__
    status = _status_of(error)
    if isinstance(error, OfflineModeIsEnabled):
        text = "HF_HUB_OFFLINE is set, so nothing was sent. Unset it"
    elif _may_pass(error):
        problem = f"fails ({status})" if status else "cannot be reached"
        text = (
            f"the hub {problem}, three times over: {words}. Send the same again later: what has "
            "arrived is not sent twice"
        )
    else:
        text = f"{_explain_refusal(status, name, words)}. Nothing was committed"
    return UserError(f"{text}. The repository {name} was made." if created else f"{text}.")


def _explain_refusal(status: int | None, name: str, words: str) -> str:
    if status == 401:
        return "the hub does not accept the key (401). Set HF_TOKEN to one that may write"
    if status == 403:
        return (
            f"{name}: the key may not write there (403): it is somebody else's, or the key may "
            f"only read. The hub says: {words}"
        )
    if status == 404:
        return f"{name}: the hub knows no such owner or repository (404), or hides it from this key"
    if status in (409, 412):
        return f"{name}: somebody else changed it just now ({status}). Run the same again"
    return f"{name}: the hub refuses it{f' ({status})' if status else ''}: {words}"
