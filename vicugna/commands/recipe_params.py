"""The options that override a recipe, as the form of a flow: `options.recipe_options` for a page.

Prefect's page shows the descriptions beside the fields, so they are in both languages.
"""

from pydantic import BaseModel, ConfigDict, Field

from vicugna.commands.options import overrides
from vicugna.settings import Recipe, load_recipe


class RecipeParams(BaseModel):
    """A recipe, and what is other than it says. What is not given is as in the recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str = Field(
        "small", description="Recipe by name, or path to a .yaml · 配方名，或 .yaml 文件的路径"
    )
    target: int | None = Field(
        None, ge=1, description="Tasks to keep, all languages together · 各语言合计要留下多少条"
    )
    teacher: str | None = Field(
        None, description="Provider: offline (no key), openai, ... · 服务商；offline 不用密钥"
    )
    model: str | None = Field(None, description="Model name at the endpoint · 接口上的模型名")
    base_url: str | None = Field(
        None,
        pattern=r"^https?://[^@?#\s]+$",
        description="OpenAI-compatible endpoint, http://host/v1; no user name or key in it · "
        "兼容 OpenAI 的接口地址，里面不要写用户名和密钥",
    )
    against: list[str] | None = Field(
        None,
        description="Earlier sets to compare with: folders of runs, or files · "
        "要与之查重的已有数据：运行文件夹或文件",
    )
    seed: int | None = Field(None, ge=0, description="Seed of every draw · 抽样用的随机种子")
    budget_usd: float | None = Field(
        None, gt=0, description="Most the run may cost, US dollars · 单次运行最多花多少美元"
    )
    budget_tokens: int | None = Field(
        None, gt=0, description="Most tokens of the run · 单次运行最多用多少 token"
    )
    budget_requests: int | None = Field(
        None, gt=0, description="Most requests of the run · 单次运行最多发多少请求"
    )
    month_budget_usd: float | None = Field(
        None,
        gt=0,
        description="Most all runs on the ledger may cost this month (UTC), US dollars · "
        "同一账本上所有运行本月（UTC）合计最多花多少美元",
    )
    month_budget_tokens: int | None = Field(
        None, gt=0, description="The same in tokens · 同上，按 token 计"
    )
    month_budget_requests: int | None = Field(
        None, gt=0, description="The same in requests · 同上，按请求数计"
    )

    def read_recipe(self) -> Recipe:
        """Read the recipe with what is other.

        Raises:
            UserError: it cannot be read, or a value is impossible.
        """
        chosen = self.model_dump(include=set(RecipeParams.model_fields) - {"recipe", "teacher"})
        return load_recipe(self.recipe, overrides(name=self.teacher, **chosen))
