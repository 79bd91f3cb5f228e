"""The articles as people were last told of them: what a change is compared with.

It is written when all that follows from a change is owed, and not before. So a process that ends in the middle owes
the rest at its next start, and an edition that somebody changes or removes by hand is noticed as well.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.errors import AnnuncioError
from bot.news.files import write_whole
from corpus.model import Article, Edition
from corpus.reader import parse_edition, render_edition

log = logging.getLogger(__name__)

FILE = "told.json"


def article_of(editions: Iterable[Edition]) -> Article:
    """The article of its editions, at least one: the original first, then by language."""
    ordered = sorted(editions, key=lambda edition: (edition.language != edition.original, edition.language))
    return Article(ordered[0].slug, tuple(ordered))


def read_told(folder: Path) -> Mapping[str, Article] | None:
    """The articles by slug; None where nothing was written yet, or nothing that can be read."""
    path = folder / FILE
    try:
        texts: Mapping[str, Mapping[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        return {
            slug: article_of(
                parse_edition(text.encode(), path.with_name(f"{language}.md"), slug=slug)
                for language, text in editions.items()
            )
            for slug, editions in texts.items()
        }
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, IndexError, AnnuncioError) as error:
        log.warning("%s cannot be read, what has changed since it was written is not corrected: %s", path, error)
        return None


def write_told(folder: Path, articles: Mapping[str, Article]) -> None:
    """Keep the articles, whole or not at all. Raises StateError."""
    texts = {
        slug: {edition.language: render_edition(edition) for edition in article.editions}
        for slug, article in articles.items()
    }
    write_whole(folder / FILE, json.dumps(texts, ensure_ascii=False))
