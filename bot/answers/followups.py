"""A question that leans on the last one, told in full: "When do the cars reach Europe?", then "and in America?"."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.answers.asking import Asked, grammar, names_something, what_is_asked
from bot.answers.ellipsis import Fragment, read_fragment
from bot.answers.phrases import Kind, Phrase, chinese_phrases, is_one, pattern, phrases, question_words
from bot.answers.smalltalk import recognise
from bot.answers.wording import fold

_ENDS = " \t.,;:!?…¿¡？！。，；："
_LIKE = {
    Kind.PLACE: (Kind.PLACE,),
    Kind.TIME: (Kind.TIME,),
    Kind.CODE: (Kind.CODE, Kind.NAME),
    Kind.NAME: (),
    Kind.NOUN: (),
}
"""Which phrases one of a kind takes the place of, the likeliest first."""
_NAMES = (Kind.NAME, Kind.CODE)
_ABOUT = (*_NAMES, Kind.PLACE)
"""What is left of the last question where another thing is asked of the same: "The price: SU7, Europe?"."""
_CHINESE_TAIL = re.compile(r"[呢吧啊]$")
_CHINESE_END = re.compile(r"[吗呢吧啊]$")
_CHINESE_SUBJECT = re.compile(rf"^.{{1,8}}?(?={pattern('zh', 'question')}|[将会能要有是已])")


def follow_up(message: str, last: str, language: str) -> str | None:
    """The whole question that `message` asks after the question `last`, whose words are `language`.

    None where the message says all that it asks, or asks nothing.
    """
    fragment = read_fragment(message, language)
    text = last.strip(_ENDS)
    if fragment is None or not re.search(r"\w", text) or recognise(message, [language]):
        return None
    if what_is_asked(fragment.asked, language) is Asked.WHO and what_is_asked(text, language) is not Asked.WHO:
        return None  # of "when do the cars come?" and "who?" no words make a question
    if language == "zh":
        ends = _CHINESE_END if fragment.asked else _CHINESE_TAIL
        return f"{_in_chinese(fragment, ends.sub('', text))}？"
    if fragment.phrase is not None:
        text = _with_phrase(text, fragment.text, fragment.phrase, language)
    if fragment.asked:
        text = _asking(text, fragment.asked, language)
    text = text[:1].upper() + text[1:]
    return {"es": f"¿{text}?", "fr": f"{text}\u202f?"}.get(language, f"{text}?")


def _with_phrase(last: str, fragment: str, phrase: Phrase, language: str) -> str:
    """The last question about what `phrase` of `fragment` names: in the place of its like, else beside it."""
    target = _counterpart(last, fragment, phrase, language)
    if target is not None:
        target = _coordinated(last, phrases(last, language, whole=True), target, language)
        start, piece = _exchanged(last, target, fragment, phrase, language)
        return last[:start] + piece + last[target.end :]
    if phrase.prepositional:
        return f"{last} {_lowered(fragment, language)}"
    if phrase.kind is Kind.NOUN:
        about = [last[other.core : other.end] for other in phrases(last, language, whole=True) if other.kind in _ABOUT]
        return _joined(fragment, ", ".join(about) or _without_question_words(last, language), language)
    return _joined(fragment, last, language)


def _exchanged(last: str, target: Phrase, fragment: str, phrase: Phrase, language: str) -> tuple[int, str]:
    """From where on the last question is overwritten, and with what.

    Its preposition and its article stay where the fragment brings none.
    """
    whole = target.prepositional or _has(fragment, phrase, "apart", language)
    if phrase.prepositional and whole and target.kind in {Kind.PLACE, Kind.TIME}:
        return target.start, fragment
    if language == "en" and phrase.kind is Kind.PLACE and target.kind is Kind.PLACE:
        return target.article, fragment[phrase.article :]  # "the UK", but "Italy": the article belongs to the name
    if phrase.prepositional:
        return target.core, fragment[phrase.core :]
    agreed = _agreed(last, target, fragment, phrase, language)
    if agreed is not None:
        return agreed
    # A German article depends on the sentence: the one that is there fits better.
    if phrase.definite and target.definite and language != "de":
        return target.article, fragment[phrase.article :]
    return target.core, fragment[phrase.core :]


def _agreed(last: str, target: Phrase, fragment: str, phrase: Phrase, language: str) -> tuple[int, str] | None:
    """As `_exchanged`, where the word before agrees with the article: "en" and "les" are "aux États-Unis"."""
    asked = question_words(last, language)
    counted = asked is not None and 0 <= target.start - asked[1] <= 1
    if not counted and phrase.kind is not Kind.PLACE:
        return None
    start = asked[0] if asked and counted else target.start
    both = fold(f"{last[start : target.core]} {fragment[phrase.article : phrase.core]}")
    pairs = (pair.split("=") for pair in grammar(language)["followups"]["agreed"].split("|") if pair)
    agreed = dict(pairs).get(" ".join(both.split()))
    return (start, f"{agreed} {fragment[phrase.core :]}") if agreed else None


def _has(fragment: str, phrase: Phrase, name: str, language: str) -> bool:
    """Whether one of the fragment's prepositions is in a list of the rules."""
    words = re.findall(r"[^\W_]+'?", fold(fragment[phrase.start : phrase.article]).replace("’", "'"))
    return any(is_one(word, language, name) for word in words)


def _counterpart(last: str, fragment: str, phrase: Phrase, language: str) -> Phrase | None:
    """The phrase of the last question that this one takes the place of."""
    found = list(phrases(last, language, whole=True))
    if phrase.prepositional and phrase.kind in {Kind.NAME, Kind.NOUN}:
        # "in Rome" is no place that is known, but says where; "with Tesla" stands beside what was asked.
        if not _has(fragment, phrase, "where", language):
            return None
        places = [other for other in found if other.kind is Kind.PLACE]
        return next((place for place in places[::-1] if place.prepositional or phrase.kind is Kind.NAME), None)
    if phrase.kind in _NAMES and _has(fragment, phrase, "apart", language):
        return None
    if phrase.kind is Kind.NAME:
        return next((other for other in reversed(found) if other.kind in _NAMES), None)
    same = next(filter(None, ([other for other in found if other.kind is kind] for kind in _LIKE[phrase.kind])), [])
    if same:
        return _alike(fragment, phrase, last, same)
    if phrase.kind in {Kind.PLACE, Kind.TIME} or phrase.prepositional:
        return None
    if what_is_asked(fragment[phrase.core :], language) is not Asked.OTHER:
        return None  # "and the price?" asks for something else of the same
    return _counted(last, found, language)


def _coordinated(last: str, found: Iterable[Phrase], target: Phrase, language: str) -> Phrase:
    """The target with those of its kind that are joined to it: of "Europe and America" both make way."""
    kinds = _NAMES if target.kind in _NAMES else (target.kind,)
    joint = rf"\s*[,，、]?\s*(?:{pattern(language, 'lead')}|{grammar(language)['values']['and']})\s*|\s*[,，、]\s*"
    for other in sorted(found, key=lambda phrase: -phrase.end):
        if other.kind in kinds and re.fullmatch(joint, fold(last[other.end : target.start])):
            target = replace(target, start=other.start, article=other.article, core=other.core)
    return target


def _alike(fragment: str, phrase: Phrase, last: str, found: Sequence[Phrase]) -> Phrase:
    """Of several phrases the one with a number in it like this one, or without; the last of those."""
    numbered = re.search(r"\d", fragment[phrase.core :]) is not None
    alike = [other for other in found if (re.search(r"\d", last[other.core : other.end]) is not None) == numbered]
    return (alike or found)[-1]


def _counted(last: str, found: Sequence[Phrase], language: str) -> Phrase | None:
    """What the last question counts: the "orders" of "how many orders"."""
    asked = question_words(last, language)
    if asked is None or what_is_asked(last, language) is not Asked.HOW_MANY:  # "quanto costa" counts nothing
        return None
    return next((other for other in found if 0 <= other.start - asked[1] <= 1 and other.kind is Kind.NOUN), None)


def _joined(first: str, second: str, language: str) -> str:
    colon = "\u202f: " if language == "fr" else ": "
    return f"{first}{colon}{_lowered(second, language)}"


def _without_question_words(last: str, language: str) -> str:
    found = question_words(last, language)
    return f"{last[: found[0]]}{last[found[1] :]}".strip() if found else last


def _asking(last: str, asked: str, language: str) -> str:
    """The last question, with other question words."""
    found = question_words(last, language)
    if found is None:
        lowered = _lowered(last, language)
        return _joined(asked, last, language) if lowered == last else f"{asked} {lowered}"
    counts = [what_is_asked(words, language) is Asked.HOW_MANY for words in (last[slice(*found)], asked)]
    if all(counts):
        return last
    rest = _without_question_words(last, language)
    # "How many cars come?" has its noun beside the question words, "when?" has not: a colon stands for the rest.
    return _joined(asked, rest, language) if any(counts) else f"{asked} {rest}"


def _lowered(text: str, language: str) -> str:
    """The text with a small first letter, unless its first word may be a name. A verb is none: "Kommen die ..."."""
    lowered = text[:1].lower() + text[1:]
    words = [fold(word) for word in re.findall(r"\w+", text)[:2]]
    if not words or not names_something(words[0], language):
        return lowered
    verb = re.match(grammar(language).get("polarity", {}).get("asks", "(?!)"), lowered)
    return lowered if verb and is_one(words[-1], language, "determiners") else text


def _in_chinese(fragment: Fragment, last: str) -> str:
    phrase = fragment.phrase
    if phrase is not None:
        last = _with_chinese_phrase(last, fragment.text, phrase)
    if not fragment.asked:
        return last
    found = question_words(last, "zh")
    rest = last[: found[0]] + last[found[1] :] if found else last
    return fragment.asked + rest


def _with_chinese_phrase(last: str, fragment: str, phrase: Phrase) -> str:
    core = fragment[phrase.core :]
    found = [other for other in chinese_phrases(last) if other.kind in _LIKE[phrase.kind]]
    if found:
        target = _coordinated(last, chinese_phrases(last), _alike(fragment, phrase, last, found), "zh")
        if phrase.prepositional and target.prepositional:
            return last[: target.start] + fragment + last[target.end :]
        return last[: target.core] + core + last[target.end :]
    if phrase.prepositional:
        return f"{fragment}{last}"
    if phrase.kind in {Kind.NOUN, Kind.CODE} and what_is_asked(core, "zh") is Asked.OTHER:
        named = next((other for other in chinese_phrases(last) if other.kind is Kind.CODE and other.start == 0), None)
        if named:
            return core + last[named.end :]
        subject = _CHINESE_SUBJECT.match(last)
        if subject:
            return core + last[subject.end() :]
    if phrase.kind is Kind.NOUN:
        about = [last[other.core : other.end] for other in chinese_phrases(last) if other.kind in _ABOUT]
        return f"{core}：{'、'.join(about) or _without_question_words(last, 'zh')}"
    return f"{core}：{last}"
