"""Questions as corpora: the file is read with every mistake named, and the answer is taken out as it should be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.errors import QuestionsError
from bot.evaluation.cases import Case, Situation, articles_in, cases, write_in
from bot.evaluation.questions import Gold, Source, read_questions
from tests.aligned import aligned, texts_of, write_aligned


@pytest.fixture
def sources(tmp_path: Path) -> tuple[Source, ...]:
    """The small file, read."""
    return read_questions(write_aligned(tmp_path / "qa.json"))


def by_situation(sources: tuple[Source, ...], question: str, pair: tuple[str, str]) -> dict[Situation, Case]:
    """The cases of one question."""
    return {case.situation: case for case in cases(sources, [pair]) if case.question == question}


def said(case: Case) -> list[str]:
    """The sentences of the case's article."""
    return texts_of(case.article.original.sentences)


def test_reading(sources: tuple[Source, ...]) -> None:
    """Articles, paragraphs by language, questions and the places of their answers."""
    cars, goats = sources
    assert (cars.title, goats.title) == ("Red_cars", "Goats")
    assert [question.paragraph for question in cars.questions] == [0, 0, 1]
    assert cars.questions[1].golds["en"] == Gold("1999", 54)
    assert cars.questions[1].golds["en"].end == 58
    assert set(goats.paragraphs[1]) == {"en"}


def test_the_sentences_that_state_the_answer_are_right(sources: tuple[Source, ...]) -> None:
    """Right is the sentence that the gold span lies in, in the edition's own language."""
    english = by_situation(sources, "When did the blue one go to Bruno?", ("en", "en"))[Situation.STATED]
    assert english.right == {"red_cars/p1/s2"}
    assert english.gold == "1999"
    across = by_situation(sources, "Who sells the red car?", ("en", "it"))[Situation.STATED]
    assert across.right == {"red_cars/p1/s1"}
    assert across.article.original.language == "it"
    assert across.language == "en"


def test_an_answer_across_two_sentences_has_two_that_are_right(tmp_path: Path) -> None:
    """A gold span that begins in one sentence and ends in the next makes both right, and both are taken out."""
    record = aligned()
    answer = record["articles"][0]["paragraphs"][1]["questions"][0]["answer"]
    answer["en"] = {"text": "Paris. It is big", "start": 18}
    sources = read_questions(write_aligned(tmp_path / "qa.json", record))
    found = by_situation(sources, "Where is the depot near Paris?", ("en", "en"))
    assert found[Situation.STATED].right == {"red_cars/p2/s1", "red_cars/p2/s2"}
    assert [p.id for p in found[Situation.NEAR_MISS].article.original.paragraphs] == ["red_cars/p1"]


def test_near_miss_takes_out_the_answering_sentence_alone(sources: tuple[Source, ...]) -> None:
    """What is left keeps its ids and its order, and states no answer."""
    case = by_situation(sources, "Who sells the red car?", ("en", "en"))[Situation.NEAR_MISS]
    assert case.right == frozenset()
    assert [sentence.id for sentence in case.article.original.sentences] == [
        "red_cars/p1/s2",
        "red_cars/p2/s1",
        "red_cars/p2/s2",
    ]


def test_paragraph_missing_takes_out_all_around_the_answer(sources: tuple[Source, ...]) -> None:
    """The whole paragraph goes, the others stay."""
    case = by_situation(sources, "Who sells the red car?", ("en", "en"))[Situation.PARAGRAPH_MISSING]
    assert said(case) == ["The depot is near Paris.", "It is big."]


def test_other_article_is_the_next_one(sources: tuple[Source, ...]) -> None:
    """The question is put to the next article of the file, the last one's to the first."""
    case = by_situation(sources, "Who sells the red car?", ("en", "en"))[Situation.OTHER_ARTICLE]
    assert said(case)[0] == "A goat eats hay."
    case = by_situation(sources, "What does the goat eat?", ("en", "en"))[Situation.OTHER_ARTICLE]
    assert said(case)[0] == "Anna sells the red car."


def test_only_questions_that_both_languages_have(sources: tuple[Source, ...]) -> None:
    """A question without the asker's language, or whose paragraph lacks the edition's, is not put."""
    assert len({case.id for case in cases(sources, [("en", "en")])}) == 5
    assert len({case.id for case in cases(sources, [("en", "it")])}) == 4
    assert len({case.id for case in cases(sources, [("it", "it")])}) == 3
    assert list(cases(sources, [("fr", "fr")])) == []


def test_an_article_in_a_language(sources: tuple[Source, ...]) -> None:
    """Paragraphs keep their numbers where one is missing before them; no paragraph, no edition."""
    written = write_in(sources[1], "it")
    assert written is not None
    assert [paragraph.id for paragraph in written.edition.paragraphs] == ["goats/p1"]
    assert [(span.start, span.end) for span in written.spans[0]] == [(0, 23), (24, 41)]
    assert write_in(sources[1], "fr") is None
    assert [article.slug for article in articles_in(sources, "en")] == ["red_cars", "goats"]


def _question(record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = record["articles"][0]["paragraphs"][0]["questions"][1]
    return found


PLACE = "articles[0].paragraphs[0].questions[1]"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda r: r.update(articles="none"), ", field 'articles': must be a list, is \"none\""),
        (lambda r: r.clear(), ", field 'articles': must be a list, is missing"),
        (lambda r: r["articles"].append(7), ": articles[2] must be an object"),
        (lambda r: r["articles"][1].update(title=None), ": articles[1], field 'title': must be text, is null"),
        (lambda r: r["articles"][1].update(title="Red_cars"), ": two articles are called 'Red_cars'"),
        (lambda r: _question(r).update(id="Anna sel 0"), ": two questions have the id 'Anna sel 0'"),
        (lambda r: _question(r).pop("question"), f": {PLACE}, field 'question': must be an object, is missing"),
        (lambda r: _question(r)["question"].update(en=1), f": {PLACE}.question, field 'en': must be text, is 1"),
        (
            lambda r: _question(r)["answer"]["it"].update(start="3"),
            f": {PLACE}.answer.it, field 'start': must be a whole number, is \"3\"",
        ),
        (
            lambda r: _question(r)["answer"]["it"].update(start=True),
            f": {PLACE}.answer.it, field 'start': must be a whole number, is true",
        ),
        (
            lambda r: _question(r)["answer"]["it"].update(start=3),
            f": {PLACE}.answer.it: '1999' does not stand at 3 of the paragraph",
        ),
        (
            lambda r: _question(r)["answer"].update(fr={"text": "x", "start": 0}),
            f": {PLACE}.answer.fr: the paragraph has no text in 'fr'",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_field_is_named_with_its_place(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], said: str
) -> None:
    """Whatever is wrong in the file is one line with the file, the place in it and what should be there."""
    record = aligned()
    spoil(record)
    path = write_aligned(tmp_path / "qa.json", record)
    with pytest.raises(QuestionsError) as raised:
        read_questions(path)
    assert str(raised.value) == f"{path}{said}"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{", "is no JSON (Expecting property name"), (b"\xff", "is no UTF-8 text"), (b"[]", "must be an object")],
)
def test_a_file_that_is_something_else(tmp_path: Path, content: bytes, said: str) -> None:
    """A file that is no JSON, no text or another JSON is said to be that."""
    path = tmp_path / "qa.json"
    path.write_bytes(content)
    with pytest.raises(QuestionsError) as raised:
        read_questions(path)
    assert str(raised.value).startswith(f"{path} {said}")
    with pytest.raises(QuestionsError, match="cannot be read"):
        read_questions(tmp_path)
