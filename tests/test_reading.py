"""The reader over the packaged file: what any version of it must do, however well it was trained."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.answers.reader import LONGEST_ANSWER, OnnxReader, Read, packaged_reader
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


def read(reader: OnnxReader, question: str, centre: int) -> Mapping[int, Read]:
    """What it says of `SENTENCES`."""
    return reader.read(question, TITLE, SENTENCES, centre)


def test_a_sentence_is_read_with_what_is_around_it(reader: OnnxReader) -> None:
    """The sentence in doubt is read, and its neighbours come with it; what is far from it does not."""
    assert {19, 20, 21} <= set(read(reader, QUESTIONS[0], 20)) < set(range(10, 30))


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_lie_inside_their_sentence(reader: OnnxReader, question: str) -> None:
    """Of every sentence the best answer is some of its characters, no longer than an answer may be."""
    for centre in (0, 15, 34):
        for number, found in read(reader, question, centre).items():
            assert 0 <= found.start < found.end <= len(SENTENCES[number])
            assert len(pieces_of(SENTENCES[number][found.start : found.end]).ids) <= LONGEST_ANSWER + 2


def test_an_answer_stated_word_for_word(reader: OnnxReader) -> None:
    """A sentence that says in the question's words what is asked for is likelier than one about something else."""
    found = read(reader, QUESTIONS[0], 0)
    assert found[0].states > max(found[number].states for number in (3, 4))
    assert "2031" in SENTENCES[0][found[0].start : found[0].end]


def test_a_sentence_of_nothing_is_not_read(reader: OnnxReader) -> None:
    """A sentence without a token has no answer; those around it are read all the same."""
    assert set(reader.read(QUESTIONS[0], TITLE, ["", *SENTENCES[:2], " "], 0)) == {1, 2}
    assert reader.read(QUESTIONS[0], TITLE, [""], 0) == {}


@pytest.mark.parametrize("question", ["", "?", "when " * 300, "\ud800\0", "متى يفتح الجسر؟"], ids=ascii)
def test_any_question_can_be_read(reader: OnnxReader, question: str) -> None:
    """No question and no sentence is an error, however odd or long it is."""
    sentences = ["x" * 4000, "\ud800", "\U0001f9ff" * 300, SENTENCES[0]]
    for centre in range(len(sentences)):
        found = reader.read(question, "", sentences, centre)
        assert centre in found
        assert all(0 <= r.start < r.end <= len(sentences[number]) for number, r in found.items())


def test_threads_share_the_reader(reader: OnnxReader) -> None:
    """Several threads at once are given what one is given."""
    one = [read(reader, question, 20) for question in QUESTIONS]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda question: read(reader, question, 20), QUESTIONS * 3)) == one * 3


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    """A reader's file that is missing or damaged is one line, which names the setting, the file and the way out."""
    path = tmp_path / "reader.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"^READER: reader\.onnx cannot be read .* off.* anew$"):
        OnnxReader(path)
