"""The one message in which everything is set for a chat: what it shows, and its buttons.

A button's data is `set:` and what to do; it comes back to `bot.chat.subscribing`.
"""

from collections.abc import Iterable, Sequence

from bot.chat.choosing import AUTOMATIC
from bot.chat.composing import one_line, plain
from bot.chat.quiet import PRESETS, digest_words, hours, short_hours
from bot.chat.topics import topic_name, topic_token
from bot.chat.wishes import Wishes
from bot.chat.zones import Place, zone_name
from bot.replies import Button, Reply
from bot.settings import LANGUAGES
from bot.state.kinds import EVERYTHING, PauseReason, Rhythm
from bot.state.preferences import OwnTopic, Preferences
from bot.state.schedule import Quiet
from bot.texts import day, listed, phrasebook, say, spoken

SET = "set"
"""What the data of these buttons begin with."""
_NEW = f"{SET}:o:new"
TICK = "✓ "
OWN_LABEL = 40
"""UTF-16 units of a button that is a topic in somebody's own words."""

Rows = tuple[tuple[Button, ...], ...]


def settings_page(wishes: Wishes, language: str, head: str = "", note: str = "") -> Reply:
    """The whole of it; `head` and `note` are HTML before and after what is set."""
    active = wishes.active
    lines = [
        say(
            language,
            "settings",
            language=_language_name(wishes.language, language),
            news=say(language, "settings_subscribed") if active else _absence(wishes.preferences, language),
        )
    ]
    if active is not None:
        lines += _set_for(active, language)
    text = "\n\n".join(filter(None, (head, "\n".join(lines), note)))
    return Reply(text, _rows(wishes, active, language))


def folded_page(wishes: Wishes, language: str) -> Reply:
    """What is left of the message once somebody is done: one line."""
    active = wishes.active
    if active is None:
        return Reply(say(language, "settings_done_bare"))
    return Reply(
        say(
            language,
            "settings_done",
            topics=listed(topic_names(active, language), language) or say(language, "settings_nothing"),
            rhythm=_rhythm(active, language),
        )
    )


def language_page(wishes: Wishes, language: str) -> Reply:
    """The languages to choose from."""
    buttons = [
        Button(_ticked(phrasebook(code).own_name, on=code == wishes.language), f"{SET}:l:{code}") for code in LANGUAGES
    ]
    automatic = Button(_ticked(say(language, "language_automatic"), on=wishes.language is None), f"{SET}:l:{AUTOMATIC}")
    return Reply(say(language, "language_choose"), (*_in_rows(buttons, 3), (automatic,), _back(language)))


def zone_page(wishes: Wishes, language: str, *, can_send_place: bool) -> Reply:
    """How to tell whose clock counts."""
    quiet = wishes.active.quiet if wishes.active else None
    text = say(language, "zone_ask_quiet", hours=hours(quiet)) if quiet is not None else say(language, "zone_ask")
    place = ((Button(say(language, "button_place"), f"{SET}:z:here"),),) if can_send_place else ()
    return Reply(text, (*place, _back(language)))


def unasked_page(language: str) -> Reply:
    """That a place which nobody asked for changes nothing, and the button that asks whose clock counts."""
    return Reply(say(language, "zone_unasked"), ((Button(f"🕐 {say(language, 'button_zone')}", f"{SET}:z"),),))


def other_places(places: Sequence[Place], language: str) -> tuple[str, Rows]:
    """A line that asks which one was meant, and a button for each place but the first; nothing where there is one."""
    others = [place for place in places[1:] if place.city is not None]
    if not others:
        return "", ()
    return say(language, "zone_others"), tuple((Button(place.name, f"{SET}:z:{place.city}"),) for place in others)


def hours_page(language: str) -> Reply:
    """How to tell quiet hours that have no button."""
    return Reply(say(language, "quiet_ask"), (_back(language),))


def own_page(own: Iterable[OwnTopic], language: str, head: str = "") -> Reply:
    """The topics in the chat's own words, each a button that takes it away."""
    rows = tuple((Button(f"✕ {one_line(topic.words, OWN_LABEL)}", f"{SET}:o:{topic.id}"),) for topic in own)
    text = say(language, "own_list" if rows else "own_none")
    new = Button(say(language, "button_own_new"), _NEW)
    return Reply("\n\n".join(filter(None, (head, text))), (*rows, (new,), _back(language)))


def topic_names(preferences: Preferences, language: str) -> tuple[str, ...]:
    """All that is followed, as people call it: labels, then the person's own words in quotation marks."""
    labels = tuple(topic_name(topic, language) for topic in _everything_first(preferences.topics))
    return (*labels, *_own_names(preferences, language))


def _set_for(preferences: Preferences, language: str) -> list[str]:
    """A line for each thing that is set."""
    names = listed((topic_name(topic, language) for topic in _everything_first(preferences.topics)), language)
    own = listed(_own_names(preferences, language), language)
    if names:
        lines = [say(language, "settings_topics", topics=names)]
    else:
        lines = [say(language, "settings_topics_own_only" if own else "settings_topics_none")]
    if own:
        lines.append(say(language, "settings_own", topics=own))
    lines.append(say(language, "settings_rhythm", rhythm=_rhythm(preferences, language)))
    quiet = preferences.quiet
    lines.append(say(language, "settings_quiet", hours=hours(quiet) if quiet else say(language, "quiet_none")))
    if preferences.zone is not None:
        lines.append(say(language, "settings_zone", zone=zone_name(preferences.zone, language)))
    elif quiet is not None or preferences.rhythm is not Rhythm.AT_ONCE:
        lines.append(say(language, "settings_zone_unknown"))
    return lines


def _rhythm(preferences: Preferences, language: str) -> str:
    """How often news comes, and when."""
    return say(language, f"rhythm_{preferences.rhythm}", **digest_words(preferences.quiet, language))


def _own_names(preferences: Preferences, language: str) -> tuple[str, ...]:
    """The person's own words, in quotation marks."""
    return tuple(plain(say(language, "quoted", words=one_line(topic.words, OWN_LABEL))) for topic in preferences.own)


def _rows(wishes: Wishes, active: Preferences | None, language: str) -> Rows:
    chosen = _language_name(wishes.language, language) if wishes.language else say(language, "button_language")
    tongue = Button(f"🌐 {chosen}", f"{SET}:l")
    if active is None:
        resting = wishes.preferences is not None and wishes.preferences.pause_reason is PauseReason.RESTING
        again = Button(say(language, "button_go_on" if resting else "button_subscribe"), "do:subscribe")
        return ((again, tongue),)
    place = zone_name(active.zone, language) if active.zone else say(language, "button_zone")
    own = Button(say(language, "button_own" if active.own else "button_own_new"), f"{SET}:o" if active.own else _NEW)
    return (
        *_in_rows(_topic_buttons(wishes.topics, active.topics, language), 3),
        _rhythm_buttons(active.rhythm, language),
        _quiet_buttons(active.quiet, language),
        (Button(f"🕐 {place}", f"{SET}:z"), tongue),
        (own,),
        (
            Button(say(language, "button_done"), f"{SET}:done"),
            Button(say(language, "button_unsubscribe"), "do:unsubscribe"),
        ),
    )


def _topic_buttons(topics: Sequence[str], followed: Sequence[str], language: str) -> list[Button]:
    return [
        Button(_ticked(_capital(topic_name(topic, language)), on=topic in followed), f"{SET}:t:{topic_token(topic)}")
        for topic in (EVERYTHING, *topics)
    ]


def _rhythm_buttons(chosen: Rhythm, language: str) -> tuple[Button, ...]:
    labels = {
        Rhythm.AT_ONCE: say(language, "button_at_once"),
        Rhythm.DAILY: say(language, "button_daily"),
        Rhythm.WEEKLY: say(language, "button_weekly"),
    }
    return tuple(Button(_ticked(label, on=one is chosen), f"{SET}:r:{one}") for one, label in labels.items())


def _quiet_buttons(quiet: Quiet | None, language: str) -> tuple[Button, ...]:
    shown = [(say(language, "quiet_off"), None), *((short_hours(preset), preset) for preset in PRESETS)]
    buttons = [
        Button(_ticked(f"🌙 {label}", on=quiet == one), f"{SET}:q:{f'{one.start}-{one.end}' if one else 'off'}")
        for label, one in shown
    ]
    other = quiet is not None and quiet not in PRESETS
    label = short_hours(quiet) if quiet is not None and other else "…"
    return (*buttons, Button(_ticked(f"🌙 {label}", on=other), f"{SET}:q:ask"))


def _absence(preferences: Preferences | None, language: str) -> str:
    """Why no news comes."""
    if preferences is not None and preferences.pause_reason is PauseReason.RESTING and preferences.until is not None:
        return say(language, "settings_resting", date=day(language, preferences.until.date()))
    return say(language, "settings_unsubscribed")


def _everything_first(topics: Iterable[str]) -> list[str]:
    return sorted(topics, key=lambda topic: (topic != EVERYTHING, topic))


def _language_name(code: str | None, language: str) -> str:
    return phrasebook(spoken(code)).own_name if code else say(language, "language_automatic")


def _ticked(label: str, *, on: bool) -> str:
    return f"{TICK}{label}" if on else label


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _in_rows(buttons: Sequence[Button], width: int) -> Rows:
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))


def _back(language: str) -> tuple[Button, ...]:
    return (Button(say(language, "button_back"), SET),)
