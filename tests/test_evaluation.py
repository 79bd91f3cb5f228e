"""`annuncio eval`, whole: small files, an encoder that can be computed in the head, and the answerer of the bot."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.answers.answering import Answer, Outcome, Proof, Refusal, Status
from bot.answers.library import throwaway_library
from bot.answers.opening import answerer_over
from bot.answers.polarity import Polarity
from bot.answers.smalltalk import Smalltalk
from bot.cli import main
from bot.errors import QuestionsError
from bot.evaluation.cases import Situation, articles_in, cases
from bot.evaluation.command import DEFAULT_PAIRS, Wanted
from bot.evaluation.own import OwnQuestion, Verdict, is_right, judge, own_record, read_own
from bot.evaluation.questions import read_questions
from bot.evaluation.remembering import RememberingEncoder
from bot.evaluation.trials import Examination
from bot.settings import FIELDS, LANGUAGES, Settings
from corpus.model import Article
from corpus.reader import read_corpus, write_edition
from index.store import Unit
from tests.aligned import WORDS, aligned, write_aligned
from tests.articles import article, edition
from tests.encoders import WordEncoder
from tests.test_composing import ENGLISH

OWN = Path(__file__).parents[1] / "benchmarks" / "questions" / "announcement.eval.jsonl"
TRAINED = OWN.with_name("announcement.jsonl")
PAIR = {"question", "edition", "n", "sentences", "first", "three", "gold_in_first", "gold_in_three", "headline"}
PAIR |= {"against", "shipped", "calibration", "language", "seconds", "together", "baseline"}


@dataclass(frozen=True, slots=True)
class Ran:
    """What the command left behind."""

    code: object
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run `annuncio eval` in an empty folder, without settings, over the encoder of words."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b""), encoding="utf-8"))
    monkeypatch.setattr("bot.answers.opening.load_encoder", lambda *_: WordEncoder(*WORDS))

    def run_one(*arguments: str | Path) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(["eval", *map(str, arguments)])
        return Ran(ended.value.code, *capsys.readouterr())

    yield run_one
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def qa(tmp_path: Path) -> Path:
    """The small aligned file."""
    return write_aligned(tmp_path / "qa.json")


@pytest.fixture
def own(tmp_path: Path) -> tuple[str, ...]:
    """The options for questions about a corpus of one article."""
    write_edition(edition("depot", "en", [["Anna opens a red depot in May 2026.", "It is big."]]), tmp_path / "mine")
    lines = [
        {"question": "When does Anna open the red depot?", "lang": "en", "expect": "may 2026"},
        {"question": "What is the price of the milk?", "lang": "en", "expect": "not stated"},
        {"question": "ciao", "lang": "it", "expect": "off topic"},
        {"question": "grazie", "lang": "it", "expect": "2026"},
    ]
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    return "--questions", str(path), "--articles", "mine", "--data-dir", "data"


def without_times(record: Any) -> Any:
    """A record less what no two runs have in common."""
    if isinstance(record, dict):
        return {name: without_times(value) for name, value in record.items() if name != "seconds"}
    return [without_times(value) for value in record] if isinstance(record, list) else record


def test_questions_with_known_answers(run: Run, qa: Path) -> None:
    """Each pair has all its figures, with the number of questions; what can be found by its words is first."""
    ran = run("--qa", qa, "--pairs", "en/en,en/it", "--json")
    assert ran.code == 0
    assert ran.err.splitlines()[0].startswith("9 questions (en/en 5, en/it 4), each put to its article, ")
    part = json.loads(ran.out)["qa"]
    assert part["command"] == "annuncio eval --qa qa.json --pairs en/en,en/it"
    assert set(part["machine"]) == {"processor", "cores", "python"}
    english, across = part["pairs"]
    assert set(english) == PAIR
    assert (english["question"], english["edition"], english["n"], english["sentences"]) == ("en", "en", 5, 4)
    assert (across["question"], across["edition"], across["n"]) == ("en", "it", 4)
    assert english["first"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 5}
    assert english["gold_in_first"]["value"] == 1
    assert set(english["against"]) == {"other article", "paragraph missing", "near miss"}
    for against in english["against"].values():
        assert set(against) == {"auroc", "aurc", "answered_at", "rightly_at", "curve"}
        assert set(against["answered_at"]) == {"0.05", "0.1"}
        assert against["curve"][-1][0] == 1
    assert set(english["shipped"]) == {"answered", "rightly", "false"}
    assert sum(one["n"] for one in english["calibration"]["bins"]) == 3 * 5
    assert english["headline"]["who"]["given"]["n"] == 1
    assert english["headline"]["when"]["given"]["n"] == 1
    assert 0 < english["seconds"]["median"] <= english["seconds"]["p95"]
    assert english["baseline"]["first"]["value"] == 1
    assert english["together"]["first"]["n"] == 5


def test_the_same_questions_give_the_same_figures(run: Run, qa: Path) -> None:
    """Only times differ from run to run, also where questions are drawn; fewer are put then, and that is said."""
    first, again = (run("--qa", qa, "--pairs", "en/en", "--sample", "3", "--json") for _ in range(2))
    assert first.err.startswith("3 questions (en/en 3)")
    record = json.loads(first.out)
    assert record["qa"]["pairs"][0]["n"] == 3
    assert without_times(record) == without_times(json.loads(again.out))


def test_a_single_article_has_no_other(run: Run, tmp_path: Path) -> None:
    """Where no other article is there to be asked, those figures are left out and the others stand."""
    record = aligned()
    del record["articles"][1]
    ran = run("--qa", write_aligned(tmp_path / "one.json", record), "--pairs", "en/en")
    assert ran.code == 0
    assert "| en / en | other article |" not in ran.out
    assert "| en / en | 3 | 100.0 % (100.0 to 100.0) |" in ran.out


def test_an_article_of_one_paragraph(run: Run, tmp_path: Path) -> None:
    """Without its only paragraph an article has nothing to say, and the question is refused."""
    record = aligned()
    for entry in record["articles"]:
        del entry["paragraphs"][1]
    ran = run("--qa", write_aligned(tmp_path / "short.json", record), "--pairs", "en/en", "--json")
    (pair,) = json.loads(ran.out)["qa"]["pairs"]
    assert pair["shipped"]["false"]["paragraph missing"]["value"] == 0


def test_own_questions(run: Run, own: tuple[str, ...]) -> None:
    """Per language: what is answered and refused as expected, and with -v each that is not."""
    ran = run(*own, "--json")
    assert ran.code == 0
    part = json.loads(ran.out)["announcement"]
    assert part["n"] == 4
    assert part["languages"]["it"]["off topic"]["off topic"] == 1
    assert part["languages"]["it"]["stated"]["off topic"] == 1
    assert part["languages"]["en"]["stated"]["n"] == part["languages"]["en"]["not stated"]["n"] == 1
    assert {"question": "grazie", "lang": "it", "expect": "2026", "status": "smalltalk", "said": ""} in part["wrong"]
    told = run(*own, "-v").out
    assert "- it: grazie (expected: 2026) -> smalltalk" in told
    assert "(expected:" not in run(*own).out


def test_the_report(run: Run, qa: Path, own: tuple[str, ...], tmp_path: Path) -> None:
    """Tables, figures and pictures are written; a part that is not measured again stays as it was."""
    folder = tmp_path / "docs" / "evaluation"
    printed = run("--qa", qa, "--pairs", "en/en,it/it", "--report", folder).out
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert printed.strip() in text
    assert run(*own, "--report", folder).code == 0
    both = (folder / "README.md").read_text(encoding="utf-8")
    assert printed.strip() in both
    assert "## Questions about the announcement" in both
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        "qa.json",
        "announcement.json",
        "risk-coverage.png",
        "risk-coverage.svg",
        "reliability.png",
        "reliability.svg",
    }
    assert [link for link in re.findall(r"\]\(([^)]+)\)", both) if not (folder / link).exists()] == []


def test_the_pictures_are_the_same_each_time(run: Run, qa: Path, tmp_path: Path) -> None:
    """The same figures make the same files, byte by byte."""
    made = []
    for name in ("one", "two"):
        run("--qa", qa, "--pairs", "en/en", "--report", tmp_path / name)
        made.append({path.name: path.read_bytes() for path in (tmp_path / name).glob("r*.*g")})
    assert len(made[0]) == 4
    assert made[0] == made[1]


def test_figures_that_are_none(run: Run, own: tuple[str, ...], tmp_path: Path) -> None:
    """A report that holds something else in the place of figures is said, not overwritten."""
    for content, said in (("{}", "holds figures of another version"), ("[]", "holds no figures"), ("{", "is no JSON")):
        (tmp_path / "qa.json").write_text(content, encoding="utf-8")
        ran = run(*own, "--report", tmp_path)
        assert ran.code == 1
        assert said in ran.err.splitlines()[-1]


def test_embeddings_are_kept(run: Run, qa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --cache a second run embeds no passage, and says the same."""
    encoder = WordEncoder(*WORDS)
    monkeypatch.setattr("bot.answers.opening.load_encoder", lambda *_: encoder)
    kept = tmp_path / "kept.vectors"
    first = run("--qa", qa, "--pairs", "en/en", "--cache", kept, "--json")
    assert encoder.embedded
    assert len(set(encoder.embedded)) == len(encoder.embedded)
    encoder.embedded.clear()
    again = run("--qa", qa, "--pairs", "en/en", "--cache", kept, "--json")
    assert encoder.embedded == []
    assert without_times(json.loads(first.out)) == without_times(json.loads(again.out))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give the questions, as in annuncio eval --qa FILE"),
        (["--qa", "qa.json", "--pairs", "en"], "'en' are no pairs of languages: write them like en/en,en/it"),
        (["--qa", "qa.json", "--pairs", "en/e1"], "'e1' is no language code"),
        (["--qa", "qa.json", "--sample", "0"], "'0' is no number of questions: write it like 40"),
        (["--qa", "qa.json", "--sample", "many"], "'many' is no number of questions"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], said: str) -> None:
    """A wrong call exits with 2 and says what is wrong."""
    ran = run(*arguments)
    assert ran.code == 2
    assert said in ran.err


def test_a_file_that_is_not_there(run: Run) -> None:
    """No such file is one clear line, for either kind of questions."""
    assert run("--qa", "no.json") == Ran(1, "", "annuncio: no.json cannot be read (No such file or directory)\n")
    assert run("--questions", "no.jsonl") == Ran(
        1, "", "annuncio: no.jsonl cannot be read (No such file or directory)\n"
    )


def test_a_pair_that_the_file_lacks(run: Run, qa: Path) -> None:
    """A pair without a question is said before anything is measured."""
    ran = run("--qa", qa, "--pairs", "en/en,fr/fr")
    assert ran == Ran(1, "", f"annuncio: {qa}: no question in 'fr' has its answer in a text in 'fr'\n")


def test_a_report_that_cannot_be_written(run: Run, qa: Path) -> None:
    """A file where the report's folder should be is said before anything is measured."""
    assert run("--qa", qa, "--report", qa) == Ran(1, "", f"annuncio: the folder {qa} cannot be made (File exists)\n")


def test_vectors_that_are_none(run: Run, qa: Path, tmp_path: Path) -> None:
    """A file of something else, of another model, or in a folder that is not there is one clear line."""
    other = tmp_path / "other.npz"
    RememberingEncoder(WordEncoder("red", name="another")).save(other)
    short = tmp_path / "short.npz"
    np.savez(short, texts=np.array(["passage: x"]), vectors=np.zeros((1, 2), dtype=np.float32))
    for path, said in (
        (qa, f"{qa} holds no vectors: delete it"),
        (other, f"{other} holds the vectors of another model (another)"),
        (short, f"{short} holds the vectors of another model (words)"),
        (tmp_path / "no" / "x.npz", "the vectors cannot be kept in"),
    ):
        ran = run("--qa", qa, "--pairs", "en/en", "--cache", path)
        assert (ran.code, ran.out) == (1, "")
        assert said in ran.err.splitlines()[-1]


def test_the_command_is_said_as_it_was_given() -> None:
    """Files are named without their folders; what was left to its default is left out."""
    assert Wanted(qa=Path("a/qa file.json")).command == "annuncio eval --qa 'qa file.json'"
    wanted = Wanted(Path("q.json"), Path("b/own.jsonl"), (("en", "it"),), 5)
    assert wanted.command == "annuncio eval --qa q.json --pairs en/it --sample 5 --questions own.jsonl"
    assert DEFAULT_PAIRS[-1] == ("en", "it")


def test_trials_are_what_the_bot_says(qa: Path) -> None:
    """A case is put to the answerer that the bot is built with, over the case's article and nothing else."""
    settings, encoder = Settings(), RememberingEncoder(WordEncoder(*WORDS))
    sources = read_questions(qa)
    examination = Examination(settings, encoder)
    for case in cases(sources, [("en", "en")]):
        library = partial(throwaway_library, (case.article,), encoder)
        assert examination.put(case).outcome == answerer_over(settings, encoder, library).answer(case.question)
    everything = articles_in(sources, "en")
    stated = next(case for case in cases(sources, [("en", "en")]) if case.situation is Situation.STATED)
    together = examination.put(stated, everything).outcome
    assert together.evidence[0].id == "red_cars/p1/s1"
    assert throwaway_library(everything, encoder).articles.keys() == {"red_cars", "goats"}


def test_an_empty_library_is_no_error() -> None:
    """An article without a paragraph can be asked, too."""
    encoder = WordEncoder("red")
    assert (
        throwaway_library((article("a", {"en": []}),), encoder).search.search(
            encoder.encode_queries(["red"])[0], language="en", unit=Unit.SENTENCE, limit=3
        )
        == []
    )


def test_remembering() -> None:
    """A text is embedded once; the seconds of a remembered question are counted."""
    inner = WordEncoder("red", "car")
    encoder = RememberingEncoder(inner)
    assert (encoder.name, encoder.dimension) == ("words", 3)
    passages = encoder.encode_passages(["red", "car", "red"])
    assert passages.tolist() == inner.encode_queries(["red", "car", "red"]).tolist()
    encoder.encode_passages(["car"])
    assert inner.embedded == ["red", "car"]
    assert encoder.encode_passages([]).shape == (0, 3)
    first = encoder.encode_queries(["red"])
    assert encoder.saved == 0
    assert encoder.encode_queries(["red"]).tolist() == first.tolist()
    assert encoder.saved > 0


def answer(text: str, headline: str | None = None, polarity: Polarity | None = None) -> Outcome:
    """An answer that shows this sentence first."""
    return Answer("?", "en", headline, 0.9, (_proof(text), _proof("in 2030")), polarity=polarity)


def _proof(text: str) -> Proof:
    return replace(ENGLISH, text=text)


def refusal(status: Status) -> Outcome:
    """A refusal of this kind."""
    kind = Smalltalk.THANKS if status is Status.SMALLTALK else None
    return Refusal("?", "en", status, 0.1, (_proof("in 2027"),), smalltalk=kind)


@pytest.mark.parametrize(
    ("expect", "outcome", "verdict", "right"),
    [
        ("IN 2027", answer("Cars come in 2027."), Verdict.RIGHTLY, True),
        ("2027", answer("Cars come.", headline="in 2027"), Verdict.RIGHTLY, True),
        ("2030", answer("Cars come in 2027."), Verdict.WRONGLY, False),
        ("2025", answer("Cars come in 2027."), Verdict.WRONGLY, False),
        ("^(?!no:).*2027", answer("In 2027.", polarity=Polarity.YES), Verdict.RIGHTLY, True),
        ("^(?!no:).*2027", answer("In 2027."), Verdict.RIGHTLY, True),
        ("^(?!no:).*2027", answer("In 2027.", polarity=Polarity.NO), Verdict.WRONGLY, False),
        ("2027", refusal(Status.NOT_STATED), Verdict.REFUSED, False),
        ("2027", refusal(Status.OFF_TOPIC), Verdict.OFF_TOPIC, False),
        ("not stated", refusal(Status.NOT_STATED), Verdict.REFUSED, True),
        ("not stated", refusal(Status.OFF_TOPIC), Verdict.OFF_TOPIC, True),
        ("not stated", answer("What is not stated."), Verdict.WRONGLY, False),
        ("off topic", refusal(Status.OFF_TOPIC), Verdict.OFF_TOPIC, True),
        ("off topic", refusal(Status.SMALLTALK), Verdict.OFF_TOPIC, True),
        ("off topic", refusal(Status.NOT_STATED), Verdict.REFUSED, False),
        ("off topic", answer("off topic"), Verdict.WRONGLY, False),
    ],
)
def test_judging(expect: str, outcome: Outcome, verdict: Verdict, right: bool) -> None:
    """Right is what the headline or the first sentence says, with its yes or no, never the source or the second."""
    question = OwnQuestion("?", "en", expect)
    assert judge(question, outcome) is verdict
    assert is_right(question, verdict) is right


def test_the_tally() -> None:
    """Counts by language and over all; a kind that nobody asked has no share."""
    asked = [
        (OwnQuestion("a", "en", "2027"), answer("in 2027")),
        (OwnQuestion("b", "en", "2027"), refusal(Status.NOT_STATED)),
        (OwnQuestion("c", "it", "not stated"), answer("in 2027")),
    ]
    record = own_record(asked)
    assert record["languages"]["en"]["stated"]["right"]["value"] == 0.5
    assert record["languages"]["en"]["not stated"] == {
        "n": 0,
        "right": None,
        "rightly": 0,
        "wrongly": 0,
        "refused": 0,
        "off topic": 0,
    }
    assert record["all"]["stated"]["n"] == 2
    assert [one["question"] for one in record["wrong"]] == ["b", "c"]
    assert record["language"]["value"] == pytest.approx(2 / 3, abs=1e-4)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", ":2 is no JSON ("),
        ("7", ":2 must be an object"),
        ('{"question": "x", "lang": "en"}', ":2, field 'expect': must be text, is missing"),
        ('{"question": 1, "lang": "en", "expect": "x"}', ":2, field 'question': must be text, is 1"),
        ('{"question": "x", "lang": "en", "expect": "("}', ":2, field 'expect': '(' is no pattern ("),
    ],
)
def test_a_line_that_is_no_question(tmp_path: Path, line: str, said: str) -> None:
    """Whatever is wrong in a line is said with file and line."""
    path = tmp_path / "own.jsonl"
    path.write_text(f'{{"question": "x", "lang": "en", "expect": "y"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(QuestionsError) as raised:
        read_own(path)
    assert str(raised.value).startswith(f"{path}{said}")


def test_a_file_without_a_question(tmp_path: Path) -> None:
    """An empty file, or one that is no text, is said to be that."""
    path = tmp_path / "own.jsonl"
    path.write_text("\n\n", encoding="utf-8")
    with pytest.raises(QuestionsError, match="holds no question"):
        read_own(path)
    path.write_bytes(b"\xff")
    with pytest.raises(QuestionsError, match="is no UTF-8 text"):
        read_own(path)


@pytest.fixture(scope="module")
def shipped() -> Article:
    """The announcement that ships."""
    return read_corpus([Settings().shipped_articles])[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_expected_of_the_announcement_is_true(shipped: Article, language: str) -> None:
    """Each pattern fits a sentence of its language's edition, and at most three."""
    written = shipped.edition(language)
    assert written is not None
    patterns = [
        question.expect
        for question in read_own(OWN)
        if question.language == language and question.expect not in {"not stated", "off topic"}
    ]
    counts = [sum(bool(re.search(one, s.text, re.IGNORECASE)) for s in written.sentences) for one in patterns]
    assert [pattern for pattern, count in zip(patterns, counts, strict=True) if not 1 <= count <= 3] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_held_out_questions(language: str) -> None:
    """Each language has at least 32, half not stated, a tenth about something else, and none that was trained on."""
    asked = [question for question in read_own(OWN) if question.language == language]
    assert len({question.text for question in asked}) == len(asked) >= 32
    assert sum(question.expect == "not stated" for question in asked) * 2 >= len(asked)
    assert sum(question.expect == "off topic" for question in asked) * 10 >= len(asked)
    records = [json.loads(line) for line in TRAINED.read_text(encoding="utf-8").splitlines()]
    trained = {record["questions"][language].casefold() for record in records}
    assert trained.isdisjoint(question.text.casefold() for question in asked)
