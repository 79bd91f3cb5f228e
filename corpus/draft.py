"""A Draft is what a source gives: text, and what was found about it. `to_edition` makes an Edition of it.

What a person says (a title, a date, topics) always wins over what was found.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from corpus.cleaning import clean_line
from corpus.errors import SourceError
from corpus.frontmatter import DEFAULT_TOPICS, is_language, is_topic, is_web_address
from corpus.model import UNSPACED_LANGUAGES, Edition, Paragraph, Sentence
from corpus.splitter import Block, split_text
from corpus.textdates import lead_date, top_date

MAX_SLUG_CHARS = 60
MAX_TITLE_CHARS = 100
"""Where a sentence is cut that serves as a title."""
MAX_FOUND_TITLE_CHARS = 200
"""A heading or the title of a page is cut there: it stands over messages."""
MAX_TEXT_CHARS = 2_000_000
"""More is no announcement, and would keep the bot busy for a minute."""
_CANDIDATE_BLOCKS = 8
"""How far down a title is looked for."""
_FIRST_BONUS = 0.25
"""How much the first line is ahead of the others, in shares of words that recur."""
_NOT_DECOMPOSED = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "œ": "oe", "ı": "i", "þ": "th"})


@dataclass(frozen=True, slots=True)
class Draft:
    """Text that is to become an edition. Everything beside it may be missing; `language` is only a hint."""

    text: str
    source: str | None = None
    title: str | None = None
    published: date | None = None
    url: str | None = None
    language: str | None = None
    marked: bool = False
    """Whether the text marks its headings (a page, Markdown)."""
    edition: Edition | None = None
    """The edition, where the source was one: its sentences are a person's, and stay as they are."""
    slug: str | None = None


def to_edition(
    draft: Draft,
    *,
    language: str,
    today: date,
    title: str | None = None,
    published: date | None = None,
    topics: Sequence[str] | None = None,
    source: str | None = None,
    slug: str | None = None,
) -> Edition:
    """The edition of `draft` in `language`; SourceError where it has no text, or an argument is none of its kind.

    The date is the given one, or that of the metadata, of the text's own lead, of its first lines, or `today`.
    """
    if not is_language(language):
        raise SourceError(f"{language!r} is no language code: give two or three small letters such as it")
    for topic in topics or ():
        if not is_topic(topic):
            raise SourceError(f"{topic!r} is no topic: give small letters and digits, such as special-offers")
    if draft.edition is not None:
        edition = _as_told(draft.edition, language)
        blocks = [(p.heading, [sentence.text for sentence in p.sentences]) for p in edition.paragraphs]
    else:
        edition, blocks = _from_text(draft, language, today, clean_line(title or ""), published)
    edition = replace(
        edition,
        title=clean_line(title or "") or edition.title,
        published=published or edition.published,
        topics=tuple(dict.fromkeys(topics)) if topics else edition.topics,
        source=clean_line(source or "") or edition.source,
    )
    slug = slug or draft.slug or f"{edition.published.isoformat()}-{slugify(edition.title)}"
    return replace(edition, slug=slug, paragraphs=_numbered(slug, blocks))


def slugify(title: str) -> str:
    """`title` as the end of a folder's name: at most MAX_SLUG_CHARS of a-z, 0-9 and hyphens, never empty.

    A title that loses most of its letters (Chinese, Russian) gets a hash of itself, so that two titles differ.
    """
    folded = unicodedata.normalize("NFKD", title.casefold().translate(_NOT_DECOMPOSED))
    plain = re.sub(r"['’]", "", folded.encode("ascii", "ignore").decode())
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > MAX_SLUG_CHARS:
        words = words[: MAX_SLUG_CHARS + 1].rpartition("-")[0] or words[:MAX_SLUG_CHARS]
    letters = sum(character.isalnum() for character in unicodedata.normalize("NFC", title))
    if sum(map(str.isalnum, plain)) * 2 > letters:
        return words
    digest = hashlib.sha256(unicodedata.normalize("NFC", title).encode()).hexdigest()[:10]
    return f"{words[: MAX_SLUG_CHARS - 11].strip('-')}-{digest}" if words else digest


def _as_told(edition: Edition, language: str) -> Edition:
    """`edition`, in the language that was given."""
    original = language if edition.original == edition.language else edition.original
    return replace(edition, language=language, original=original)


def _from_text(
    draft: Draft, language: str, today: date, title: str, published: date | None
) -> tuple[Edition, list[tuple[str | None, list[str]]]]:
    """An edition still without paragraphs, and what they will be made of."""
    where = draft.source or "the text"
    if len(draft.text) > MAX_TEXT_CHARS:
        raise SourceError(f"{where}: more than {MAX_TEXT_CHARS} characters: give the part that matters")
    lead, text = lead_date(draft.text)
    near_top, text = top_date(text, latest=published or today)
    blocks = split_text(text, language, marked=draft.marked)
    if not any(_has_words(sentence) for block in blocks for sentence in block.sentences):
        what = "nothing to read below the headlines" if blocks else "nothing to read in it"
        raise SourceError(f"{where}: {what}: give the text of the announcement")
    found = draft.title or _marked_title(text) or _likely_title(blocks, language) or _first_words(blocks, language)
    found = clean_line(found)
    short = _shortened(found, MAX_FOUND_TITLE_CHARS, language) if len(found) > MAX_FOUND_TITLE_CHARS else found
    edition = Edition(
        slug="",
        language=language,
        original=language,
        title=title or short,
        published=published or draft.published or lead or near_top or today,
        source=clean_line(draft.source or "") or "?",
        paragraphs=(),
        url=draft.url if draft.url and is_web_address(draft.url) else None,
        topics=DEFAULT_TOPICS,
    )
    body = _without_title(_without_title(blocks, edition.title), found)
    return edition, [(block.heading, list(block.sentences)) for block in body]


def _numbered(slug: str, blocks: Sequence[tuple[str | None, Sequence[str]]]) -> tuple[Paragraph, ...]:
    return tuple(
        Paragraph(
            id=f"{slug}/p{k}",
            sentences=tuple(Sentence(f"{slug}/p{k}/s{j}", text) for j, text in enumerate(sentences, start=1)),
            heading=heading,
        )
        for k, (heading, sentences) in enumerate(blocks, start=1)
    )


def _marked_title(text: str) -> str | None:
    """The first `# ` heading."""
    match = re.search(r"^#[ \t]+(\S.*)$", text, re.MULTILINE)
    return clean_line(match[1]) if match else None


def _likely_title(blocks: Sequence[Block], language: str) -> str | None:
    """Among the first headline-like lines the one whose words recur most below: no call to follow a channel does."""
    body = Counter(
        word
        for block in blocks
        if not block.headline_like
        for sentence in block.sentences
        for word in _content_words(sentence, language)
    )
    best: tuple[float, str] | None = None
    for n, block in enumerate(blocks[:_CANDIDATE_BLOCKS]):
        headlines = [block.heading] if block.heading else []
        for headline in headlines + list(block.sentences if block.headline_like else ()):
            words = _content_words(headline, language)
            # Two more words than there are: a headline of one word ("Prices") recurs too easily.
            share = sum(1 for word in words if body[word]) / (len(words) + 2)
            score = share + (_FIRST_BONUS if n == 0 else 0.0)
            if best is None or score > best[0]:
                best = (score, headline)
    return best[1] if best else None


def _content_words(text: str, language: str) -> set[str]:
    """What a text is about, roughly: the beginnings of its longer words; pairs of characters without spaces."""
    folded = text.casefold()
    if language in UNSPACED_LANGUAGES:
        letters = "".join(filter(str.isalnum, folded))
        return {letters[n : n + 2] for n in range(len(letters) - 1)}
    return {word[:5] for word in re.findall(r"\w+", folded) if len(word) > 3 or any(map(str.isdigit, word))}


def _has_words(text: str) -> bool:
    return any(map(str.isalnum, text))


def _first_words(blocks: Sequence[Block], language: str) -> str:
    """The first sentence as a title."""
    text = next(sentence for block in blocks for sentence in block.sentences if _has_words(sentence))
    return _shortened(text, MAX_TITLE_CHARS, language) if len(text) > MAX_TITLE_CHARS else text.rstrip(".。")


def _shortened(text: str, limit: int, language: str) -> str:
    """At most `limit` characters of a longer text, cut at the end of a word, and a mark that it goes on."""
    cut = text[:limit]
    if language not in UNSPACED_LANGUAGES:
        cut = text[: limit + 1].rpartition(" ")[0] or cut
    return f"{cut.rstrip(' ,;:.，；：、')}…"


def _without_title(blocks: Sequence[Block], title: str) -> tuple[Block, ...]:
    """The blocks with the title as no sentence of its own: it is the headline of what follows, or nothing there.

    Headings over nothing go too. A text that is nothing but its title keeps it as its one sentence.
    """

    def is_title(text: str | None) -> bool:
        return text is not None and text.casefold() == title.casefold()

    kept: list[Block] = []
    carried: str | None = None
    for block in blocks:
        if not block.sentences:
            continue
        if block.headline_like and is_title(block.sentences[0]):
            carried = title if kept else None
            continue
        heading = block.heading or carried
        if not kept and is_title(heading):
            heading = None  # at the top it would only say the title again
        kept.append(replace(block, heading=heading))
        carried = None
    return tuple(kept) or tuple(block for block in blocks if block.sentences)
