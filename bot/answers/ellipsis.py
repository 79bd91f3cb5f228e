"""What a question leaves unsaid: "and in America?", "since when?", read by the rules in grammar.toml.

Only what cannot stand alone is read so. A message with a verb of its own is a whole question, whatever word it
begins with; where that is in doubt, nothing is read.
"""

import re
from dataclasses import dataclass

from bot.answers.asking import grammar
from bot.answers.phrases import SIGNS, YEAR, Kind, Phrase, is_one, pattern, phrases, places, question_words, tongues
from bot.answers.wording import fold
from corpus.cleaning import clean_line

_BARE_NOUNS = frozenset({"en"})
"""Languages in which a noun often stands without an article; in the others such a word may well be a verb."""
LONGEST = 60
"""Characters of a message that may lean on the last question; whoever writes more says all that is needed."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a message says that leans on the last question."""

    text: str
    """The phrase as it was typed, "" where there is none."""
    phrase: Phrase | None
    asked: str
    """The question words as they were typed, "" where there are none."""


def read_fragment(message: str, language: str) -> Fragment | None:
    """What a message leaves to the last question, whose words are `language`; None for one that stands alone."""
    if len(message) > LONGEST * 2 or not grammar(language).get("followups"):
        return None
    line = clean_line(message)
    asks = line.rstrip().endswith(("?", "？"))
    text = line.strip(SIGNS)
    if not text or len(text) > LONGEST:
        return None
    text, led = _without_lead(text, language)
    if language == "zh":
        return _read_chinese(text, led=led)
    text, asked, at_end = _without_question_words(_without_tail(text, language), language)
    if asked and is_one(fold(asked).replace("’", "'"), language, "unclear"):
        return None
    if not text:
        return Fragment("", None, asked) if asked else None
    phrase = _only_phrase(text, language)
    if phrase is None or is_one(fold(text[phrase.core :]), language, "idle"):
        return None
    if phrase.prepositional and fold(text[phrase.core :]) in tongues(language):  # "in English, please"
        return None
    if not phrase.prepositional and not (led and (at_end or not asked)):
        return None
    if phrase.kind is Kind.NOUN and phrase.core == 0 and not (led and language in _BARE_NOUNS):
        return None
    ordinary = phrase.kind is Kind.NOUN or (phrase.kind is Kind.NAME and language == "de")
    if ordinary and not (led or asked or asks):  # "of course", "zum Beispiel"
        return None
    return Fragment(text, phrase, asked)


def _without_question_words(text: str, language: str) -> tuple[str, str, bool]:
    """The text without its question words, these, and whether they stood at its end."""
    found = question_words(text, language)
    if found is None:
        return text, "", False
    at_end = found[0] > 0
    rest = (text[: found[0]] if at_end else text[found[1] :]).strip(SIGNS)
    return _without_tail(rest, language), text[slice(*found)], at_end


def _only_phrase(text: str, language: str) -> Phrase | None:
    """The phrase that is the whole of a text, if it is."""
    found = list(phrases(text, language, whole=False))
    return found[0] if len(found) == 1 and found[0].start == 0 and found[0].end == len(text) else None


def _without_lead(text: str, language: str) -> tuple[str, bool]:
    """The text without the words that join it to the last question, and whether there were any."""
    gap = r"[\s，,]*" if language == "zh" else r"(?:(?<=['’])|[\s,]+)"
    lead = pattern(language, "lead")
    match = re.match(rf"(?:(?:{lead}){gap})+(?=\S)", text.lower().replace("’", "'"))
    return (text[match.end() :].lstrip(SIGNS), True) if match and len(text) == len(text.lower()) else (text, False)


def _without_tail(text: str, language: str) -> str:
    """The text without the words that add nothing at its end: "since when exactly"."""
    folded = fold(text).replace("’", "'")
    match = re.search(rf"(?<=\w)[\s,]+(?:{pattern(language, 'tail')})$", folded)
    return _without_tail(text[: match.start()].rstrip(SIGNS), language) if match else text


def _read_chinese(text: str, *, led: bool) -> Fragment | None:
    ended = re.search(rf"(?:{pattern('zh', 'tail')})+$", text)
    bare = text[: ended.start()].strip(SIGNS) if ended else text
    asks = ended is not None and "呢" in ended.group()  # but "天气怎么样" asks for itself
    if is_one(bare, "zh", "question"):
        return Fragment("", None, bare) if not is_one(bare, "zh", "unclear") else None
    asked = ""
    found = question_words(bare, "zh")
    if found:
        if not led or (found[0] > 0 and found[1] < len(bare)):
            return None
        asked = bare[found[0] : found[1]]
        bare = (bare[: found[0]] or bare[found[1] :]).strip(SIGNS)
    head = re.match(f"(?:{pattern('zh', 'prepositions')})", bare)
    core = bare[head.end() :].strip() if head else bare
    kind = _chinese_kind(core)
    if kind is Kind.NOUN and head and is_one(head.group(), "zh", "where"):
        kind = Kind.PLACE
    if kind is None or (kind is Kind.NOUN and asked) or not (led or asks or (head and kind is Kind.PLACE)):
        return None
    start = len(bare) - len(core)
    return Fragment(bare, Phrase(kind, 0, start, start, len(bare)), asked)


def _chinese_kind(core: str) -> Kind | None:
    if not core or is_one(core, "zh", "idle") or core in tongues("zh"):
        return None
    if core in places("zh") or is_one(core, "zh", "places"):
        return Kind.PLACE
    if YEAR.fullmatch(core.removesuffix("年")):
        return Kind.TIME
    if re.fullmatch(r"[A-Za-z\d][A-Za-z\d .+-]*", core):
        return Kind.CODE
    return None if len(core) > 6 or re.search(pattern("zh", "clause"), core) else Kind.NOUN
