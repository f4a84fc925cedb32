"""What the card of a published set says besides that of a run: licence, splits, how it is read."""

from collections.abc import Mapping
from typing import Any

from vicugna.formats.card import Published
from vicugna.formats.licences import OFFLINE, OTHER, Terms
from vicugna.formats.task_columns import describe_columns

_LICENCE_NAMES: dict[Terms, str] = {  # where the hub has no id
    "clean": "licence-of-the-sources",
    "offline": OFFLINE,
    "teacher": "terms-of-the-teachers-provider",
}
_CODE = '```python\nfrom datasets import load_dataset\n\ndata = load_dataset("{repository}")\n```'


def describe_published(
    repository: str, licence: str, terms: Terms, splits: Mapping[str, tuple[str, int]]
) -> Published:
    """Return what a card says of a published set. `splits` are (file, rows)."""
    data_files = [{"split": split, "path": path} for split, (path, _) in splits.items()]
    front: dict[str, Any] = {"license": licence}
    if licence == OTHER:
        front["license_name"] = _LICENCE_NAMES[terms]
        front["license_link"] = f"https://huggingface.co/datasets/{repository}#licence-and-terms"
    front["configs"] = [{"config_name": "default", "data_files": data_files}]
    return Published(front, (_english(repository, splits), _chinese(repository, splits)))


def _english(repository: str, splits: Mapping[str, tuple[str, int]]) -> str:
    rows = "".join(f"| {split} | {count} |\n" for split, (_, count) in splits.items())
    columns = "".join(f"| `{column.name}` | {column.english} |\n" for column in describe_columns())
    return f"""
## Loading

{_CODE.format(repository=repository)}

| split | rows |
|---|---:|
{rows}
| column | what it holds; "" or null where nothing is known |
|---|---|
{columns}"""


def _chinese(repository: str, splits: Mapping[str, tuple[str, int]]) -> str:
    rows = "".join(f"| {split} | {count} |\n" for split, (_, count) in splits.items())
    columns = "".join(f"| `{column.name}` | {column.chinese} |\n" for column in describe_columns())
    return f"""
用 `load_dataset("{repository}")` 读取。

| 划分 | 条数 |
|---|---:|
{rows}
| 列 | 内容（不详的为空或 null） |
|---|---|
{columns}"""
