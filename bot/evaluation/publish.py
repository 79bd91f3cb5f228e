"""The report: figures as JSON, their tables as Markdown, their curves as pictures, in a folder of their own.

What a run did not measure is taken from the figures that lie there, so that each part can be made anew by itself.
"""

import json
from pathlib import Path

from bot.errors import QuestionsError, StateError
from bot.evaluation.questions import read_json
from bot.evaluation.report import text_of
from bot.evaluation.scores import Record

PARTS = ("qa", "announcement")
INTRODUCTION = """\
# How often it is right

Made by `make eval QA=FILE` from questions with known answers ([figures](qa.json)) and from questions about the
announcement that ships ([figures](announcement.json)), which nothing was tuned on. What is measured is the bot as it
ships: the same answerer, over libraries that are made for a question and thrown away. Figures on articles that
something in the bot was trained on (`make gate` says on which) are better than on others.
"""
BESIDE = {
    "targets.md": "How near it comes to what we want of it, and what stands in the way",
    "ranking.md": "What each sign of the ranking is worth",
}
"""Pages that stand in the folder beside the report, where they do."""
PICTURES = """\
## Pictures

How many answers are wrong among the surest, where each question is put with its paragraph and without it:

![Risk against coverage: the bot, and the baseline](risk-coverage.svg)

How often the first sentence states the answer, against the confidence:

![Reliability: confidence against truth](reliability.svg)
"""


def prepare(folder: Path) -> None:
    """Make the folder, before anything is measured. Raises StateError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"the folder {folder} cannot be made ({error.strerror})") from error


def publish(parts: Record, folder: Path) -> None:
    """Write or renew the report in a folder that is there. Raises StateError where it cannot be written,
    QuestionsError where the figures in it cannot be read."""
    try:
        every = {name: parts.get(name) or _kept(folder / f"{name}.json") for name in PARTS}
        there = {name: part for name, part in every.items() if part is not None}
        beside = [f"- [{title}]({name})\n" for name, title in BESIDE.items() if (folder / name).exists()]
        texts = [INTRODUCTION, *(["".join(beside)] if beside else []), text_of(there, wrong=False) + "\n"]
        if "qa" in there:
            from bot.evaluation.plots import write_plots

            write_plots(there["qa"]["pairs"], folder)
            texts.append(PICTURES)
        (folder / "README.md").write_text("\n".join(texts), encoding="utf-8")
        for name, part in parts.items():
            text = json.dumps(part, ensure_ascii=False, indent=1) + "\n"
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise StateError(f"the report cannot be written to {folder} ({error.strerror})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise QuestionsError(f"{folder} holds figures of another version: measure all of them, or empty it") from error


def _kept(path: Path) -> Record | None:
    """The figures of an earlier run, None where there are none."""
    if not path.exists():
        return None
    found = read_json(path)
    if not isinstance(found, dict):
        raise QuestionsError(f"{path} holds no figures: delete it")
    return found
