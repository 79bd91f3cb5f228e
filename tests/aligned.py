"""A small file of aligned articles with questions, in the format that `annuncio eval --qa` reads."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Asked = tuple[Mapping[str, str], Mapping[str, str]]
"""A question, and its answer, by language."""
WORDS = ("red", "car", "rossa", "auto", "paris", "parigi", "goat", "capra", "milk", "latte", "hay", "fieno")


def paragraph(texts: Mapping[str, str], *asked: Asked) -> dict[str, Any]:
    """A paragraph in several languages, with the questions that it answers; each answer's place is looked up."""
    return {
        "text": dict(texts),
        "questions": [
            {
                "id": f"{texts['en'][:8]} {number}",
                "question": dict(question),
                "answer": {
                    language: {"text": answer, "start": texts[language].index(answer)}
                    for language, answer in answers.items()
                },
            }
            for number, (question, answers) in enumerate(asked)
        ],
    }


def aligned() -> dict[str, Any]:
    """Two articles of two paragraphs; the last paragraph has no Italian."""
    cars = [
        paragraph(
            {
                "en": "Anna sells the red car. The blue one went to Bruno in 1999.",
                "it": "Anna vende la rossa auto. Quella blu passò a Bruno nel 1999.",
            },
            (
                {"en": "Who sells the red car?", "it": "Chi vende la rossa auto?"},
                {"en": "Anna", "it": "Anna"},
            ),
            (
                {"en": "When did the blue one go to Bruno?", "it": "Quando passò a Bruno quella blu?"},
                {"en": "1999", "it": "1999"},
            ),
        ),
        paragraph(
            {"en": "The depot is near Paris. It is big.", "it": "Il deposito è vicino a Parigi. È grande."},
            ({"en": "Where is the depot near Paris?"}, {"en": "near Paris", "it": "vicino a Parigi"}),
        ),
    ]
    goats = [
        paragraph(
            {"en": "A goat eats hay. Nobody counts them.", "it": "Una capra mangia fieno. Nessuno le conta."},
            (
                {"en": "What does the goat eat?", "it": "Che cosa mangia la capra?"},
                {"en": "hay", "it": "fieno"},
            ),
        ),
        paragraph({"en": "Milk is white."}, ({"en": "What colour has the milk?"}, {"en": "white"})),
    ]
    return {"articles": [{"title": "Red_cars", "paragraphs": cars}, {"title": "Goats", "paragraphs": goats}]}


def write_aligned(path: Path, record: object | None = None) -> Path:
    """The file, or another record in its place."""
    path.write_text(json.dumps(aligned() if record is None else record, ensure_ascii=False), encoding="utf-8")
    return path


def texts_of(sentences: Sequence[Any]) -> list[str]:
    """What sentences say."""
    return [sentence.text for sentence in sentences]
