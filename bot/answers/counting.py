"""What a question counts: of several numbers in a sentence, those of the thing that "how many" is asked about."""

import re
from collections.abc import Sequence
from functools import cache

from bot.answers.asking import bounded, grammar, names_something
from bot.answers.ranking import Query
from bot.answers.values import Value, dates, durations, quantities
from bot.answers.wording import fold, terms

NOUN = 3
"""Words after "how many" that name what is counted: "how many confirmed orders"."""
NEAR = 5
"""Words after a number among which stands what it counts."""
PAUSE = re.compile(r"[;:()（），；：。、—–]|,(?!\d)|\.(?!\d)")
"""What parts a sentence, but no number."""
_WORD = re.compile(r"[^\W_]+")


def mentions(query: Query, name: str) -> bool:
    """Whether the question has one of the words that grammar.toml lists under this name."""
    pattern = grammar(query.language)["values"].get(name, "(?!)")
    return re.search(bounded(pattern, query.language), fold(query.text)) is not None


@cache
def _counts(language: str) -> re.Pattern[str]:
    return re.compile(bounded(grammar(language)["values"].get("counts", "(?!)"), language))


def _unit(query: Query) -> frozenset[str]:
    """The terms of what the question counts: those of "confirmed orders" in "how many confirmed orders came in?"."""
    folded = fold(query.text).replace("’", "'")
    asked = _counts(query.language).search(folded)
    if asked is None:
        return frozenset()
    if query.language == "zh":
        counted = re.match(r"[\u3400-\u9fff]{1,5}", folded[asked.end() :])
        return terms(counted.group()) | frozenset(counted.group()[:1]) if counted else frozenset()
    unit: list[str] = []
    for word in _WORD.findall(PAUSE.split(folded[asked.end() :])[0]):
        if names_something(word, query.language):
            unit.append(word)
        elif unit:
            break
        if len(unit) == NOUN:
            break
    return terms(" ".join(unit))


def clause(sentence: str, value: Value) -> str:
    """The part of the sentence around a value, from one pause to the next."""
    pauses = [0, *(match.end() for match in PAUSE.finditer(sentence)), len(sentence) + 1]
    start = max(pause for pause in pauses if pause <= value.start)
    return sentence[start : min(pause for pause in pauses if pause > value.start)]


def _behind(sentence: str, value: Value, language: str) -> list[str]:
    """The few words after a value, in its clause and before the next number."""
    rest = re.split(r"(?<!\w)\d", PAUSE.split(sentence[value.end :])[0])[0]
    return [rest.strip()[:NEAR]] if language == "zh" else _WORD.findall(rest)[:NEAR]


def numbers(query: Query, sentence: str, language: str) -> tuple[Value, ...]:
    """Quantities; what looks like a year where what is counted stands behind it; an age where nothing is counted."""
    unit = _unit(query)
    if not unit:
        return quantities(sentence, language) + durations(sentence, language)
    years = tuple(
        v
        for v in dates(sentence, language)
        if v.text.isdigit() and unit & terms(" ".join(_behind(sentence, v, language)[:NOUN]))
    )
    return quantities(sentence, language) + years


def counted(
    query: Query, sentence: str, language: str, found: Sequence[Value], pointed: Sequence[Value]
) -> tuple[Value, ...]:
    """Of several numbers those of what the question counts; none that counts something else."""
    share = mentions(query, "share")
    shares = re.compile(rf"%|{bounded(grammar(language)['values'].get('shares', '(?!)'), language)}")
    found = tuple(v for v in found if not _labels(sentence, v, language))
    alike = tuple(v for v in found if bool(shares.search(fold(v.text))) is share) or found
    if query.language != language:
        return alike
    unit = _unit(query)
    if not unit:
        return alike if share else tuple(v for v in alike if _measures(sentence, v, language)) or alike
    behind = {v: terms(f"{sentence[v.start : v.end]} {' '.join(_behind(sentence, v, language))}") for v in alike}
    close = tuple(v for v in alike if unit & behind[v])
    if close:
        return close
    loose = tuple(
        v
        for v in alike
        if not _counts_another(query, sentence, language, v)
        or (v in pointed and _says_the_rest(query, sentence, v, unit))
    )
    return tuple(v for v in loose if unit & terms(clause(sentence, v))) or loose


def _says_the_rest(query: Query, sentence: str, value: Value, unit: frozenset[str]) -> bool:
    """Whether a clause that calls what is counted by another name says most of what else the question says."""
    rest = query.terms - unit
    return 2 * len(rest & terms(clause(sentence, value))) > len(rest)


def _labels(sentence: str, value: Value, language: str) -> bool:
    """Whether a number belongs to the name before it: "Category 2", "Eurobird 1"."""
    if value.text != sentence[value.start : value.end]:
        return False
    before = re.search(r"(\w+)[ \u00a0]?$", sentence[: value.start])
    if before is None or before.start() == 0:
        return False
    if language == "zh":
        return re.match(r"[A-Za-z]", before[1][-1]) is not None
    first = next(iter(_behind(sentence, value, language)), "")
    return before[1][0].isupper() and not names_something(first, language) and value.text.isdigit()


def _measures(sentence: str, value: Value, language: str) -> bool:
    """Whether a number has a unit: "how fast?" asks for none without."""
    if language == "zh" or not value.text[-1].isdigit():
        return True
    return names_something(next(iter(_behind(sentence, value, language)), ""), language)


def _counts_another(query: Query, sentence: str, language: str, value: Value) -> bool:
    """Whether a noun that the question lacks stands right behind a number."""
    if language == "zh":
        return False
    first = next(iter(_behind(sentence, value, language)), "")
    return bool(first) and names_something(first, language) and not terms(first) <= terms(query.text)
