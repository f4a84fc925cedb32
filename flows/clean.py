"""Filter and deduplicate files that people have, or judge a run again. No teacher is asked."""

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, ConfigDict, Field

from vicugna.cleaning import FORMATS
from vicugna.cleaning import clean as clean_inputs
from vicugna.content import load_filters
from vicugna.manifest import Manifest
from vicugna.records import Scope
from vicugna.report import render_report


class CleanParams(BaseModel):
    """What `vicugna clean` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: list[str] = Field(
        min_length=1,
        description="Files to read, in this order: of two duplicates the first stays; or "
        "one run, by folder or name · "
        "要读的文件，按此顺序，重复的留前一条；或一次运行的文件夹或名称",
    )
    filters: list[str] | None = Field(
        None,
        description="Names of filters; default all, or those of the run · "
        "过滤器名，默认全部，或该次运行所用的",
    )
    max_f1: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Highest ROUGE-L F1 to a kept task; default 0.7, or that of the run · "
        "与已留条目的 ROUGE-L F1 上限，默认 0.7，或该次运行所用的",
    )
    against: list[str] | None = Field(
        None,
        description="Earlier sets to compare with: folders of runs, or files; default none, or "
        "those of the run · 要与之查重的已有数据：运行文件夹或文件，默认没有，或该次运行所用的",
    )
    scope: Scope | None = Field(
        None,
        description="What of a task is compared for duplicates (conversation: all of it); default "
        "instruction, or that of the run · "
        "查重比较的部分（conversation 为全部），默认只比指令，或该次运行所用的",
    )
    formats: list[str] = Field(list(FORMATS), description="Layouts to write · 要写出的格式")
    out: str | None = Field(
        None, description="Folder to write; default outputs/clean-<hash> · 写到哪个文件夹"
    )


# A flow that is not async waits a second for its heartbeat thread when it ends.
@flow(name="clean", persist_result=False)
async def clean(params: CleanParams) -> Manifest:
    """Judge every row of the files, or every draft of a run, and write what stays.

    Return the manifest.

    Raises:
        UserError: a file or a run cannot be read, a filter is unknown, or nothing is left.
    """
    make_chain = load_filters().chain
    files = [Path(file) for file in params.files]
    out = Path(params.out) if params.out else None
    manifests: list[Manifest] = []

    @task(name="clean", cache_policy=NO_CACHE, persist_result=False)
    def clean_all() -> int:
        manifests.append(
            clean_inputs(
                files,
                make_chain,
                params.filters,
                params.max_f1,
                params.formats,
                out,
                scope=params.scope,
                against=params.against,
            )
        )
        return sum(manifests[0]["counts"]["tasks"].values())

    clean_all()
    report = render_report(manifests[0], Path(manifests[0]["folder"]))
    await acreate_markdown_artifact(markdown=report, key="report", description="clean")
    return manifests[0]
