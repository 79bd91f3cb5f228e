"""How well a story told anew is known: `python -m benchmarks.stories`.

Each line of questions/stories.jsonl lays an invented announcement beside another text: the same story told anew, mostly
in another language, or another story of the same company. Printed are the figures from which the thresholds in
bot/news/stories.py were chosen.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from benchmarks.development import INVENTED, invented_article
from bot.news.stories import Stories
from corpus.model import Article, Edition, Paragraph, Sentence
from index.encoder import load_encoder

STORIES = Path(__file__).parent / "questions" / "stories.jsonl"


def pairs(path: Path = STORIES) -> Iterator[tuple[Article, Article, bool]]:
    """Two articles, and whether they tell one story."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        record = json.loads(line)
        slug, language = f"second-{number}", record["language"]
        sentences = tuple(Sentence(f"{slug}/p1/s{n}", text) for n, text in enumerate(record["sentences"], start=1))
        paragraphs = (Paragraph(f"{slug}/p1", sentences),)
        edition = Edition(slug, language, language, record["title"], date(2025, 1, 1), "invented", paragraphs)
        first = invented_article(INVENTED / record["first"]["file"], record["first"]["line"])
        yield first, Article(slug, (edition,)), record["same"]


def main() -> None:
    """Compare every pair, the likeliest first."""
    stories = Stories(load_encoder())
    found = [(stories.compared(first, second), same, first, second) for first, second, same in pairs()]
    for likeness, same, first, second in sorted(found, key=lambda row: -row[0].cosine):
        print(
            f"{'same ' if same else 'other'} {'taken for one' if likeness.one_story else '':14}{likeness.cosine:.3f} "
            f"{likeness.agreement:.2f} of figures, {likeness.shared} shared, {likeness.names} names | "
            f"{first.original.title} | {second.original.title}"
        )
    known = sum(likeness.one_story for likeness, same, *_ in found if same)
    swallowed = sum(likeness.one_story for likeness, same, *_ in found if not same)
    tellings = sum(same for _, same, *_ in found)
    print(f"{known} of {tellings} tellings known, {swallowed} of {len(found) - tellings} other stories swallowed")


if __name__ == "__main__":
    main()
