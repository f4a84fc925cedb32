"""A version of a set without some rows: those of a complaint, or those today's filters drop."""

from typing import Any

from prefect import flow
from pydantic import BaseModel, ConfigDict, Field

from vicugna.content import load_flow
from vicugna.releasing.starting import start
from vicugna.releasing.withdrawing import plan_withdrawal

_show = load_flow("release").show


class WithdrawParams(BaseModel):
    """What `vicugna withdraw` takes. Without rows, all are judged again by today's filters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: str = Field(description="Name of the set · 数据集名称")
    rows: list[str] = Field(
        [], description="Ids of rows; default those that fail · 要撤回的条目 id，默认为不合格的条目"
    )
    why: str = Field("", description="Why these rows go · 撤回原因")
    filters: list[str] | None = Field(
        None,
        description="Without rows: who judges; default the recipe's · 由谁重判，默认用配方的",
    )
    day: str | None = Field(None, description="Day of the version; default today (UTC) · 版本日期")


@flow(name="withdraw", persist_result=False)
async def withdraw(params: WithdrawParams) -> dict[str, Any]:
    """Release a set without some of its rows; return what came of it.

    Raises:
        UserError: there is no such set or row, or a filter is unknown.
    """
    chosen = params.model_dump(exclude={"set"})
    folder, work = plan_withdrawal(params.set, **chosen)
    return await _show(await start(folder, work))
