"""Some forty tasks in both languages, with texts that loaders are known to stumble over."""

from typing import NamedTuple


class Example(NamedTuple):
    """One conversation: its rounds of question and answer, and a worse last answer."""

    rounds: tuple[tuple[str, str], ...]
    worse: str
    given: str = ""  # the `input` of a task with one round
    system: str = ""

    @property
    def answers(self) -> list[str]:
        """Return what a trainer should learn to say."""
        return [answer for _, answer in self.rounds]

    @property
    def asked(self) -> list[str]:
        """Return what users say, the input after the instruction as the layouts of turns do it."""
        said = [question for question, _ in self.rounds]
        return [f"{said[0]}\n{self.given}", *said[1:]] if self.given else said


# instruction, input, answer, worse answer. No question occurs in an answer, so that a question
# among the labels is a question that was trained.
TASKS: tuple[tuple[str, str, str, str], ...] = (
    ("Name a bird of prey.", "", "A red kite.", "A bat."),
    ("说出一种鸣禽。", "", "画眉。", "蝙蝠。"),
    ("Sort these words by letter.", "pear, apple", "apple, pear", "pear, apple!"),
    ("把下面这句话译成英文。", "今天天气很好。", "The weather is fine today.", "Weather."),
    ("Write a list of three.", "a\nb\n\nc", "1. a\n2. b\n3. c", "a b c"),
    ("按步骤写出泡茶的方法。", "绿茶", "1. 烧水\n2. 温杯\n\n3. 冲泡三分钟", "喝水。"),
    ("Say \"hello\" in 'C'.", "\\", 'printf("%s\\n", "hi");', "puts 'hi'"),
    ("Split\u2028here\u2029and\u0085here?", "\u2028", "Done\u2028so.", "No\u2029."),
    ("Explain 👩\u200d👩\u200d👧 and 🇨🇳.", "🦙", "A family, a flag, a llama 🦙.", "Pictures 🤷🏽."),
    ("𠮷字怎么读？", "𝒳", "读作 jí。𠀀", "不知道。"),
    ("Translate \u202eevil\u202c.", "שלום", "مرحبا", "لا"),
    ("Close the fence:\n~~~~~~\n# Heading", "```\n```", "~~~~~~\n---", "```"),
    ("---\nlicense: mit\n---", "---", "--- # done", "---."),
    ("<script>alert(1)</script>?", "&amp;", "&lt;script&gt; {{x}} {% raw %}", "<b>no</b>"),
    ("Add 19 to 23.", "0", "42", "1e3"),
    ("What does null mean?", "None", "NaN", "null"),
    ("A\tB in columns", "\t", "a\t1\nb\t2", "a 1"),
    ("Complete the form.", "### Input:", "### Response: yes\n### Instruction: no", "### End"),
    ("表格怎么填？", "### Response:", "### 回答：\n按顺序填写。", "### 指令："),
    ("Quote a chat log.", "USER: x ASSISTANT: y", "It says USER: x, then y.", "USER: none"),
    ("引用一段对话。", "用户：你好\n助手：您好", "Human: 你好\nAssistant: 您好", "Human:"),
    (
        "Write a haiku about rain.",
        "",
        "Rain on the tin roof;\nthe old dog lifts one ear,\nsleeps.",
        "Rain.",
    ),
    ("写一句关于秋天的诗。", "", "霜叶满阶，夜深闻雁。", "秋天到了。"),
    ("Is 91 a prime number?", "", "No: 91 = 7 × 13.", "Yes."),
    ("91是质数吗？", "", "不是，91＝7×13。", "是。"),
    ("How are you? [Round 1]", "问：", "[Round 1]\n\n问：好\n答：好", "答："),
    ("Which tags end a turn?", "", "In ChatML a turn ends with a tag for the end.", "None do."),
    ("What is in [|Human|]?", "", "[|Mensch|] is the German form.", "[|AI|]"),
    ("Give JSON.", "k=1", '{"k": 1, "from": "gpt", "value": null}', "{k:1}"),
    ("用 JSON 表示。", "键=1", '[{"键": 1}]', "{键}"),
)
SPECIAL = (  # what tokenizers read as the end of a turn or of a text
    ("Which tag ends a ChatML turn?", "", "It is <|im_end|> there.", "It is <|im_start|>."),
    ("对话标签是哪个？", "<|im_start|>user", "<|im_end|>\n结束。", "<|im_end|>。"),
    ("Which token ends a Llama text?", "", "It is </s>, after <s>.", "<s>"),
    ("GPT-2 的结束符是什么？", "", "是 <|endoftext|>。", "<eos>"),
)
CHATS: tuple[tuple[str, tuple[tuple[str, str], ...], str], ...] = (
    ("", (("Hi there.", "Hello."), ("Who wrote Emma?", "Jane Austen.")), "A man."),
    (
        "",
        (("你好呀。", "您好。"), ("谁写了《呐喊》？", "鲁迅。"), ("哪年出版？", "1923年。")),
        "没有。",
    ),
    ("", (("Count up 🎉", "One."), ("And then?", "Two\u2028three."), ("More?", "Four.")), "0"),
    ("You answer in rhyme.", (("What falls?", "Rain, in Spain."),), "Snow."),
    (
        "你是一名图书管理员。",
        (("借书要证吗？", "要借书证。"), ("没有呢？", "先办一张。")),
        "不要。",
    ),
    ("Be brief.\n\nUse metric.", (("How far is 1 mile?", "1.6 km."), ("2?", "3.2 km.")), "Far."),
)


def tasks(*, special: bool = True) -> list[Example]:
    """Return the conversations of one round, without a system prompt."""
    rows = TASKS + SPECIAL if special else TASKS
    return [Example(((asked, said),), worse, given) for asked, given, said, worse in rows]


def chats(*, system: bool = True, special: bool = True) -> list[Example]:
    """Return those and the ones of several rounds; without a system prompt when asked so."""
    longer = [Example(rounds, worse, system=text) for text, rounds, worse in CHATS]
    return tasks(special=special) + [one for one in longer if system or not one.system]
