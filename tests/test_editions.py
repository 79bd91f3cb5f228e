"""The shipped announcement: six editions that say the same, every fact of it, in the project's own words."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.settings import LANGUAGES, Settings
from corpus.model import Article, Edition
from corpus.reader import read_corpus
from index.store import passages_of

SLUG = "2025-09-24-xiaomi-cars-abroad"
(ARTICLE,) = read_corpus([Settings().shipped_articles])
EDITIONS = {edition.language: edition for edition in ARTICLE.editions}

NAMES = (
    "Xu Fei",
    "SU7",
    "YU7",
    "Ultra",
    "Telegram",
    "Human x Car x Home",
    "Xiaomi Italia",
    "Chief Marketing Officer",
)
"""Names that are written in Latin letters in every language."""

SPELLED = {
    "en": {"two": 2, "couple": 2, "three": 3},
    "it": {"due": 2, "paio": 2, "tre": 3},
    "es": {"dos": 2, "par": 2, "tres": 3},
    "de": {"zwei": 2, "paar": 2, "drei": 3},
    "fr": {"deux": 2, "trois": 3},
    "zh": {"两年": 2, "三分钟": 3},
}
"""The numbers that the announcement spells; "一" is in too many words of Chinese to stand for one."""

MONTHS = r"September|settembre|septiembre|septembre"


def numbers(text: str, language: str) -> Counter[int]:
    """Every number of a sentence, however it is written: 300.000, 300,000, 300 000 and 30万 are one."""
    text = re.sub(r"\b[SY]U7\b|[SY]U7", " ", text)
    text = re.sub(r"(?<=\d)[.,\u00a0\u202f ](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(\d+)年(\d+)月(\d+)日", r"\3 \1", text)  # 24 September 2025: the month is a word elsewhere
    text = re.sub(r"(\d+)万", lambda match: str(int(match[1]) * 10_000), text)
    found = Counter(int(number) for number in re.findall(r"\d+", text))
    for word, value in SPELLED[language].items():
        pattern = word if language == "zh" else rf"\b{word}\b"
        found[value] += len(re.findall(pattern, text, re.IGNORECASE))
    return +found


def names(text: str) -> set[str]:
    """The Latin names that a sentence has."""
    return {name for name in NAMES if name in text}


def test_there_are_six_editions() -> None:
    """The announcement comes in every language that the bot speaks, the Italian original first."""
    assert ARTICLE.slug == SLUG
    assert ARTICLE.original.language == "it"
    assert sorted(EDITIONS) == sorted(LANGUAGES)
    assert {edition.original for edition in EDITIONS.values()} == {"it"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_align(language: str) -> None:
    """Paragraph by paragraph and sentence by sentence, every edition has the ids of the original."""
    assert [s.id for s in EDITIONS[language].sentences] == [s.id for s in ARTICLE.original.sentences]
    assert [p.id for p in EDITIONS[language].paragraphs] == [f"{SLUG}/p{k}" for k in range(1, 9)]
    headed = [paragraph.heading is not None for paragraph in EDITIONS[language].paragraphs]
    assert headed == [paragraph.heading is not None for paragraph in ARTICLE.original.paragraphs]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heads_agree(language: str) -> None:
    """Every edition gives the date, the topics, a title with the year and a source with the date's numbers."""
    edition = EDITIONS[language]
    assert edition.published == date(2025, 9, 24)
    assert edition.topics == ("news",)
    assert numbers(edition.title, language) == Counter([2027])
    assert numbers(edition.source, language) == Counter([24, 2025])
    assert len(edition.questions) == len(set(edition.questions)) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_agree(language: str) -> None:
    """Every sentence has the numbers of its original, in figures or in words."""
    for here, there in zip(EDITIONS[language].sentences, ARTICLE.original.sentences, strict=True):
        assert numbers(here.text, language) == numbers(there.text, "it"), here.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_agree(language: str) -> None:
    """Every sentence has the names of its original."""
    for here, there in zip(EDITIONS[language].sentences, ARTICLE.original.sentences, strict=True):
        assert names(here.text) == names(there.text), here.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_agree(language: str) -> None:
    """The day of the keynote is written out in full, once, as the language writes it."""
    pattern = r"2025年9月24日" if language == "zh" else rf"24\.? (?:de )?(?:{MONTHS})(?: de)? 2025"
    assert [s.id for s in EDITIONS[language].sentences if re.search(pattern, s.text)] == [f"{SLUG}/p2/s1"]


FACTS = {
    "sold outside China from 2027": (r"sell.*outside China from 2027", r"vender.*fuori dalla Cina.*dal 2027"),
    "officially confirmed": (r"official confirmation", r"conferma ufficiale"),
    "after months of rumours": (r"months of rumours", r"mesi di indiscrezioni"),
    "an expansion like none before": (r"unprecedented.*expansion", r"espansione.*mai vist[oa] prima"),
    "Xu Fei announced it at the keynote of the day": (
        r"Xu Fei announced.*keynote of 24 September 2025",
        r"Xu Fei ha annunciato.*keynote.*24 settembre 2025",
    ),
    "who Xu Fei is": (
        r"Xu Fei is vice president and Chief Marketing Officer of Xiaomi",
        r"Xu Fei è vicepresidente e Chief Marketing Officer di Xiaomi",
    ),
    "Xiaomi is from Beijing": (r"Xiaomi.*Beijing", r"Xiaomi.*Pechino"),
    "he took stock of first results": (r"took stock of the first results", r"bilancio dei primi risultati"),
    "the Telegram channel": (r"Xiaomi Italia on Telegram.*news and offers", r"Xiaomi Italia su Telegram.*offerte"),
    "the SU7 is a sports sedan": (r"SU7 is a sports sedan", r"SU7 è una berlina sportiva"),
    "there is an Ultra variant": (r"SU7.*available.*Ultra", r"SU7.*disponibile.*Ultra"),
    "300,000 delivered in 15 months": (
        r"Deliveries of the Xiaomi SU7.*300,000.*15 months",
        r"consegne della Xiaomi SU7.*300\.000.*15 mesi",
    ),
    "a brand new to the market": (r"brand that entered the car market only recently", r"marchio entrato.*di recente"),
    "200,000 ordered in three minutes": (
        r"YU7 collected 200,000 confirmed orders in the first three minutes",
        r"YU7 ha raccolto 200\.000 ordini confermati nei primi tre minuti",
    ),
    "ready for the world": (r"why Xiaomi is ready for a global expansion", r"perché Xiaomi è pronta.*globale"),
    "the yellow SU7 Ultra": (r"SU7 Ultra.*yellow.*stage", r"SU7 Ultra.*giallo.*palco"),
    "the ecosystem": (
        r"Human x Car x Home is an ecosystem.*smartphones, cars and home devices",
        r"Human x Car x Home è un ecosistema.*smartphone.*auto.*dispositivi di casa",
    ),
    "digital and real life": (r"flow between digital life and real life", r"flusso.*vita digitale e vita reale"),
    "streaming goes to the car": (
        r"streaming.*smartphone.*infotainment.*car",
        r"streaming.*smartphone.*infotainment.*(?:auto|vettura)",
    ),
    "the home expects its owner": (
        r"gate, the front door and the lights",
        r"il cancello, la porta d'ingresso e le luci",
    ),
    "the vision goes abroad": (
        r"Human x Car x Home.*accessible to users outside China",
        r"Human x Car x Home.*accessibile anche agli utenti fuori dalla Cina",
    ),
    "10,000 stores by 2030": (r"10,000 official stores.*by 2030", r"10\.000 negozi ufficiali.*entro il 2030"),
    "what the stores offer": (
        r"immersive experience with smartphones, home devices and the electric cars of the SU and YU lines",
        r"esperienza immersiva con smartphone, dispositivi per la casa e auto elettriche delle linee SU e YU",
    ),
    "stores as hubs": (r"stores into real hubs", r"negozi in veri hub"),
    "customers try it themselves": (
        r"customers will experience first-hand.*mobile technology, smart home and electric mobility",
        r"clienti proveranno.*tecnologia mobile.*mobilità elettrica",
    ),
    "a player in electric cars": (
        r"leading player.*high tech.*global market of electric cars",
        r"protagonista.*hi-tech.*mercato globale delle auto elettriche",
    ),
    "a new phase": (
        r"debut in 2027.*new phase",
        r"(?:debutto internazionale.*2027|2027.*debutto internazionale).*nuova fase",
    ),
    "against the giants": (r"compete with the established giants", r"competere con i giganti affermati"),
    "a couple of years until Europe and America": (
        r"Europe and America.*couple of years.*2027",
        r"Europa e in America.*paio d'anni.*2027",
    ),
    "products for the home": (r"products for the home and for entertainment", r"prodotti per la casa e per l'intratt"),
    "no longer only smartphones": (
        r"no longer only a brand of smartphones.*daily life, from mobility to the smart home",
        r"non è più soltanto.*smartphone.*(?:tutta la vita|giornata).*dalla mobilità alla",
    ),
}
"""What the announcement states, and how its English and its Italian sentence say it."""


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_is_in_one_sentence(fact: str) -> None:
    """Each fact is stated in a sentence of its own, the same one in English and in Italian."""
    english, italian = FACTS[fact]
    here = [s.id for s in EDITIONS["en"].sentences if re.search(english, s.text)]
    there = [s.id for s in EDITIONS["it"].sentences if re.search(italian, s.text)]
    assert len(here) == 1
    assert here == there


PRONOUNS = {
    "en": r"it|they|he|she|this|these|those (?!who)|that|its|their|his|there",
    "it": r"esso|essa|essi|esse|lui|lei|egli|ella|loro|questo|questa|questi|queste|quello|ciò|si",
    "es": r"él|ella|ellos|ellas|ello|este|esta|esto|estos|estas|eso|su|sus|se",
    "de": r"er|sie|es|dies|diese|dieser|dieses|das (?!internationale)|ihre|ihr|sein|seine",
    "fr": r"il|elle|ils|elles|ce|cela|ça|ceci|celui|celle|son|sa|ses|leur|leurs|on",
    "zh": r"它|它们|他|他们|她|这|这些|那|其|该",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_stands_alone(language: str) -> None:
    """An answer is one sentence: none begins with a pronoun whose noun is in another."""
    end = "" if language == "zh" else r"\b"
    opening = re.compile(rf"(?:{PRONOUNS[language]}){end}", re.IGNORECASE)
    assert [s.text for s in EDITIONS[language].sentences if opening.match(s.text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_sentences_are_the_same(language: str) -> None:
    """Every sentence says something of its own."""
    texts = [sentence.text for sentence in EDITIONS[language].sentences]
    assert len(set(texts)) == len(texts)


def test_no_heading_and_no_title_is_indexed() -> None:
    """The index holds the sentences and the paragraphs, and neither headings nor titles."""
    indexed = {passage.text for passage in passages_of([ARTICLE])}
    for edition in EDITIONS.values():
        headings = {paragraph.heading for paragraph in edition.paragraphs if paragraph.heading}
        assert len(headings) == 4
        assert not {*headings, edition.title} & indexed


RUN = 8
"""Words in a row that count as copied."""


def word_runs(text: str) -> Iterator[tuple[str, ...]]:
    """Every run of eight words, without case and signs."""
    said = re.findall(r"\w+(?:[.,]\d+)*", text.lower())
    return zip(*(said[start:] for start in range(RUN)), strict=False)


def own_text(edition: Edition) -> list[str]:
    """Everything that an edition says, each sentence, heading and title by itself and each paragraph in one."""
    headings = [paragraph.heading for paragraph in edition.paragraphs if paragraph.heading]
    return [edition.title, *headings, *(paragraph.text(edition.language) for paragraph in edition.paragraphs)]


def test_a_copied_run_would_be_seen() -> None:
    """Eight words in a row are found whatever their case, signs and apostrophes, and seven are not."""
    said = "L’annuncio è stato dato da Xu Fei, nel keynote."
    assert len(list(word_runs(said))) == 3
    assert next(word_runs("l'Annuncio: è stato dato da Xu Fei!")) == next(word_runs(said))
    assert list(word_runs("one two three four five six seven")) == []


def test_no_sentence_is_copied(shared_file: Callable[[str], Path | None]) -> None:
    """No edition has eight words in a row from the source article, wherever that lies beside the checkout."""
    sources = [path for path in [shared_file("announcement/article.it.txt")] if path]
    for source in sources:
        taken = set(word_runs(source.read_text(encoding="utf-8")))
        assert len(taken) > 400
        for edition in EDITIONS.values():
            copied = [" ".join(run) for text in own_text(edition) for run in word_runs(text) if run in taken]
            assert copied == []


def test_the_article_is_one() -> None:
    """The shipped corpus is this one article."""
    assert isinstance(ARTICLE, Article)
    assert read_corpus([Settings().shipped_articles]) == (ARTICLE,)
