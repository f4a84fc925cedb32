"""What is shipped beside the code: seed tasks and prompts. Word lists: filters/test_words.py."""

from collections import Counter
from itertools import combinations

import pytest

from filters import chain
from vicugna.content import PROMPTS
from vicugna.filtering import judge
from vicugna.pool import Member, Pool
from vicugna.records import LANGS, TASK_TYPES, TOPICS, Draft, Source
from vicugna.seeds import load_seeds
from vicugna.templates import PLACES, load_prompt, load_types
from vicugna.text.hygiene import clean_text
from vicugna.text.rouge import rouge_l
from vicugna.text.script import count_scripts, language_of

FEWEST = 175  # as many as Self-Instruct ships
TYPE_BOUNDS = (10, 16)  # of 15 types, 190 seeds: 12.7 each
TOPIC_BOUNDS = (8, 13)  # of 18 topics, 190 seeds: 10.6 each
CLASSIFICATION_BOUNDS = (16, 40)  # 16 are shown when labels are asked for first


@pytest.mark.parametrize("lang", LANGS)
def test_there_are_enough_seeds_and_none_is_near_another(lang):
    seeds = load_seeds(lang)
    near = [
        (one.id, other.id)
        for one, other in combinations(seeds, 2)
        if rouge_l(one.instruction, other.instruction) > 0.7
    ]

    assert len(seeds) >= FEWEST
    assert near == []


@pytest.mark.parametrize("lang", LANGS)
def test_types_and_topics_are_spread_evenly(lang):
    seeds = load_seeds(lang)
    types = Counter(seed.type for seed in seeds)
    topics = Counter(seed.topic for seed in seeds)
    labelled = sum(seed.is_classification for seed in seeds)

    assert all(TYPE_BOUNDS[0] <= types[kind] <= TYPE_BOUNDS[1] for kind in TASK_TYPES), types
    assert all(TOPIC_BOUNDS[0] <= topics[topic] <= TOPIC_BOUNDS[1] for topic in TOPICS), topics
    assert CLASSIFICATION_BOUNDS[0] <= labelled <= CLASSIFICATION_BOUNDS[1]
    assert 0.3 <= sum(not seed.input for seed in seeds) / len(seeds) <= 0.7


@pytest.mark.parametrize("lang", LANGS)
def test_every_seed_passes_our_own_filters(lang):
    """Also against the seeds before it: a run shows them all as good examples."""
    pool, whole = Pool(0.7), chain().whole
    dropped = []
    for seed in load_seeds(lang):
        draft = Draft(seed.id, lang, seed.instruction, seed.input, seed.output, Source())
        verdict = judge(draft, whole, pool)[-1]
        if not verdict.kept:
            dropped.append((seed.id, verdict))
        pool.add_seed(lang, Member(seed.id, seed.instruction))

    assert dropped == []


@pytest.mark.parametrize("lang", LANGS)
def test_seeds_are_clean_text_in_their_language(lang):
    for seed in load_seeds(lang):
        assert seed.id.startswith(f"{lang}-"), seed.id
        assert language_of(seed.instruction) == lang, seed.id
        for text in (seed.instruction, seed.input, seed.output):
            assert text == clean_text(text), seed.id


def test_no_id_is_used_in_both_languages():
    ids = [seed.id for lang in LANGS for seed in load_seeds(lang)]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", PLACES)
def test_every_prompt_loads_and_is_in_its_language(name, lang):
    prompt = load_prompt(name, lang)
    other = {"en": "zh", "zh": "en"}[lang]
    messages = prompt.fill(dict.fromkeys(PLACES[name], "7"))

    assert prompt.name.startswith(f"{name}.{lang}@")
    assert count_scripts(prompt.system).share(lang) > 0.8
    assert count_scripts(prompt.system).share(other) < 0.2
    assert [message.role for message in messages] == ["system", "user"]
    assert "{{" not in messages[0].content + messages[1].content


def test_both_languages_have_the_same_prompts_and_no_others():
    files = {path.name for path in PROMPTS.glob("*.*.*")}

    wanted = {f"{name}.md" for name in PLACES} | {"task_types.yaml"}
    assert files == {name.replace(".", f".{lang}.") for name in wanted for lang in LANGS}


@pytest.mark.parametrize("lang", LANGS)
def test_every_type_is_described_in_words_of_its_language(lang):
    types = load_types(lang)

    assert len(set(types.values())) == len(types) == 15
    for type, line in types.items():
        words = line.removeprefix(f"{type}: ")
        assert count_scripts(words).share(lang) > 0.8, words
        assert not {"\n", "{"}.intersection(line)
