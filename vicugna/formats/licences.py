"""Which licence a set is under, as the hub names it."""

import re
from typing import Literal

from vicugna.errors import UserError
from vicugna.text.hygiene import show_plain

# Whose terms apply: those of files, of the offline teacher, or of a teacher's provider.
Terms = Literal["clean", "offline", "teacher"]
OFFLINE = "cc-by-4.0"  # of what the offline teacher composes, from data written for it
OTHER = "other"  # as the hub calls one that it has no id for
_ID = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")


def check_licence(licence: str) -> None:
    """Raise UserError when a text is no id of a licence, as the hub has them."""
    if not _ID.fullmatch(licence):
        raise UserError(
            f'licence "{show_plain(licence)}": is no id of a licence. Give one as the hub names '
            "them: cc-by-4.0, apache-2.0, odc-by, other."
        )


def choose_licence(terms: Terms, *stated: object) -> str:
    """Return the id of a set's licence: the first that is stated, or what follows from the terms.

    What is stated may be of somebody else's manifest: what is no id counts as nothing.
    """
    known = (one for one in stated if isinstance(one, str) and _ID.fullmatch(one))
    return next(known, OFFLINE if terms == "offline" else OTHER)
