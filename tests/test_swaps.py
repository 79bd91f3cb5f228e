"""Questions about somebody else: what of a question is exchanged, and for what."""

import random

import pytest

from benchmarks.reader.examples import examples
from benchmarks.reader.swaps import Swaps
from benchmarks.reader.texts import Asking, Span, Text

BRIDGE = Text("The bridge of Valdoro", "en", "bridge", ("Valdoro opens its bridge in 2031.", "It is long."), (0, 0))
TOWER = Text("The tower of Ostrava", "en", "tower", ("Ostrava has a tower.", "It is long, says Anna Bell."), (0, 0))
MORE = tuple(Text(f"Note {n}", "en", f"note {n}", ("The Mayor is long.",), (0,)) for n in range(3))
WHEN = Asking({"en": "When does Valdoro open it?"}, BRIDGE, frozenset({0}), Span(0, 28, 32), "own")
YEAR = Asking({"en": "What opens in 2031?"}, BRIDGE, frozenset({0}), Span(0, 14, 20), "own")
WHO = Asking({"en": "What says Anna Bell of Ostrava?"}, TOWER, frozenset({1}), None, "own")
MAYOR = [Asking({"en": "How tall is the Mayor?"}, text, frozenset({0}), None, "own") for text in MORE]
CHINESE = Text("小米汽车", "zh", "car", ("小米汽车明年来欧洲。", "小米很高兴。"), (0, 0))
OTHER = Text("长江大桥", "zh", "river", ("长江大桥很长。", "长江很宽。"), (0, 0))
CARS = Asking({"zh": "小米什么时候来？"}, CHINESE, frozenset({0}), None, "own")
RIVER = Asking({"zh": "长江有多宽？"}, OTHER, frozenset({1}), None, "own")


def swapped(asking: Asking, *others: Asking, passes: int = 60) -> set[str]:
    """Every question that comes of the asking's own, beside others."""
    swaps = Swaps([asking, *others])
    [(language, question)] = asking.questions.items()
    made = (swaps.swapped(question, language, asking.text, random.Random(n)) for n in range(passes))  # noqa: S311
    return {question for question in made if question is not None}


def test_a_name_gives_way_to_one_of_another_article() -> None:
    """A name that the text has is exchanged for the name in a question about another text, whole."""
    assert swapped(WHEN, WHO) == {"When does Anna Bell open it?", "When does Ostrava open it?"}


def test_a_year_gives_way_to_one_near_it() -> None:
    """A year is exchanged for one at most ten years off that the text lacks."""
    years = {int(question.removeprefix("What opens in ").removesuffix("?")) for question in swapped(YEAR, WHO)}
    assert len(years) > 3
    assert all(2021 <= year <= 2041 and year != 2031 for year in years)


@pytest.mark.parametrize(("asking", "others"), [(MAYOR[0], [*MAYOR[1:], WHO]), (WHEN, [])])
def test_what_is_no_name_or_has_no_other_stays(asking: Asking, others: list[Asking]) -> None:
    """A capitalised word that many articles hold is no name, and without another name there is nothing to put in."""
    assert swapped(asking, *others) == set()


def test_chinese_names_are_what_a_text_repeats() -> None:
    """In Chinese a rare run of characters that the text repeats is exchanged for another article's."""
    assert swapped(CARS, RIVER) == {"长江什么时候来？"}


def test_a_swapped_question_has_no_answer() -> None:
    """A question about something else is put to windows of which no sentence states the answer, beside the true one."""
    swaps = Swaps([WHEN, WHO])
    readings = [
        reading
        for seed in range(60)
        for reading in examples(WHEN, random.Random(seed), swaps)  # noqa: S311  # nothing secret
    ]
    plain = [r for seed in range(60) for r in examples(WHEN, random.Random(seed))]  # noqa: S311  # nothing secret
    ids = {example.window.ids for reading in plain for example in reading if example.right}
    strange = [e for r in readings for e in r if not e.right and 0 in e.window.sentences]
    assert strange
    assert not ids & {example.window.ids for example in strange}
    assert all(example.span is None for example in strange)
