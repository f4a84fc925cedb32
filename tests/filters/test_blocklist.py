import pytest

from filters.blocklist import blocklist


@pytest.mark.parametrize(
    "instruction",
    [
        "Explain what the plot of a novel is.",
        "What does map() do in Python?",
        "Draw a conclusion from these two facts.",
        "How do I draw a circle on a whiteboard?",
        "Explain how to design a logo that ages well.",
        "Compare the image of the company before and after the recall.",
        "Tell the story behind the picture of Dorian Gray.",
        "Write a script for the video we show to new staff.",
        "Suggest five photo albums as gifts.",
        "Name three colors that suit a room; we want to paint a wall.",
        "Create a chart that compares the two plans, with one row for each feature.",
        "Send an email to my landlord about the broken heater.",
        "Click on the correct option: which planet is the largest?",
        "Why should a manager listen to the people on the floor?",
        "Give me matplotlib code that will plot the data as a line graph.",
        "Draw a house in ASCII characters.",
        "Translate “Please click on the link below.” into Chinese.",
        'Say what is odd about the sentence "Draw a picture of silence".',
        "Write the rules of a game in which two players draw a card in turn.",
        "Create a video game concept for two players.",
        "Help me sketch out a plan for the first week.",
        "",
    ],
)
def test_english_that_a_text_model_can_do(judge, instruction):
    verdict = judge(blocklist(), "en", instruction)

    assert (verdict.kept, verdict.detail) == (True, "")


@pytest.mark.parametrize(
    ("instruction", "detail"),
    [
        ("Draw a picture of a lighthouse at night.", "Draw a picture"),
        ("Describe what you see in this photo.", "this photo"),
        ("What breed is the dog on the attached photo?", "the attached photo"),
        ("Explain the trend shown in the graph.", "shown in the graph"),
        ("Design a logo for a bakery called Rye & Co.", "Design a logo"),
        ("Create a pie chart of these shares.", "Create a pie chart"),
        ("Make a flow chart for filing a claim.", "Make a flow chart"),
        ("Listen to the recording and name the instrument.", "Listen to the recording"),
        ("Summarize what happens in the following video.", "following video"),
        ("Search the web for last night's score.", "Search the web"),
        ("Open the following link and read the first line.", "Open the following link"),
        ("Sing a song about spring.", "Sing a song"),
        ("Crop the photo to a square.", "Crop the photo"),
        ("Plot the following values.", "Plot the following"),
    ],
)
def test_english_that_needs_another_medium(judge, instruction, detail):
    """The detail is the phrase, as it stands in the instruction."""
    verdict = judge(blocklist(), "en", instruction)

    assert (verdict.kept, verdict.detail) == (False, detail)


@pytest.mark.parametrize(
    "instruction",
    [
        "写一段话，刻画一个爱占小便宜的邻居。",
        "用 matplotlib 画一个柱状图，给出完整代码。",
        "用字符画一只猫。",
        "比较柱状图和折线图各适合什么数据。",
        "条形图中的坐标轴有什么作用？",
        "以下图书分别适合几年级的学生？",
        "如图书馆周末闭馆，读者该怎样还书？",
        "给线下图书漂流活动起三个名字。",
        "推荐三款照片编辑软件，并说明各自的长处。",
        "下列图像处理术语用大白话解释一遍。",
        "这部动画一共有几季？按季列出来。",
        "插画一般怎么报价？",
        "描绘一个下雨天的菜市场，一百字以内。",
        "如何设计一个让人记得住的标志？",
        "创建信息图时要注意哪三点？",
        "列出设计海报的步骤。",
        "写一封信，请客户查收随函寄出的合同。",
        "客户说访问网站很慢，替客服写一段回复。",
        "网上搜索引擎是怎样给网页排序的？",
        "把“请点击下面的链接”译成英文。",
        "计划一次两天的家庭短途旅行。",
        "指出句子的宾语：她在唱一首老歌。",
        "从地图中的比例尺讲起，说明怎样估算距离。",
        "",
    ],
)
def test_chinese_that_a_text_model_can_do(judge, instruction):
    verdict = judge(blocklist(), "zh", instruction)

    assert (verdict.kept, verdict.detail) == (True, "")


@pytest.mark.parametrize(
    ("instruction", "detail"),
    [
        ("画一幅海边日出的水彩画。", "画一"),
        ("请绘制一张公司组织结构图。", "绘制"),
        ("描述这张照片里的人在做什么。", "这张照片"),
        ("以下图片中有几只鸟？", "以下图片"),
        ("给下面的照片起一个标题。", "下面的照片"),
        ("看图写话，不少于五十字。", "看图写"),
        ("根据附件写一份摘要。", "根据附件"),
        ("为新开的面馆设计一个标志。", "设计一个标志"),
        ("把下面的数据做成饼图。", "做成饼图"),
        ("制作一张环保主题的海报。", "制作一张环保主题的海报"),
        ("听一段录音，写出说话人的情绪。", "听一段"),
        ("总结这段视频的内容。", "这段视频"),
        ("唱一首关于秋天的歌。", "唱一首"),
        ("在网上搜索今天的金价。", "网上搜索"),
        ("打开以下链接，找出文章标题。", "打开以下链接"),
        ("设计一个 logo，要有山和水。", "设计一个 logo"),
        ("设计一个logo，要有山和水。", "设计一个logo"),
    ],
)
def test_chinese_that_needs_another_medium(judge, instruction, detail):
    verdict = judge(blocklist(), "zh", instruction)

    assert (verdict.kept, verdict.detail) == (False, detail)
