"""The reader over the packaged file: what any version of it must do, however well it was trained."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.answers.reader import LONGEST_ANSWER, OnnxReader, Read, packaged_reader
from bot.answers.windows import WINDOWS
from index.errors import EncoderError
from index.pieces import pieces_of

TITLE = "The bridge of Valdoro"
SENTENCES = [
    "The bridge of Valdoro opens on 3 May 2031.",
    "It costs 40 million euros.",
    "Livia Serra designed the bridge.",
    "The gallery beside it stays closed for two years.",
    *(f"Room {n} of the town hall is painted in another colour, which nobody had asked for." for n in range(30)),
    "全长三公里的大桥将于五月开放。",
]
QUESTIONS = ("When does the bridge of Valdoro open?", "Chi ha disegnato il ponte?", "大桥有多长？")


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    """The reader that comes with the bot."""
    return packaged_reader()


def read(reader: OnnxReader, question: str, wanted: Sequence[int]) -> Mapping[int, Read]:
    """What it says of `SENTENCES`."""
    return reader.read(question, TITLE, SENTENCES, wanted)


def test_the_wanted_are_read_with_what_is_around_them(reader: OnnxReader) -> None:
    """All wanted sentences are read, and their neighbours come with them; what is far from all of them does not."""
    found = read(reader, QUESTIONS[0], [0, 20])
    assert {0, 1, 19, 20, 21} <= set(found) < set(range(len(SENTENCES)))


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_lie_inside_their_sentence(reader: OnnxReader, question: str) -> None:
    """Of every sentence the best answer is some of its characters, no longer than an answer may be."""
    for number, found in read(reader, question, [0, 15, 34]).items():
        assert 0 <= found.start < found.end <= len(SENTENCES[number])
        assert len(pieces_of(SENTENCES[number][found.start : found.end]).ids) <= LONGEST_ANSWER + 2


@pytest.mark.parametrize("question", QUESTIONS)
def test_windows_do_not_change_each_other(reader: OnnxReader, question: str) -> None:
    """A sentence has the scores that it has alone, whatever else is read for the same question."""
    alone, beside = read(reader, question, [0]), read(reader, question, [0, 20, 34])
    assert {number: beside[number] for number in alone} == alone
    assert len(beside) > len(alone)


def test_what_is_read_twice_counts_once(reader: OnnxReader) -> None:
    """Of a sentence that stands in two windows the better reading counts."""
    one = read(reader, QUESTIONS[0], [6])
    beside = max(one) + 1
    other, both = read(reader, QUESTIONS[0], [beside]), read(reader, QUESTIONS[0], [6, beside])
    shared = one.keys() & other.keys()
    assert shared
    for number in shared:
        assert both[number].states == max(one[number].states, other[number].states)


def test_an_answer_stated_word_for_word(reader: OnnxReader) -> None:
    """A sentence that says in the question's words what is asked for is likelier than one about something else."""
    found = read(reader, QUESTIONS[0], [0])
    assert found[0].states > max(found[number].states for number in (3, 4))
    assert "2031" in SENTENCES[0][found[0].start : found[0].end]


def test_nothing_to_read(reader: OnnxReader) -> None:
    """Without sentences, or with none that is wanted, there is nothing to say, and that is no error."""
    assert reader.read(QUESTIONS[0], TITLE, [], []) == {}
    assert read(reader, QUESTIONS[0], []) == {}


def test_a_sentence_of_nothing_is_not_read(reader: OnnxReader) -> None:
    """A sentence without a token has no answer; those around it are read all the same."""
    assert set(reader.read(QUESTIONS[0], TITLE, ["", *SENTENCES[:2], " "], [0, 3])) == {1, 2}
    assert reader.read(QUESTIONS[0], TITLE, [""], [0]) == {}


@pytest.mark.parametrize("question", ["", "?", "when " * 300, "\ud800\0", "متى يفتح الجسر؟"], ids=ascii)
def test_any_question_can_be_read(reader: OnnxReader, question: str) -> None:
    """No question and no sentence is an error, however odd or long it is."""
    sentences = ["x" * 4000, "\ud800", "\U0001f9ff" * 300, SENTENCES[0]]
    found = reader.read(question, "", sentences, [0, 1, 2, 3])
    assert set(found) == {0, 1, 2, 3}
    assert all(0 <= r.start < r.end <= len(sentences[number]) for number, r in found.items())


def test_what_is_read_has_a_limit(reader: OnnxReader) -> None:
    """However much is wanted, only a few windows are read."""
    apart = [f"{SENTENCES[0]} {'again and again ' * 40}"] * (WINDOWS + 3)
    assert set(reader.read(QUESTIONS[0], TITLE, apart, range(len(apart)))) == set(range(WINDOWS))


def test_threads_share_the_reader(reader: OnnxReader) -> None:
    """Several threads at once are given what one is given."""
    one = [read(reader, question, [0, 20]) for question in QUESTIONS]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda question: read(reader, question, [0, 20]), QUESTIONS * 3)) == one * 3


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    """A reader's file that is missing or damaged is one line, which names the setting, the file and the way out."""
    path = tmp_path / "reader.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"^READER: reader\.onnx cannot be read .* off.* anew$"):
        OnnxReader(path)
