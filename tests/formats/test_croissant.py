"""`croissant.json`: what a program that knows Croissant 1.0 relies on."""

import hashlib
import io

import orjson
import pyarrow.parquet as pq
import pytest

from tests.formats.rows import make_tasks
from vicugna.formats.croissant import Described, dump_croissant
from vicugna.formats.task_columns import dump_parquet

PATHS = {"train": "data/train.parquet", "validation": "data/validation.parquet"}
DATA = {split: (path, dump_parquet(make_tasks())) for split, path in PATHS.items()}


def _describe(**changes):
    fields = {
        "name": "small",
        "repository": "me/birds",
        "licence": "cc-by-4.0",
        "description": ("Birds.", "鸟。"),
        "languages": ["en", "zh"],
        "finished": "2026-11-28",
    }
    return orjson.loads(dump_croissant(Described(**fields | changes), DATA))


def test_it_has_what_the_specification_demands():
    known = _describe()

    assert known["@type"] == "sc:Dataset"
    assert known["@context"]["cr"] == "http://mlcommons.org/croissant/"
    assert known["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert known["name"] == "small"
    assert known["description"] == "Birds.\n\n鸟。"
    assert known["inLanguage"] == ["en", "zh"]
    assert known["url"] == "https://huggingface.co/datasets/me/birds"
    assert known["creator"]["name"] == "me"
    assert known["datePublished"] == "2026-11-28"
    assert "datePublished" not in _describe(finished="")


@pytest.mark.parametrize(
    ("licence", "says"),
    [
        ("cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/"),
        ("odc-by", "odc-by"),
        ("other", "https://huggingface.co/datasets/me/birds#licence-and-terms"),
    ],
)
def test_the_licence_is_a_place_to_read_it(licence, says):
    assert _describe(licence=licence)["license"] == says


def test_each_file_can_be_checked():
    for told, (path, content) in zip(_describe()["distribution"], DATA.values(), strict=True):
        assert told["@type"] == "cr:FileObject"
        assert told["@id"] == told["contentUrl"] == path
        assert told["contentSize"] == f"{len(content)} B"
        assert told["sha256"] == hashlib.sha256(content).hexdigest()
        assert told["encodingFormat"] == "application/x-parquet"


def _arrow_type(field):
    types = {"sc:Text": "string", "sc:Boolean": "bool", "sc:Integer": "int64", "sc:Float": "double"}
    if "subField" not in field:
        kind = types[field["dataType"]]
    else:
        parts = (f"{part['source']['transform']['jsonPath']}: {_arrow_type(part)}"
                 for part in field["subField"])  # fmt: skip
        kind = f"struct<{', '.join(parts)}>"
    return f"list<element: {kind}>" if field.get("repeated") else kind


def test_the_fields_of_each_split_are_the_columns_of_its_file():
    for records, (path, content) in zip(_describe()["recordSet"], DATA.values(), strict=True):
        schema = pq.read_schema(io.BytesIO(content))

        assert records["@type"] == "cr:RecordSet"
        sources = [field["subField"][0]["source"] if "subField" in field else field["source"]
                   for field in records["field"]]  # fmt: skip
        assert {source["fileObject"]["@id"] for source in sources} == {path}
        named = {source["extract"]["column"]: _arrow_type(field)
                 for source, field in zip(sources, records["field"], strict=True)}  # fmt: skip
        assert named == {field.name: str(field.type) for field in schema}


def test_every_id_is_there_once_and_every_term_is_defined():
    known = _describe()
    terms, ids = set(), []

    def walk(value):
        if isinstance(value, list):
            for one in value:
                walk(one)
        elif isinstance(value, dict):
            terms.update(value)
            ids.extend([value["@id"]] if "@type" in value and "@id" in value else [])
            for one in value.values():
                walk(one)

    walk({name: one for name, one in known.items() if name != "@context"})
    of_schema = {
        *("name", "description", "inLanguage", "license", "url", "creator", "keywords"),
        *("datePublished", "distribution", "contentUrl", "contentSize", "encodingFormat", "sha256"),
    }
    assert len(ids) == len(set(ids)) > 20
    assert {term for term in terms if term[0] != "@"} <= of_schema | known["@context"].keys()
