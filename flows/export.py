"""Write a run again, in other layouts."""

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, ConfigDict, Field

from vicugna.exporting import Wanted, export_run
from vicugna.pipeline import OUTPUTS
from vicugna.report import render_files
from vicugna.runs import find_run
from vicugna.trainers import DEFAULT_MODEL


class ExportParams(BaseModel):
    """What `vicugna export` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str = Field(
        description="Folder of a run or a release, or the beginning of its name under outputs/ · "
        "运行或版本的文件夹，或 outputs/ 下名称的开头"
    )
    formats: list[str] = Field(
        [], description="Layouts, as docs/layouts.md names them · 格式名，见 docs/layouts.zh.md"
    )
    trainer: str = Field(
        "",
        description="Or all that one trainer needs: llama-factory, trl, ... · "
        "或某个训练器所需的全部文件",
    )
    validation: float = Field(
        0, ge=0, le=0.5, description="Share of the rows kept apart · 留作验证集的比例"
    )
    tokenizer: str = Field(
        "",
        description="File, folder or hub name that tokens are counted by · "
        "用哪个分词器计 token：文件、文件夹或 hub 上的名称",
    )
    max_tokens: int | None = Field(
        None, ge=1, description="Longer conversations are split · 超过此长度的对话会拆开"
    )
    reasoning: bool = Field(
        False, description="Write it before its answer, as <think> · 把思考过程写在回答之前"
    )
    model: str = Field(
        DEFAULT_MODEL, description="What the trainer's configuration trains · 训练配置里的模型"
    )
    out: str | None = Field(
        None, description="Folder to write; default <run>-export · 写到哪个文件夹"
    )


@flow(name="export", persist_result=False)
async def export(params: ExportParams) -> dict[str, str]:
    """Write the tasks of a run in the named layouts; return the path of each file.

    Raises:
        UserError: there is no such run, or a layout is unknown.
    """
    run = find_run(params.run, OUTPUTS)
    out = Path(params.out) if params.out else None
    written: dict[str, str] = {}

    @task(name="export", cache_policy=NO_CACHE, persist_result=False)
    def export_all() -> int:
        choices = params.model_dump(exclude={"run", "out"})
        written.update(export_run(run, Wanted(**choices), out).files)
        return len(written)

    export_all()
    report = render_files(run.name, written)
    await acreate_markdown_artifact(markdown=report, key="report", description="export")
    return written
