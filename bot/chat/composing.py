"""Outcomes as messages: what a person reads, in HTML for Telegram and as plain text elsewhere."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape, unescape
from typing import Any

from bot.answers.answering import Answer, Outcome, Proof, Refusal, Status
from bot.answers.passages import Passage
from bot.answers.polarity import Polarity
from bot.answers.relative import relatives
from bot.answers.samples import question_token
from bot.answers.smalltalk import Smalltalk
from bot.chat.features import Visitor
from bot.replies import Button, Reply
from bot.texts import day, language_name, listed, say, say_html
from corpus.sentences import split_sentences

TELEGRAM_LIMIT = 4096
"""UTF-16 units of a message after its entities are parsed."""
SUMMARY = 600
"""UTF-16 units of an article's opening that somebody is shown."""
LINE = 250
"""UTF-16 units of anything that belongs on one line: a title, a source, a direct answer, an address."""
AROUND = TELEGRAM_LIMIT // 4
"""UTF-16 units shown before a sentence of its paragraph, and as many after it."""
QUESTION_PREFIX = "q:"
ASK = "ask ..."
"""The command for a question, for who is where the bot hears only commands and replies to it."""
_TAG = re.compile(r"<[^>]+>")


def question_buttons(questions: Iterable[str]) -> tuple[tuple[Button, ...], ...]:
    """A row a question; pressing one asks it."""
    return tuple((Button(question, f"{QUESTION_PREFIX}{question_token(question)}"),) for question in questions)


def units(text: str) -> int:
    """UTF-16 units, what Telegram counts in."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int, language: str) -> str:
    """The text, or as many whole sentences of it as fit in `limit` UTF-16 units; one that is longer ends in "…"."""
    if units(text) <= limit:
        return text
    kept = ""
    for sentence in split_sentences(text, language):
        longer = f"{kept} {sentence}".strip() if kept else sentence
        if units(longer) > limit:
            break
        kept = longer
    return kept or _shortened(text, limit)


def _shortened(text: str, limit: int) -> str:
    """The text, or its beginning and "…" where it has more than `limit` UTF-16 units."""
    if units(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


def one_line(text: str, limit: int = LINE) -> str:
    """The text as it stands, shortened where it would fill the message (or `limit` UTF-16 units)."""
    return _shortened(text, limit)


def _source(proof: Proof | Passage, language: str) -> str:
    title = escape(one_line(proof.title), quote=False)
    if proof.url:
        title = f'<a href="{escape(proof.url)}">{title}</a>'
    source, date = escape(one_line(proof.source), quote=False), day(language, proof.published)
    if date in source:  # "Keynote, 24 September 2025" says its date itself
        return say_html(language, "source_dated", title=title, source=source)
    return say_html(language, "source", title=title, source=source, date=date)


def compose(outcome: Outcome, samples: Sequence[str] = ()) -> Reply:
    """The message for an outcome. `samples` are questions that can be answered, in the asker's language."""
    match outcome:
        case Answer():
            return _compose_answer(outcome)
        case Refusal(status=Status.NOT_STATED):
            return _compose_not_stated(outcome)
        case Refusal():
            return _compose_other(outcome, samples)


def _compose_answer(answer: Answer) -> Reply:
    shown = (answer.evidence[0], *answer.also)
    parts = [f"<b>{escape(one_line(answer.headline), quote=False)}</b>"] if answer.headline else []
    first, *rest = _sentences(shown, answer.language)
    if answer.polarity is not None:
        lead = "lead_yes" if answer.polarity is Polarity.YES else "lead_no"
        first = say_html(answer.language, lead, sentence=first)
    parts += [first, *rest]
    sources = dict.fromkeys(_source(proof, answer.language) for proof in shown)
    parts.append("\n".join(f"<i>{source}</i>" for source in sources))
    return Reply("\n\n".join(parts))


def _sentences(proofs: Sequence[Proof | Passage], language: str) -> list[str]:
    """Sentences that are shown together, each with what its relative words mean, and then what the original says."""
    share = TELEGRAM_LIMIT // 3 if len(proofs) == 1 else TELEGRAM_LIMIT // 5 // len(proofs)  # each has its own source
    parts = [
        "\n".join([escape(cut(proof.text, share, proof.language), quote=False), *_dated(proof, language)])
        for proof in proofs
    ]
    foreign = [proof for proof in proofs if proof.original_language != proof.language]
    if foreign:
        label = say(language, "original", language=language_name(foreign[0].original_language, language))
        quoted = dict.fromkeys(cut(proof.original, share, proof.original_language) for proof in foreign)
        original = escape("\n".join(quoted), quote=False)
        parts.append(f"<blockquote expandable>{label}\n{original}</blockquote>")
    return parts


def _dated(proof: Proof | Passage, language: str) -> list[str]:
    """A line on what "today" and the like mean in a sentence."""
    notes = dict.fromkeys(
        say(language, "relative_date", words=relative.words, date=relative.meaning)
        if relative.meaning
        else say(language, "relative_said", date=day(language, proof.published))
        for relative in relatives(proof.text, proof.language, proof.published, language)
    )
    return [f"<i>{' '.join(notes)}</i>"] if notes else []


def _compose_not_stated(refusal: Refusal) -> Reply:
    language = refusal.language
    if refusal.missing and refusal.speaks_of:
        known, names = (listed(some, language) for some in (refusal.speaks_of, refusal.missing))
        parts = [say(language, "not_stated_elsewhere", known=known, names=names)]
    elif refusal.missing:
        parts = [say(language, "not_stated_missing", names=listed(refusal.missing, language))]
    else:
        parts = [say(language, "not_stated")]
    if refusal.evidence:
        proof = refusal.evidence[0]
        nearest = escape(cut(proof.text, TELEGRAM_LIMIT // 3, proof.language), quote=False)
        parts.append("\n".join([say(language, "nearest"), nearest, *_dated(proof, language)]))
    return Reply("\n\n".join(parts))


def _compose_other(refusal: Refusal, samples: Sequence[str]) -> Reply:
    if refusal.smalltalk is not None:
        buttons = question_buttons(samples[:2])
        if refusal.smalltalk in {Smalltalk.FOLLOW, Smalltalk.LEAVE}:
            wish = "subscribe" if refusal.smalltalk is Smalltalk.FOLLOW else "unsubscribe"
            buttons = ((Button(say(refusal.language, f"button_{wish}"), f"do:{wish}"),),)
        return Reply(say(refusal.language, f"smalltalk_{refusal.smalltalk}"), buttons)
    if refusal.names_nothing and samples:
        return Reply(say(refusal.language, "names_nothing"), question_buttons(samples[:3]))
    if not refusal.evidence and not refusal.names_nothing:  # nothing at all was there to be searched
        return Reply(say(refusal.language, "no_articles"))
    key = "off_topic" if samples else "off_topic_bare"
    return Reply(say(refusal.language, key), question_buttons(samples[:3]))


def understood(reply: Reply, question: str) -> Reply:
    """The reply to a question that was told in full from a few words, with the question as it was understood."""
    return replace(reply, html=f"<i>{escape(one_line(question), quote=False)}</i>\n\n{reply.html}")


def typed_here(visitor: Visitor, language: str, asks: Reply, command: str) -> Reply:
    """What asks somebody to type; where the chat is not theirs alone, with how: there the bot does not hear all."""
    if visitor.private:
        return asks
    return replace(asks, html=f"{asks.html}\n\n{say(language, 'type_here', command=f'/{command}')}")


def old_button(visitor: Visitor, language: str) -> Reply:
    """To a button that means nothing any more."""
    return typed_here(visitor, language, Reply(say(language, "old_button")), ASK)


def compose_context(passage: Passage, language: str) -> Reply:
    """The sentence in bold inside its paragraph, with the source."""
    text = escape(cut(passage.text, TELEGRAM_LIMIT // 3, passage.language), quote=False)
    before, after = _tail(passage.before, AROUND, passage.language), _head(passage.after, AROUND, passage.language)
    paragraph = f"{escape(before, quote=False)}<b>{text}</b>{escape(after, quote=False)}"
    heading = [f"<i>{escape(one_line(passage.heading), quote=False)}</i>"] if passage.heading else []
    return Reply("\n\n".join([*heading, paragraph, f"<i>{_source(passage, language)}</i>"]))


def compose_perhaps(passage: Passage, language: str) -> Reply:
    """A sentence that may be meant, and is not called an answer."""
    first, *rest = _sentences((passage,), language)
    return Reply("\n\n".join([f"{say(language, 'perhaps')}\n{first}", *rest, f"<i>{_source(passage, language)}</i>"]))


def _head(text: str, limit: int, language: str) -> str:
    """As `cut`, and says that there is more."""
    if units(text) <= limit:
        return text
    space = text[: len(text) - len(text.lstrip())]
    return space + cut(text.strip(), limit - 10, language).removesuffix("…") + " …"


def _tail(text: str, limit: int, language: str) -> str:
    """The last whole sentences of a text that fit, after a sign that there is more."""
    if units(text) <= limit:
        return text
    space = text[len(text.rstrip()) :]
    kept = ""
    for sentence in reversed(split_sentences(text.strip(), language)):
        longer = f"{sentence} {kept}".strip()
        if units(longer) > limit - 10:
            break
        kept = longer
    return f"… {kept}{space}" if kept else ""


def plain(html: str) -> str:
    """What a person reads of a message, without tags."""
    return unescape(_TAG.sub("", html))


def record(outcome: Outcome, samples: Sequence[str] = ()) -> dict[str, Any]:
    """The record of an answer as `annuncio ask --json` prints it."""
    return {
        "question": outcome.question,
        "language": outcome.language,
        "status": str(outcome.status),
        "answer": plain(compose(outcome, samples).html),
        "headline": outcome.headline if isinstance(outcome, Answer) else None,
        "confidence": round(outcome.confidence, 6),
        "evidence": [
            {
                "id": proof.id,
                "language": proof.language,
                "text": proof.text,
                "original_language": proof.original_language,
                "original": proof.original,
                "article": proof.title,
                "published": proof.published.isoformat(),
                "source": proof.source,
                "similarity": round(proof.similarity, 6),
            }
            for proof in outcome.evidence
        ],
    }
