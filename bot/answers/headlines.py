"""The headline: the value asked for, copied out of the sentence that states it, with the words that qualify it.

Never composed, and rather none than a wrong one: where several values fit, the reader says which; where it says
nothing, nobody does.
"""

import re
from collections.abc import Sequence
from datetime import date

from bot.answers.asking import Asked, grammar, names_something
from bot.answers.counting import clause, counted, mentions, numbers
from bot.answers.phrases import places
from bot.answers.polarity import denies
from bot.answers.ranking import Query
from bot.answers.reader import Read
from bot.answers.values import Value, dates, durations, names, prices
from bot.answers.wording import fold, terms
from corpus.textdates import written_dates

POINTED = 8.0
"""Score from which on the reader decides between values: it is right in 95 of 100 cases (held-out articles)."""
ALONE = 10.0
"""Score from which on its words are shown where no form confirms them ("for a good year and a half"), or a value whose
form would not do ("1,840 volunteers" for people), right as often."""
_MEASURED = frozenset({Asked.WHEN, Asked.HOW_LONG, Asked.HOW_MANY})
WORDS = 8
"""Words of a headline that has no form but the reader's: a longer one is no headline."""
HAN = 16
"""The same in Chinese characters."""
_SIGNS = " ,;:.!?(（[“”\"'‘’«»—–，。；：、）)]"
_WORD = re.compile(r"\w(?:[\w'’-]*\w)?")


def headline(query: Query, sentence: str, language: str, published: date, read: Read | None = None) -> str | None:
    """What to show above a sentence of an edition in `language`; None unless exactly one thing fits.

    `read` is what the reader makes of this very sentence, in its characters.
    """
    found = _of_kind(query, sentence, language, published)
    pointed = tuple(v for v in found if read is not None and _points_at(query, read, v))
    values = found
    if query.asked is Asked.HOW_MANY:
        values = counted(query, sentence, language, found, pointed)
    fitting = values
    sure = read is not None and read.pointed >= POINTED
    told = sure or (read is not None and len(_distinct(values, sentence)) != 1)
    if told and (pointed or query.asked is Asked.WHO):
        values = tuple(v for v in values if v in pointed)
    if len(_distinct(values, sentence)) == 1:
        value = values[0]
        lone = query.asked is Asked.WHO and language != "zh" and " " not in value.text
        plain = value in pointed or not _better_elsewhere(query, sentence, language, value, found)
        denied = _denied(query, sentence, language, value)
        if plain and not denied and (not lone or (value in pointed and sure)):
            return _with_time(query, sentence, language, value)
    if read is None or read.pointed < ALONE or query.asked is Asked.PRICE or (query.asked in _MEASURED and fitting):
        return None
    if query.asked in _MEASURED and found:
        one = len(_distinct(pointed, sentence)) == 1 and not _denied(query, sentence, language, pointed[0])
        return _with_time(query, sentence, language, pointed[0]) if one else None
    days = dates(sentence, language)
    if query.asked is Asked.WHEN and days:  # the article's own day
        return None
    if query.asked is Asked.HOW_MANY and any(day.start < read.end and read.start < day.end for day in days):
        return None
    return _as_pointed(query, sentence, language, read)


def _points_at(query: Query, read: Read, value: Value) -> bool:
    """Whether the reader means a value; a name only where it is most of what the reader points at."""
    shared = min(value.end, read.end) - max(value.start, read.start)
    return shared > 0 and (query.asked is not Asked.WHO or 2 * shared >= read.end - read.start)


def _start(sentence: str, value: Value) -> int:
    """Where the words that qualify a value begin."""
    return sentence.index(value.text, max(0, value.end - len(value.text)))


def _denied(query: Query, sentence: str, language: str, value: Value) -> bool:
    """Whether the sentence says of a value that it is not so, or the words shown would lose a "no" before them."""
    start = _start(sentence, value)
    before = sentence[:start].split()[-1:] if language != "zh" else [sentence[max(0, start - 2) : start]]
    around = clause(sentence, value).replace(value.text, " ")
    lost = any(denies(word, language, plainly=False) for word in before)
    return lost or (denies(around, language, plainly=True) and not denies(query.text, language, plainly=True))


def _with_time(query: Query, sentence: str, language: str, value: Value) -> str:
    """The value as the sentence writes it, and the time that a number took where it follows: "300,000 in 15 months"."""
    start = _start(sentence, value)
    end = start + len(value.text)
    within = grammar(language)["values"].get("within", "") or "(?!)"
    for time in durations(sentence, language) if query.asked is Asked.HOW_MANY else ():
        between = sentence[end : max(end, sentence.find(time.text, end))]
        if re.fullmatch(rf"\s(?:{within})\s", fold(between)):
            return sentence[start : time.end]
    return value.text


def _of_kind(query: Query, sentence: str, language: str, published: date) -> tuple[Value, ...]:
    """The values of the kind asked for that the question does not give itself."""
    match query.asked:
        case Asked.WHEN:
            found = _not_the_day_itself(query, dates(sentence, language), published)
        case Asked.HOW_LONG:
            found = durations(sentence, language)
        case Asked.PRICE:
            found = prices(sentence, language)
        case Asked.HOW_MANY:
            found = numbers(query, sentence, language)
        case Asked.WHO:
            found = _persons(query, sentence, language)
        case _:
            return ()
    return tuple(v for v in found if not terms(sentence[v.start : v.end]) <= query.terms)


def _better_elsewhere(query: Query, sentence: str, language: str, value: Value, found: Sequence[Value]) -> bool:
    """Whether the clause of another value says more of what the question says."""
    if query.language != language:
        return False
    said = {v: len(terms(clause(sentence, v)) & query.terms) for v in (value, *found)}
    return max(said.values()) > said[value]


def _distinct(values: Sequence[Value], sentence: str) -> frozenset[str]:
    return frozenset(sentence[v.start : v.end] for v in values)


def _not_the_day_itself(query: Query, found: Sequence[Value], published: date) -> tuple[Value, ...]:
    """An article's own day answers when it was announced, and nothing else."""
    if mentions(query, "announced"):
        return tuple(found)
    return tuple(v for v in found if published not in {day for _, _, day in written_dates(v.text)})


def _persons(query: Query, sentence: str, language: str) -> tuple[Value, ...]:
    """Names that are no place, no product and not the question's own; a person has two, a firm may have one."""
    asks_more = mentions(query, "several") or any(
        " " in name.text and terms(name.text) <= query.terms for name in names(sentence, language)
    )
    if asks_more:  # of several persons one name is a part of the answer; and "Who is Xu Fei?" asks for no name
        return ()
    at = grammar(language)["values"].get("at") or "(?!)"
    found = []
    days = dates(sentence, language)
    for value in names(sentence, language):
        if any(value.start < day.end and day.start < value.end for day in days):
            continue
        text = value.text
        while language != "zh" and " " in text and not names_something(text.split()[0], language):
            text = text.partition(" ")[2]
        known = fold(text) in places(language) or re.search(r"\d", text) is not None or bool(terms(text) & query.terms)
        known = known or re.search(rf"(?<!\w)(?:{at})\s$", fold(sentence[: value.end - len(text)])) is not None
        if not known and names_something(text, language) and _stands_alone(sentence, value, text, language):
            found.append(Value(value.end - len(text), value.end, text))
    return tuple(found)


def _stands_alone(sentence: str, value: Value, text: str, language: str) -> bool:
    """Whether a name ends where it seems to: a German noun before it has a capital too, and Chinese parts no words."""
    if language == "zh":
        return "（" in text and (value.start == 0 or not sentence[value.start - 1].isalnum())
    return language != "de" or (" " in text and not re.search(r" [a-z]", text))


def _as_pointed(query: Query, sentence: str, language: str, read: Read) -> str | None:
    """The words that the reader points at, if they are few and tell something."""
    start, end = read.start, read.end
    if language != "zh":  # the reader sees parts of words
        whole = [m for m in _WORD.finditer(sentence) if m.start() < end and start < m.end()]
        start, end = (min(start, whole[0].start()), max(end, whole[-1].end())) if whole else (0, 0)
    text = sentence[start:end].strip(_SIGNS)
    long = len(text) > HAN if language == "zh" else len(text.split()) > WORDS
    if long or not names_something(text, language) or terms(text) <= query.terms:
        return None
    return None if _denied(query, sentence, language, Value(start, end, sentence[start:end])) else text
