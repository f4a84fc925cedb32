"""`manifest.json` as it is published: how a set was made, nothing of the machine it was made on."""

import re
from typing import Any, cast

Row = dict[str, Any]

_PRIVATE = ("folder", "session")  # where it lies, and what the last process did
_ROOT = r"(?:~?/|file:/|\\\\|[A-Za-z]:[\\/])"
_PATH = re.compile(_ROOT + ".*", re.DOTALL)
# Inside a text. Not "seed_tasks/en.jsonl", and not what follows "https:".
_PATH_INSIDE = re.compile(rf"(?<![\w:/.~-]){_ROOT}[^\s\"'<>]+")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]*@")


def strip_manifest(manifest: Row) -> Row:
    """Return the manifest of a run without what only its owner should know.

    Without its folder and its last session, the teachers' addresses, and the folders of files: what
    looks like a path keeps its last part. Its hashes stay, those of the run's own files too.
    """
    kept = {name: _strip(value) for name, value in manifest.items() if name not in _PRIVATE}
    recipe = kept.get("recipe")
    if isinstance(recipe, dict):
        kept["recipe"] = _strip_recipe(cast(Row, recipe))
    return kept


def _strip_recipe(recipe: Row) -> Row:
    """Leave out where teachers are, and of earlier sets all but their names."""
    for name in ("teacher", "teachers"):
        if name in recipe:
            recipe = recipe | {name: _without_addresses(recipe[name])}
    sets: object = recipe.get("against")
    if isinstance(sets, list):
        named = [_last_part(one) if isinstance(one, str) else one for one in cast(list[Any], sets)]
        recipe = recipe | {"against": named}
    return recipe


def _without_addresses(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        row = cast(Row, value)
        return {name: _without_addresses(row[name]) for name in row if name != "base_url"}
    if isinstance(value, list):
        return [_without_addresses(one) for one in cast(list[Any], value)]
    return value


def _strip(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {_strip(name): _strip(one) for name, one in cast(Row, value).items()}
    if isinstance(value, list):
        return [_strip(one) for one in cast(list[Any], value)]
    if not isinstance(value, str):
        return value
    if _PATH.fullmatch(value):
        return _last_part(value)
    text = _PATH_INSIDE.sub(lambda found: _last_part(found[0]), value)
    return _CREDENTIALS.sub("", text)


def _last_part(path: str) -> str:
    r"""Return the name at the end of a path of any system.

    >>> _last_part("/data/sets/old.json"), _last_part("C:\\sets\\old"), _last_part("old/")
    ('old.json', 'old', 'old')
    """
    parts = [part for part in re.split(r"[\\/]", path) if part]
    return parts[-1] if parts else ""
