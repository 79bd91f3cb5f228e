"""What an admin reads of a draft, and what of it can be pressed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from bot.chat.composing import SUMMARY, cut, one_line
from bot.news.previewing import Preview
from bot.operators.drafts import Offer, Undoable
from bot.operators.payloads import DraftState, undo_until
from bot.replies import Button, Reply
from bot.state.drafts import KeptDraft
from bot.state.kinds import Rhythm
from bot.texts import day, language_name, say, say_html

PREFIX = "draft"
PUBLISH, RETITLE, DISCARD, UNDO, SHOW = "p", "t", "d", "u", "s"


def compose_offer(offer: Offer, language: str, *, found: bool = False, split: bool = False) -> Reply:
    """The dry run: what it is, what it would change, and who would hear of it when.

    `found` by a source; `split` where it may be the beginning of a text that was split on its way.
    """
    edition, draft = offer.edition, offer.draft
    summary = escape(cut(edition.paragraphs[0].text(edition.language), SUMMARY // 2, edition.language), quote=False)
    about = say(
        language,
        "draft_about",
        title=one_line(edition.title),
        language=language_name(edition.language, language),
        date=day(language, edition.published),
        source=one_line(edition.source),
    )
    size = say(
        language,
        "draft_size",
        paragraphs=len(edition.paragraphs),
        sentences=len(edition.sentences),
        topics=", ".join(edition.topics),
    )
    parts = [say(language, "draft_found")] if found else []
    parts += [
        about,
        f"<blockquote expandable>{summary}</blockquote>",
        "\n".join([size, *_consequences(offer, language)]),
    ]
    parts += [say(language, "draft_split")] if split else []
    buttons = (
        (_button(language, PUBLISH, draft), _button(language, RETITLE, draft)),
        (_button(language, DISCARD, draft),),
    )
    return Reply("\n\n".join(parts), buttons)


def _consequences(offer: Offer, language: str) -> list[str]:
    preview = offer.preview
    if preview.known and not any(preview.hears.values()):
        return [say(language, "draft_known")]
    lines = [say(language, "draft_changes")] if offer.changes else []
    if preview.duplicates:
        titles = "; ".join(one_line(article.original.title) for article in preview.duplicates)
        lines.append(say(language, "draft_same_story", titles=one_line(titles, 600)))
    if preview.corrections:
        lines.append(say(language, "draft_corrects", count=len(preview.corrections)))
    if not any(preview.hears.values()):
        return [*lines, say(language, "draft_nobody")]
    return [*lines, *_audience(preview, language)]


def _audience(preview: Preview, language: str) -> Iterator[str]:
    """Who would hear of it and when, a line for each rhythm that somebody has."""
    if count := preview.hears.get(Rhythm.AT_ONCE):
        yield say(language, "draft_hears_at_once", count=count)
    for rhythm in (Rhythm.DAILY, Rhythm.WEEKLY):
        key = "draft_hears_daily" if rhythm is Rhythm.DAILY else "draft_hears_weekly"
        count, moment = preview.hears.get(rhythm), preview.first.get(rhythm)
        if count and moment:
            yield say(language, key, count=count, moment=moment_text(moment))


def compose_published(published: Undoable, language: str) -> Reply:
    """It is out, and can be taken back for a while."""
    text = say(
        language,
        "draft_published",
        title=one_line(published.edition.title),
        count=published.hears,
        moment=moment_text(published.undo_until),
    )
    return Reply(text, ((_button(language, UNDO, published.draft),),))


def compose_decided(draft: KeptDraft | None, title: str, language: str, now: datetime) -> Reply:
    """What became of a draft that waits no more; what was published just now can still be taken back."""
    if draft is None:
        return Reply(say(language, "old_button"))
    discarded = "draft_discarded" if draft.state == DraftState.DISCARDED else "draft_undone"
    key = "draft_published_before" if draft.state == DraftState.PUBLISHED else discarded
    text = say(language, key, title=one_line(title))
    until = undo_until(draft, now)
    if until is None:
        return Reply(text)
    in_time = say(language, "draft_undo_until", moment=moment_text(until))
    return Reply(f"{text}\n{in_time}", ((_button(language, UNDO, draft),),))


def compose_waiting(
    waiting: Sequence[tuple[KeptDraft, str]], undoable: Sequence[tuple[KeptDraft, str]], language: str
) -> Reply:
    """How to add an article, the drafts that wait, and those that can be taken back, with a button for each title."""
    rows = tuple((Button(one_line(title, 60), data(SHOW, draft)),) for draft, title in waiting)
    undo = tuple((Button(f"↩ {one_line(title, 60)}", data(SHOW, draft)),) for draft, title in undoable)
    parts = [say(language, "ingest_usage")]
    parts += [say(language, "ingest_waiting", count=len(waiting))] if waiting else []
    parts += [say(language, "ingest_undoable", count=len(undoable))] if undoable else []
    return Reply("\n\n".join(parts), (*rows, *undo))


def moment_text(moment: datetime) -> str:
    """A moment as admins everywhere read it: 2025-03-04 14:05 UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def data(action: str, draft: KeptDraft) -> str:
    """What comes back when the button is pressed."""
    return f"{PREFIX}:{action}:{draft.id}"


def _button(language: str, action: str, draft: KeptDraft) -> Button:
    labels = {
        PUBLISH: say(language, "button_publish"),
        RETITLE: say(language, "button_edit_title"),
        DISCARD: say(language, "button_discard"),
        UNDO: say(language, "button_undo"),
    }
    return Button(labels[action], data(action, draft))


def compose_failure(error: Exception, language: str) -> Reply:
    """An error whose text is for who must act, in a frame that says so."""
    reason = escape(one_line(str(error), 1000), quote=False)
    return Reply(say_html(language, "draft_failed", reason=reason))
