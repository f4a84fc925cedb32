"""Sets that an export for a trainer is made of, and a run folder of each."""

from dataclasses import replace
from pathlib import Path

from tests.formats.rows import make_manifest
from vicugna.formats.run_folder import write_run
from vicugna.records import Alternative, Draft, Lang, Round, Source, Task

# Question, answer, a worse answer: far enough from each other for the splitter.
_EN = (
    ("Name a bird that cannot fly.", "An ostrich cannot fly.", "A swallow, I think."),
    ("How is cheese made?", "Milk is curdled, drained and aged.", "It grows in caves."),
    ("Translate 'winter' into French.", "L'hiver.", "L'automne."),
    ("What do bees collect?", "They collect nectar and pollen.", "They collect stones."),
    ("Give three uses of copper.", "Wires, pipes and coins.", "Only jewellery."),
    ("Why do leaves turn red?", "Chlorophyll fades in autumn.", "They are painted."),
)
_ZH = (
    ("长江有多长？", "长江全长约六千三百公里。", "大概一百公里吧。"),
    ("推荐一道家常菜。", "番茄炒蛋，做法简单。", "随便吃点。"),
    ("怎样预防感冒？", "勤洗手，多通风，注意保暖。", "多吃糖。"),
    ("用一句话形容秋天。", "天高云淡，满山红叶。", "就是秋天。"),
    ("鲁迅的原名是什么？", "鲁迅原名周树人。", "他没有别的名字。"),
    ("解释什么是光合作用。", "植物利用阳光把水和二氧化碳变成养分。", "就是晒太阳。"),
)


def _draft(lang: Lang, number: int, asked: str, answer: str) -> Draft:
    name = f"{lang}-{number}"
    return Draft(name, lang, asked, "", answer, Source(), name)


def _all() -> list[tuple[Draft, str]]:
    return [
        (_draft(lang, number, asked, answer), worse)
        for lang, texts in (("en", _EN), ("zh", _ZH))
        for number, (asked, answer, worse) in enumerate(texts)
    ]


SINGLE = [draft for draft, _ in _all()]
CHATS = [
    replace(
        draft,
        system="You teach children." if draft.lang == "en" else "你是一位小学老师。",
        rounds=(Round(f"{worse} {number}?", f"{draft.output} ({number})"),),
    )
    for number, (draft, worse) in enumerate(_all())
]
RATED = [
    replace(draft, alternatives=(Alternative(worse, score=1.0),), score=4.0)
    for draft, worse in _all()
] + [replace(draft, id=f"{draft.id}-chat", group=f"{draft.id}-chat") for draft in CHATS[:2]]
SETS = {"single": SINGLE, "chats": CHATS, "rated": RATED}


def write_set(name: str, folder: Path) -> Path:
    """Write a run folder with a set; return it."""
    tasks = [Task(draft, ()) for draft in SETS[name]]
    write_run(folder, tasks, [], [], make_manifest(tasks))
    return folder
