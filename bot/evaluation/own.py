"""An article's own questions: what is expected of each, what the bot said, and what to call that."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.answers.answering import Answer, Outcome, Status
from bot.errors import QuestionsError
from bot.evaluation.questions import field
from bot.evaluation.scores import Record, share

NOT_STATED = "not stated"
OFF_TOPIC = "off topic"


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question in a language; `expect` is "not stated", "off topic" or a pattern that a right answer contains.

    Before a sentence that answers yes or no stands "Yes: " or "No: ", in whatever language.
    """

    text: str
    language: str
    expect: str


class Verdict(StrEnum):
    """What the bot did with a question."""

    RIGHTLY = "rightly"
    WRONGLY = "wrongly"
    """It answered what is not what was expected, or what cannot be answered."""
    REFUSED = "refused"
    OFF_TOPIC = "off topic"
    """It said that the question is about something else, or took it for small talk."""


_RIGHT = {NOT_STATED: {Verdict.REFUSED, Verdict.OFF_TOPIC}, OFF_TOPIC: {Verdict.OFF_TOPIC}}


def read_own(path: Path) -> tuple[OwnQuestion, ...]:
    """The questions of a file, a JSON object a line. Raises QuestionsError with file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise QuestionsError(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise QuestionsError(f"{path} is no UTF-8 text") from error
    found = tuple(_own(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip())
    if not found:
        raise QuestionsError(f"{path} holds no question")
    return found


def _own(line: str, place: str) -> OwnQuestion:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise QuestionsError(f"{place} is no JSON ({error})") from error
    names = ("question", "lang", "expect")
    question = OwnQuestion(*(field(record, name, str, place) for name in names))
    try:
        re.compile(question.expect)
    except re.error as error:
        raise QuestionsError(f"{place}, field 'expect': {question.expect!r} is no pattern ({error})") from error
    return question


def _said(answer: Answer) -> str:
    """What is shown as the answer: the headline and the sentence it rests on, led by yes or no where the bot says so,
    without title, source and date."""
    lead = f"{answer.polarity}: ".capitalize() if answer.polarity else ""
    return f"{answer.headline or ''}\n{lead}{answer.evidence[0].text}".strip()


def judge(question: OwnQuestion, outcome: Outcome) -> Verdict:
    """What the bot did; an answer to what is not stated is always wrong."""
    if isinstance(outcome, Answer):
        stated = question.expect not in _RIGHT
        return Verdict.RIGHTLY if stated and re.search(question.expect, _said(outcome), re.I) else Verdict.WRONGLY
    return Verdict.REFUSED if outcome.status is Status.NOT_STATED else Verdict.OFF_TOPIC


def is_right(question: OwnQuestion, verdict: Verdict) -> bool:
    """Whether it should have done that."""
    return verdict in _RIGHT.get(question.expect, {Verdict.RIGHTLY})


def _tally(judged: Sequence[tuple[OwnQuestion, Verdict]]) -> Record:
    """The verdicts by what was expected, as counts and, for what is right, as a share."""
    record: Record = {}
    for name in ("stated", NOT_STATED, OFF_TOPIC):
        here = [(q, v) for q, v in judged if (q.expect if q.expect in _RIGHT else "stated") == name]
        counts = {str(verdict): sum(v is verdict for _, v in here) for verdict in Verdict}
        right = share([is_right(q, v) for q, v in here]) if here else None
        record[name] = {"n": len(here), "right": right, **counts}
    return record


def own_record(asked: Sequence[tuple[OwnQuestion, Outcome]]) -> Record:
    """Per language and over all: what was done with each kind of question; and every question that went wrong."""
    judged = [(question, judge(question, outcome)) for question, outcome in asked]
    languages = dict.fromkeys(question.language for question, _ in asked)
    wrong = [
        {
            "question": question.text,
            "lang": question.language,
            "expect": question.expect,
            "status": str(outcome.status),
            "said": _said(outcome) if isinstance(outcome, Answer) else "",
        }
        for (question, outcome), (_, verdict) in zip(asked, judged, strict=True)
        if not is_right(question, verdict)
    ]
    told = [outcome.language == question.language for question, outcome in asked]
    return {
        "n": len(asked),
        "languages": {code: _tally([(q, v) for q, v in judged if q.language == code]) for code in languages},
        "all": _tally(judged),
        "language": share(told),
        "wrong": wrong,
    }
