"""`croissant.json`: a data set described for programs, as Croissant 1.0 (JSON-LD) has it.

The format is docs.mlcommons.org/croissant/docs/croissant-spec.html. Each split is a record set over
its one parquet file. Files are named relative to `croissant.json`, so that a copy of the
repository, private or on a mirror, can be read as the original is; SHA-256 and size tell whether it
was changed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from vicugna.formats.task_columns import Column, Kind, describe_columns

Json = dict[str, Any]

_HUB = "https://huggingface.co/datasets/"
_TYPES: dict[Kind, str] = {
    "text": "sc:Text",
    "texts": "sc:Text",
    "flag": "sc:Boolean",
    "count": "sc:Integer",
    "number": "sc:Float",
}
_TERMS = (  # of the context of Croissant 1.0 that are in the name space of Croissant as they are
    *("citeAs", "column", "extract", "field", "fileObject", "fileProperty", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
    *("references", "regex", "repeated", "replace", "samplingRate", "separator", "source"),
    *("equivalentProperty", "subField", "transform"),
)
_CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
} | {term: f"cr:{term}" for term in _TERMS}
_LICENCES = {
    "apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-nc-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "mit": "https://opensource.org/license/mit",
}


@dataclass(frozen=True, slots=True)
class Described:
    """What a description says of a set: `licence` is the hub's id, `finished` a date or "".

    `description` is in English and in Chinese.
    """

    name: str
    repository: str
    licence: str
    description: tuple[str, str]
    languages: Sequence[str]
    finished: str = ""


def dump_croissant(described: Described, files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Return the description of a set. `files` are (path, content) of the parquet of each split."""
    url = f"{_HUB}{described.repository}"
    licence = _LICENCES.get(described.licence, described.licence)
    dated = {"datePublished": described.finished} if described.finished else {}
    metadata: Json = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": described.name,
        "description": "\n\n".join(described.description),
        "inLanguage": list(described.languages),
        "license": f"{url}#licence-and-terms" if described.licence == "other" else licence,
        "url": url,
        "creator": {"@type": "sc:Organization", "name": described.repository.split("/")[0]},
        "keywords": ["instruction tuning", "synthetic"],
        **dated,
        "distribution": [_describe_file(*file) for file in files.values()],
        "recordSet": [_describe_split(split, path) for split, (path, _) in files.items()],
    }
    return orjson.dumps(metadata, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _describe_file(path: str, content: bytes) -> Json:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{len(content)} B",
        "encodingFormat": "application/x-parquet",
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _describe_split(split: str, path: str) -> Json:
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"The rows of the split {split}.",
        "field": [_describe_field(column, split, path) for column in describe_columns()],
    }


def _describe_field(column: Column, split: str, path: str) -> Json:
    name, kind, english, chinese = column
    identity = f"{split}/{name}"
    field: Json = {
        "@type": "cr:Field",
        "@id": identity,
        "name": identity,
        "description": f"{english}（{chinese}）",
    }
    source: Json = {"fileObject": {"@id": path}, "extract": {"column": name}}
    if isinstance(kind, str):
        listed = {"repeated": True} if kind == "texts" else {}
        return field | {"dataType": _TYPES[kind], **listed, "source": source}
    parts = [
        {
            "@type": "cr:Field",
            "@id": f"{identity}/{part}",
            "name": f"{identity}/{part}",
            "dataType": _TYPES[one],
            "source": source | {"transform": {"jsonPath": part}},
        }
        for part, one in kind.items()
    ]
    return field | {"repeated": True, "subField": parts}
