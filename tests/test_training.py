"""The training of the reader: what it learns from, what it must not see, what its loss is, and what is exported."""

import copy
import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.development import INVENTED, announcement_cases, invented_cases
from benchmarks.gate import OWN_FOLDERS, invented
from benchmarks.reader.examples import BUDGETS, Example, batches, examples
from benchmarks.reader.export import export, quantise
from benchmarks.reader.network import Reader
from benchmarks.reader.swaps import Swaps
from benchmarks.reader.texts import OWN, OWN_KEPT, READ_IN, XQUAD, Asking, Span, Text, everything, own_texts, squad
from benchmarks.reader.train import PUBLIC, SHARES, batches_of_pass, begun_from, held_out, loss_of, one_pass, tensors
from bot.answers.reader import OnnxReader
from bot.answers.windows import window_around
from bot.evaluation.cases import Situation
from bot.settings import LANGUAGES, Settings
from corpus.reader import read_corpus
from index.pieces import PAD, pieces_of
from index.weights import packaged_weights

CPU = torch.device("cpu")
SENTENCES = (
    "The bridge of Valdoro opens on 3 May 2031.",
    "It costs 40 million euros.",
    "Livia Serra designed the bridge.",
    "The gallery beside it stays closed for two years.",
    *(f"Room {n} of the town hall is painted in another colour." for n in range(20)),
)
TEXT = Text("The bridge", "en", "bridge", SENTENCES, (0, 0, 0, 1, *[2] * 20))
DESIGNER = Asking({"en": "Who designed it?", "it": "Chi?"}, TEXT, frozenset({2}), Span(2, 0, 11), "own")
OPENING = Asking({"en": "When does it open?"}, TEXT, frozenset({0, 3}), Span(0, 31, 41), "own")
UNSTATED = Asking({"en": "Who painted it?"}, TEXT, frozenset(), None, "own")
CONTEXT = "Anna  lives in Rome. She is 40 years old. She has a dog and a cat."


def made(asking: Asking, passes: int = 40) -> Iterator[Example]:
    """The examples of one question in as many passes."""
    for seed in range(passes):
        for reading in examples(asking, random.Random(seed)):  # noqa: S311  # nothing secret
            yield from reading


def answer_of(example: Example) -> str:
    """What the tokens of the answer say, in the vocabulary's writing."""
    assert example.span is not None
    first, last = example.span
    pieces = packaged_weights().pieces
    return "".join(pieces[number] for number in example.window.ids[first : last + 1]).replace("\u2581", " ").strip()


def paragraph(context: str, *questions: tuple[str, str, str]) -> dict[str, Any]:
    """A paragraph of a SQuAD file; a question is its id, its words and its answer."""
    return {
        "context": context,
        "qas": [
            {"id": key, "question": question, "answers": [{"text": answer, "answer_start": context.index(answer)}]}
            for key, question, answer in questions
        ],
    }


def squad_file(path: Path, articles: Mapping[str, Sequence[dict[str, Any]]]) -> Path:
    """A SQuAD file of these articles, by title."""
    data = [{"title": title, "paragraphs": list(paragraphs)} for title, paragraphs in articles.items()]
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return path


@pytest.mark.parametrize("asking", [DESIGNER, OPENING, UNSTATED], ids=["one sentence", "two", "not stated"])
def test_right_places_are_those_that_answer(asking: Asking) -> None:
    """Of every window exactly the sentences that state the answer are right."""
    for example in made(asking):
        right = {example.window.sentences[place] for place in example.right}
        assert right == asking.right & set(example.window.sentences)


@pytest.mark.parametrize(("asking", "answer"), [(DESIGNER, "Livia Serra"), (OPENING, "3 May 2031")])
def test_answer_tokens_are_the_words_of_the_answer(asking: Asking, answer: str) -> None:
    """The tokens pointed at are the answer's, and each that a window with the answer's sentence has them."""
    assert asking.answer is not None
    pointed = [example for example in made(asking) if example.span is not None]
    assert {answer_of(example) for example in pointed} == {answer}
    for example in made(asking):
        assert (example.span is not None) == (asking.answer.sentence in example.window.sentences)


def test_near_misses_lack_every_right_sentence() -> None:
    """Some windows stand where the answer was, with its sentences taken out and those around them kept."""
    near = [example for example in made(OPENING) if {1, 2} <= set(example.window.sentences) and not example.right]
    assert near
    assert all(example.span is None and not {0, 3} & set(example.window.sentences) for example in near)


def test_examples_with_and_without_an_answer() -> None:
    """A question with an answer comes with windows of both kinds, one without only with such as lack it."""
    assert {bool(example.right) for example in made(DESIGNER)} == {True, False}
    assert {bool(example.right) for example in made(UNSTATED)} == {False}


def test_a_text_that_is_all_answer() -> None:
    """Where every sentence answers there is no window without, and where there is no sentence there is none at all."""
    short = replace(TEXT, sentences=SENTENCES[:1], paragraphs=(0,))
    assert all(example.right == (0,) for example in made(Asking({"en": "When?"}, short, frozenset({0}), None, "own")))
    bare = replace(TEXT, sentences=(), paragraphs=())
    assert list(made(Asking({"en": "When?"}, bare, frozenset(), None, "own"))) == []


def test_windows_keep_their_budget() -> None:
    """No window has more of the text than the largest budget."""
    for example in made(OPENING):
        places = example.window.places
        assert sum(end - start for start, end in places) <= BUDGETS[1]


def test_questions_come_in_their_languages() -> None:
    """A question that exists in several languages is put in each of them."""
    start = 1 + len(pieces_of("query:").ids)
    for question in DESIGNER.questions.values():
        ids = pieces_of(question).ids
        assert any(example.window.ids[start : start + len(ids)] == ids for example in made(DESIGNER))


def test_batches_hold_every_example_once() -> None:
    """A pass puts every example into one batch, next to those read with it and others alike in length."""
    askings = [DESIGNER, OPENING, UNSTATED] * 10
    packed = batches(askings, tokens=1000, seed=3)
    assert packed == batches(askings, tokens=1000, seed=3)
    for batch in packed:
        longest: dict[int, int] = {}
        for example in batch:
            longest[example.reading] = max(longest.get(example.reading, 0), len(example.window.ids))
        assert max(longest.values()) - min(longest.values()) < 16
    everywhere = [(example.reading, number) for number, batch in enumerate(packed) for example in batch]
    assert len(set(everywhere)) == len(dict(everywhere))
    chance = random.Random(3)  # noqa: S311  # nothing secret
    expected = [example for asking in askings for reading in examples(asking, chance) for example in reading]
    packed_ = [replace(example, reading=0) for batch in packed for example in batch]
    assert sorted(map(repr, expected)) == sorted(map(repr, packed_))


def test_questions_of_a_public_file(tmp_path: Path) -> None:
    """Each question of a SQuAD file has the sentence of its answer and the answer's place in it."""
    path = squad_file(
        tmp_path / "squad_it.json",
        {"A_town": [paragraph("Nothing. Here."), paragraph(CONTEXT, ("q1", "How  old?", "40"))]},
    )
    [asking] = squad(path, "en", {"q1": "Town"}, {"q1": {"de": "Wie alt?"}})
    assert asking.questions == {"de": "Wie alt?", "en": "How old?"}
    assert (asking.text.title, asking.text.group, asking.source) == ("A town", "Town", "squad_it")
    [number] = asking.right
    assert asking.text.sentences[number] == "She is 40 years old."
    assert asking.text.paragraphs == (0, 0, 1, 1, 1)
    assert asking.answer is not None
    assert asking.answer.sentence == number
    assert asking.text.sentences[number][asking.answer.start : asking.answer.end] == "40"


def test_an_answer_over_two_sentences(tmp_path: Path) -> None:
    """All sentences that an answer overlaps are right, and its place is the part in the first of them."""
    path = squad_file(tmp_path / "x.json", {"T": [paragraph(CONTEXT, ("q", "Who?", "years old. She has a dog"))]})
    [asking] = squad(path, "en", {}, {})
    assert {asking.text.sentences[number] for number in asking.right} == {
        "She is 40 years old.",
        "She has a dog and a cat.",
    }
    assert asking.answer is not None
    assert asking.text.sentences[asking.answer.sentence][asking.answer.start : asking.answer.end] == "years old."


def test_a_place_that_cleaning_moved_is_not_pointed_at(tmp_path: Path) -> None:
    """Where a sentence was cleaned and the answer stands elsewhere in it now, the sentence alone is learned."""
    path = squad_file(tmp_path / "x.json", {"T": [paragraph(CONTEXT, ("q", "Where?", "Rome"), ("r", "Who?", "Anna"))]})
    where, who = squad(path, "en", {}, {})
    assert where.text.sentences[0] == "Anna lives in Rome."
    assert (where.right, where.answer) == (frozenset({0}), None)
    assert who.answer == Span(0, 0, 4)


def test_our_own_announcements(tmp_path: Path) -> None:
    """Each question of ours has its sentences, counted through the article, and its answer's place; or none of both."""
    record = {
        "language": "en",
        "title": "The bridge",
        "paragraphs": [list(SENTENCES[:2]), list(SENTENCES[2:4])],
        "questions": [{"q": "Wer?", "lang": "de", "s": [1, 2], "a": "Livia Serra"}, {"q": "Why?", "s": []}],
    }
    path = tmp_path / "invented" / "en.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    stated, unstated = own_texts(path)
    assert (dict(stated.questions), stated.right, stated.answer) == ({"de": "Wer?"}, frozenset({1, 2}), Span(2, 0, 11))
    assert (dict(unstated.questions), unstated.right, unstated.answer) == ({"en": "Why?"}, frozenset(), None)
    assert stated.text is unstated.text
    assert (stated.source, stated.text.group, stated.text.paragraphs) == ("invented", "invented en 0", (0, 0, 1, 1))


@pytest.fixture
def askings(tmp_path: Path) -> list[Asking]:
    """All that is learned from, of nine articles in the public files and forty of our own."""
    titles = [f"Article {n}" for n in range(6)]
    for language in XQUAD:
        squad_file(
            tmp_path / f"xquad.{language}.json",
            {
                f"{title} {language}" if language != "en" else title: [paragraph(CONTEXT, (f"q{n}", "Who?", "Anna"))]
                for n, title in enumerate(titles)
            },
        )
    squad_file(
        tmp_path / "squad_it.json", {f"Articolo {n}": [paragraph(CONTEXT, (f"q{n}", "Chi?", "Anna"))] for n in range(6)}
    )
    squad_file(
        tmp_path / "cmrc2018.zh.json", {f"z{n}": [paragraph(CONTEXT, (f"z{n}", "谁?", "Anna"))] for n in range(3)}
    )
    own = tmp_path / "own"
    record = {
        "language": "de",
        "title": "T",
        "paragraphs": [["Anna lives."]],
        "questions": [{"q": "Wer?", "s": [0], "a": "Anna"}],
    }
    for folder in OWN:
        (own / folder).mkdir(parents=True)
        (own / folder / "de.jsonl").write_text((json.dumps(record) + "\n") * 20, encoding="utf-8")
    return everything(tmp_path, own)


def test_everything_is_learned_from(askings: list[Asking]) -> None:
    """Every public file that is read, and our own, with a question in all the languages that it exists in."""
    assert {asking.source for asking in askings} == {
        *(f"xquad.{language}" for language in READ_IN),
        "squad_it",
        "cmrc2018.zh",
        *OWN,
    }
    german = next(asking for asking in askings if asking.source == "xquad.de")
    assert set(german.questions) == set(XQUAD)


def test_an_article_has_one_name_in_every_language(askings: list[Asking]) -> None:
    """The same article in another language, also where another data set has it, is of the same group."""
    public = [asking for asking in askings if asking.source not in {"cmrc2018.zh", *OWN}]
    assert {asking.text.group for asking in public} == {f"Article {n}" for n in range(6)}


@pytest.mark.parametrize("every", [2, 3])
def test_what_is_held_out_is_never_learned_from(askings: list[Asking], every: int) -> None:
    """Articles are split, not questions: none that is measured on is trained on, in no language and of no source."""
    training, measured = held_out(askings, every)
    assert len(training) + len(measured) == len(askings)
    learned, kept = ({asking.text.group for asking in part} for part in (training, measured))
    assert learned
    assert not learned & kept
    assert {*OWN, "squad_it", *(f"xquad.{language}" for language in READ_IN)} == {a.source for a in measured}
    assert held_out(askings, 0) == (askings, [])


def test_tensors_of_a_batch() -> None:
    """Windows of several lengths share one shape: embeddings, presence, membership, right places, the answer or -1."""
    batch = [replace(next(made(DESIGNER)), reading=7), replace(next(made(UNSTATED)), reading=3)]
    embedded, present, membership, right, spans, readings = tensors(batch, CPU)
    most, width = max(len(example.window.places) for example in batch), packaged_weights().width
    tokens = embedded.shape[1]
    assert tokens % 16 == 0
    assert (embedded.shape, present.shape) == ((2, tokens, width), (2, tokens))
    assert readings.tolist() == [1, 0]
    assert (membership.shape, right.shape, spans.shape) == ((2, most, tokens), (2, most), (2, 2))
    padding = torch.from_numpy(packaged_weights().embeddings(np.array([PAD])))[0]
    for row, example in enumerate(batch):
        assert present[row].sum() == len(example.window.ids)
        assert torch.equal(embedded[row, -1], padding) or len(example.window.ids) == tokens
        assert [int(count) for count in membership[row].sum(1)][: len(example.window.places)] == [
            end - start for start, end in example.window.places
        ]
        assert tuple(right[row].nonzero()[:, 0].tolist()) == example.right
        assert tuple(spans[row].tolist()) == (example.span or (-1, -1))


def test_the_loss_by_hand() -> None:
    """Over sentences and "none of them" it is the log-loss, over tokens that of the first and last, where known."""
    log_odds = torch.log(torch.tensor([[2.0, 3.0], [1.0, 1.0]]))
    right = torch.tensor([[False, True], [False, False]])
    starts = torch.log(torch.tensor([[1.0, 3.0], [1.0, 9.0]]))
    ends = torch.log(torch.tensor([[1.0, 3.0], [1.0, 9.0]]))
    listwise, pointing = loss_of(log_odds, starts, ends, right, torch.tensor([[0, 1], [-1, -1]]), torch.tensor([0, 1]))
    assert listwise.item() == pytest.approx((math.log(6 / 3) + math.log(3 / 1)) / 2)
    assert pointing.item() == pytest.approx((math.log(4 / 1) + math.log(4 / 3)) / 2)


def test_several_right_sentences_share_the_loss() -> None:
    """Where several sentences answer, it is enough that one of them is likely."""
    log_odds, right = torch.log(torch.tensor([[2.0, 3.0, 4.0]])), torch.tensor([[True, False, True]])
    nowhere = torch.tensor([[-1, -1]])
    listwise, pointing = loss_of(log_odds, torch.zeros(1, 4), torch.zeros(1, 4), right, nowhere, torch.tensor([0]))
    assert listwise.item() == pytest.approx(math.log(10 / 6))
    assert pointing.item() == 0


def test_windows_of_one_question_are_weighed_together() -> None:
    """A sentence must be likelier than those of the other windows that are read for its question."""
    log_odds, right = torch.log(torch.tensor([[2.0, 3.0], [4.0, 5.0]])), torch.tensor([[True, False], [False, False]])
    zeros, nowhere = torch.zeros(2, 4), torch.tensor([[-1, -1], [-1, -1]])
    listwise, _ = loss_of(log_odds, zeros, zeros, right, nowhere, torch.tensor([0, 0]))
    assert listwise.item() == pytest.approx(math.log(15 / 2))


@pytest.fixture(scope="module")
def small() -> Reader:
    """The network with one layer of the twelve."""
    torch.manual_seed(0)
    return Reader(replace(packaged_weights(), layers=1)).eval()


@torch.no_grad()
def test_padding_changes_nothing(small: Reader) -> None:
    """A window has the same scores whatever is beside it in a batch, and places that hold nothing have none."""
    short, long = sorted(made(UNSTATED), key=lambda example: len(example.window.ids))[:: len(list(made(UNSTATED))) - 1]
    embedded, present, membership, *_ = tensors([short, long], CPU)
    together = small(embedded, present, membership)
    tokens, sentences = len(short.window.ids), len(short.window.places)
    alone = small(embedded[:1, :tokens], present[:1, :tokens], membership[:1, :sentences, :tokens])
    for one, both, size in zip(alone, together, (sentences, tokens, tokens), strict=True):
        torch.testing.assert_close(both[0, :size], one[0], atol=1e-4, rtol=1e-4)
        assert (both[0, size:] < -1000).all()


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")  # within torch, as is the next
@pytest.mark.filterwarnings("ignore:.*axis name.*:UserWarning")
def test_what_is_exported_is_the_network(small: Reader, tmp_path: Path) -> None:
    """The file that the bot reads gives the network's scores: of its weights in 8 bits, with all sums in 32."""
    plain, packed = tmp_path / "plain.onnx", tmp_path / "packed.onnx"
    export(small, plain)
    quantise(plain, packed)
    assert packed.stat().st_size < plain.stat().st_size / 2
    rounded = copy.deepcopy(small)
    rounded.load_state_dict(begun_from(packed))
    for asked, centre in (("Who designed the bridge?", 2), ("Quale colore ha la sala 17?", 20)):
        window = window_around(asked, TEXT.title, TEXT.sentences, centre)
        embedded, present, membership, *_ = tensors([Example(window, (), None)], CPU)
        for path, network in ((plain, small), (packed, rounded)):
            scores = network(embedded, present, membership)[0][0]
            read = OnnxReader(path).read(asked, TEXT.title, TEXT.sentences, centre)
            assert set(read) == set(window.sentences)
            found = [read[number].states for number in window.sentences]
            np.testing.assert_allclose(found, scores[: len(found)].numpy(), atol=1e-4)


@pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")  # within torch, as is the next
@pytest.mark.filterwarnings("ignore:.*axis name.*:UserWarning")
def test_training_goes_on_from_weights_and_from_the_file_that_ships(small: Reader, tmp_path: Path) -> None:
    """All weights come back from a training's own file exactly, from the exported one within a step of 8 bits."""
    kept, plain, packed = tmp_path / "kept.pt", tmp_path / "plain.onnx", tmp_path / "packed.onnx"
    torch.save(small.state_dict(), kept)
    export(small, plain)
    quantise(plain, packed)
    for path, steps in ((kept, 0), (packed, 1)):
        found = begun_from(path)
        assert set(found) == set(small.state_dict())
        for name, weights in small.state_dict().items():
            step = weights.abs().max() / 127 * steps
            assert float((found[name] - weights).abs().max()) <= step, name


RECORDS = [
    (f"{folder} {path.stem} {number}", json.loads(line))
    for folder in OWN
    for path in sorted((INVENTED.parent / folder).glob("*.jsonl"))
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
]


def test_a_pass_takes_each_source_by_its_share() -> None:
    """A question is put as often as its source's share says, the broken part by chance; one seed gives one pass."""
    shares = {**SHARES, "xquad.en": PUBLIC}
    askings = [replace(OPENING, source=source) for source in shares for _ in range(400)]
    put = Counter(asking.source for asking in one_pass(askings, random.Random(1)))  # noqa: S311  # nothing secret
    for source, share in shares.items():
        assert abs(put[source] - 400 * share) < 60
    swaps = Swaps([DESIGNER])
    made = [example for batch in batches_of_pass(askings, 2000, 1, swaps) for example in batch]
    again = [example for batch in batches_of_pass(askings, 2000, 1, swaps) for example in batch]
    assert len(made) > put.total()
    assert made == again


def test_our_texts_are_well_formed() -> None:
    """Every text of ours has a title and sentences; a question names sentences of it, and words of one."""
    for name, record in RECORDS:
        assert record["language"] in LANGUAGES, name
        assert record["title"], name
        sentences = [sentence for paragraph in record["paragraphs"] for sentence in paragraph]
        assert all(sentences), name
        for entry in record["questions"]:
            assert entry.keys() <= {"q", "lang", "s", "a"}, name
            assert entry.get("lang", record["language"]) in LANGUAGES, name
            assert entry["q"].strip(), name
            assert all(0 <= place < len(sentences) for place in entry["s"]), (name, entry["q"])
            assert ("a" in entry) == bool(entry["s"]), (name, entry["q"])
            if entry["s"]:
                assert entry["a"].strip(), (name, entry["q"])
                assert any(entry["a"] in sentences[place] for place in entry["s"]), (name, entry["q"])


@pytest.mark.parametrize("folder", OWN_FOLDERS, ids=lambda folder: folder.name)
def test_our_announcements_come_in_every_language(folder: Path) -> None:
    """They are written and asked about in all six languages, and a third to a half of the questions is not stated."""
    records = [record for name, record in RECORDS if name.startswith(f"{folder.name} ")]
    assert {record["language"] for record in records} == set(LANGUAGES)
    asked = {entry.get("lang", record["language"]) for record in records for entry in record["questions"]}
    assert asked == set(LANGUAGES)
    stated = [bool(entry["s"]) for record in records for entry in record["questions"]]
    assert 0.4 < sum(stated) / len(stated) < 0.7


@pytest.mark.parametrize("folder", OWN_FOLDERS, ids=lambda folder: folder.name)
def test_announcements_as_cases(folder: Path) -> None:
    """A stated question is put to the announcement and to it without its sentences, another one only to the whole."""
    found = list(invented_cases(folder))
    for case in found:
        texts = {sentence.id: sentence.text for sentence in case.article.original.sentences}
        assert case.right <= texts.keys()
        assert bool(case.right) == (case.situation is Situation.STATED)
        assert not case.right or any(case.gold in texts[right] for right in case.right)
    stated, near, other = (
        [case.question for case in found if case.situation is situation]
        for situation in (Situation.STATED, Situation.NEAR_MISS, Situation.NOT_STATED)
    )
    assert stated == near
    invented = (record for name, record in RECORDS if name.startswith(f"{folder.name} "))
    assert len(stated) + len(other) == sum(len(record["questions"]) for record in invented)


def test_cases_of_announcements_that_were_not_learned_from() -> None:
    """The announcements that the gate is trained on with a reader are those that its training kept apart."""
    paths = sorted(path for folder in OWN_FOLDERS for path in folder.glob("*.jsonl"))
    training, measured = held_out([asking for path in paths for asking in own_texts(path)], 3)
    fresh = {case.group for case in invented(OWN_KEPT * 3, first=1)}
    assert fresh == {asking.text.group for asking in measured}
    assert not fresh & {asking.text.group for asking in training}


def test_questions_about_the_announcement_as_cases() -> None:
    """Our questions about the shipped announcement name sentences of it, and where one is stated, so is its gap."""
    (shipped,) = read_corpus([Settings().shipped_articles])
    found = list(announcement_cases(INVENTED.parent / "announcement.jsonl", shipped))
    assert {case.language for case in found} == set(LANGUAGES)
    for case in found:
        for edition in case.article.editions:
            ids = {sentence.id for sentence in edition.sentences}
            assert case.right <= ids
            assert (len(ids) < len(shipped.original.sentences)) == (case.situation is Situation.NEAR_MISS)
    stated, near = (
        [case.question for case in found if case.situation is situation]
        for situation in (Situation.STATED, Situation.NEAR_MISS)
    )
    assert stated == near
