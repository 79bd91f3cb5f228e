"""Raw text -> headlines, paragraphs, sentences: nothing lost, nothing altered, headlines never among the sentences."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.cleaning import clean_line
from corpus.sentences import MAX_SENTENCE_CHARS, split_sentences
from corpus.splitter import Block, split_text

LANGUAGES = ("it", "en", "es", "de", "fr", "zh", "ja", "ru", "xx")
PROSE = st.lists(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(list(" .!?…,:;\"'«»“”„()[]-\n\t1aA。！？」ȸ∯&ᓴ*+\\🎉\u200d\u0301")),
        st.sampled_from(["Sr.", " mld.", " S.p.A. ", "z. B.", "etc.", " Inc. A", "1.5", ". B", "**", "\n# ", "\n- "]),
    ),
    max_size=60,
).map("".join)
# The first example pays for the import of pysbd, and the machine may be busy: how long one takes says nothing.
unhurried = settings(deadline=None)


def unspaced(text: str) -> str:
    return "".join(text.split())


def contents(blocks: tuple[Block, ...]) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(block.heading, block.sentences) for block in blocks]


@unhurried
@given(text=PROSE, language=st.sampled_from(LANGUAGES))
def test_sentences_lose_and_alter_nothing(text: str, language: str) -> None:
    """Whatever the text, its sentences one after the other are the clean text, in order and to the character."""
    line = clean_line(text)
    sentences = split_sentences(line, language)
    position = 0
    for sentence in sentences:
        assert sentence == sentence.strip() != ""
        found = line.index(sentence, position)
        assert not line[position:found].strip()
        position = found + len(sentence)
    assert not line[position:].strip()


@unhurried
@given(text=PROSE, language=st.sampled_from(LANGUAGES))
def test_blocks_are_clean_lines(text: str, language: str) -> None:
    """Every heading and every sentence of any text is one clean line with something in it."""
    for block in split_text(text, language):
        for line in (*block.sentences, *([block.heading] if block.heading is not None else [])):
            assert line == line.strip() != ""
            assert unspaced(clean_line(line)) == unspaced(line)


@unhurried
@given(st.lists(st.text(st.sampled_from("abcAB ,.!?é"), min_size=1).map(clean_line).filter(bool), min_size=1))
def test_text_without_marks_keeps_every_character(paragraphs: list[str]) -> None:
    """In text without list or heading marks every visible character ends in a heading or in a sentence."""
    blocks = split_text("\n\n".join(paragraphs), "it")
    kept = "".join((block.heading or "") + "".join(block.sentences) for block in blocks)
    assert unspaced(kept) == unspaced("".join(paragraphs))


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("it", ["La Rossi S.p.A. vale 5 mld. di euro e 3 mln. di yuan.", "Il dott. Bianchi rise."]),
        ("it", ["Ha venduto 300.000 auto a 1,5 mln.", "Poi basta."]),
        ("it", ["Ha scritto un post.", "Il gruppo tace."]),
        ("it", ["Ha detto: «Ciao. Come va?»", "Poi... niente.", "Fine."]),
        ("it", ["Costa 5 mln. EUR in tutto.", "Vedi pag. 3 del testo."]),
        ("en", ["Acme Inc. sold 1.5 million.", 'It said "Hello. World."', "Then it left... and came back.", "Why?"]),
        ("en", ["Mr. Lee of the U.S. Government came at 5 p.m. on Friday.", "No. 5 is alive.", "See www.mi.com."]),
        ("en", ['"Why?" he asked.', "iPhones sell.", "iPads do too."]),
        ("es", ["El Sr. García dijo: «Hola.»", "Luego se fue.", "¿Qué hora es?", "¡Vamos!"]),
        ("de", ["Das ist z. B. ein Satz.", "Er kostet 1,5 Mio. Euro am 3. Mai.", "Dr. Müller geht."]),
        ("de", ["Er sagte: „Hallo. Wie geht es?“", "Dann ging er."]),
        ("fr", ["M. Dupont a dit « Bonjour. »", "Puis Mme. Durand est partie.", "Quoi ?", "Oui !"]),
        ("xx", ["This is the first.", "This is the second."]),
    ],
)
def test_sentence_ends_in_every_language(language: str, sentences: list[str]) -> None:
    """Abbreviations, numbers, titles and quotes end no sentence; full stops do."""
    assert split_sentences(" ".join(sentences), language) == tuple(sentences)


def test_chinese_sentences_end_after_their_closing_quotes() -> None:
    """Chinese sentences part without spaces, after the quotes and brackets that close them."""
    sentences = (
        "小米汽车将出海。",
        "“我们准备好了。”",
        "徐飞说！",
        "你好吗？！",
        "（是的。）",
        "“再见。”",
        "售价21.59万元",
    )
    assert split_sentences("".join(sentences), "zh") == sentences


def test_a_sentence_without_an_end_is_cut_at_a_space() -> None:
    """Text that never ends is cut between words into pieces that an encoder can read."""
    pieces = split_sentences("word " * 2000, "en")
    assert all(len(piece) <= MAX_SENTENCE_CHARS and set(piece.split()) == {"word"} for piece in pieces)
    assert sum(len(piece.split()) for piece in pieces) == 2000


@pytest.mark.parametrize("text", ["x" * 200_000, "a. " * 30_000, "(" * 20_000, "1) a) " * 5_000, "。" * 50_000])
def test_monstrous_text_is_split_all_the_same(text: str) -> None:
    """Text of no shape at all is split within the time of the other tests, and nothing of it is lost."""
    assert unspaced("".join(split_sentences(text.strip(), "it"))) == unspaced(text)


def test_a_megabyte_is_split() -> None:
    """A book of a megabyte becomes its paragraphs."""
    paragraph = "Il gruppo ha venduto 300.000 auto nel 2024. Lo ha detto il dott. Bianchi, ieri sera, a Torino. " * 5
    blocks = split_text("\n\n".join([paragraph] * 2_100), "it")
    assert len(blocks) == 2_100
    assert {len(block.sentences) for block in blocks} == {10}


def test_a_headline_stands_over_its_paragraph() -> None:
    """A short line without a full stop is the headline of the paragraph below it, not a sentence."""
    text = "Nuovo deposito a Torino\n\nIl deposito apre a maggio. Costa poco."
    assert contents(split_text(text, "it")) == [
        ("Nuovo deposito a Torino", ("Il deposito apre a maggio.", "Costa poco."))
    ]


def test_a_headline_before_another_is_a_paragraph() -> None:
    """Of two headline-like lines the first says something of its own, and only the second is a headline."""
    text = "Seguici sul canale, novità ogni giorno\n\nUn deposito per Torino\n\nIl deposito apre a maggio."
    blocks = split_text(text, "it")
    assert contents(blocks) == [
        (None, ("Seguici sul canale, novità ogni giorno",)),
        ("Un deposito per Torino", ("Il deposito apre a maggio.",)),
    ]
    assert [block.headline_like for block in blocks] == [True, False]


def test_a_headline_at_the_end_is_a_paragraph() -> None:
    """A headline-like line with nothing below it is kept as what it says."""
    assert contents(split_text("Apre a maggio.\n\nIngresso libero", "it"))[-1] == (None, ("Ingresso libero",))


def test_markdown_headings() -> None:
    """Markdown headings, underlined ones too, stand over the next paragraph; rules vanish."""
    text = "Big news\n========\n\nIt opens.\n\n---\n\n## Prices ##\n\nLow.\n\n# Empty\n## Last\nEnd."
    assert contents(split_text(text, "en")) == [
        ("Big news", ("It opens.",)),
        ("Prices", ("Low.",)),
        ("Empty", ()),
        ("Last", ("End.",)),
    ]


def test_marked_text_says_itself_what_is_a_headline() -> None:
    """In marked text a short line is a paragraph, unless it is all bold."""
    text = "From May on\n\nIt opens.\n\n**Prices**\n\nLow."
    assert contents(split_text(text, "en", marked=True)) == [
        (None, ("From May on",)),
        (None, ("It opens.",)),
        ("Prices", ("Low.",)),
    ]


def test_bullets_and_numbers_are_one_paragraph_of_items() -> None:
    """Every item of a list is a sentence without its mark, wrapped lines and all, and the list one paragraph."""
    text = "What comes:\n- one thing\n- another that is\n  wrapped here\n\n1. First\n2. Second, see 3.5\n\nThe end."
    assert contents(split_text(text, "en")) == [
        (None, ("What comes:", "one thing", "another that is wrapped here")),
        (None, ("First", "Second, see 3.5")),
        (None, ("The end.",)),
    ]


def test_a_number_that_counts_nothing_is_content() -> None:
    """A line that begins with a date is no item of a list."""
    text = "24. September 2025 war ein guter Tag.\n\nEs regnete."
    assert split_text(text, "de")[0].sentences == ("24. September 2025 war ein guter Tag.",)


def test_numbered_headlines() -> None:
    """A numbered line over a paragraph is its headline."""
    text = "1. Einführung\n\nDas ist der Text.\n\n2. Preise\n\nNoch ein Text."
    assert contents(split_text(text, "de")) == [
        ("Einführung", ("Das ist der Text.",)),
        ("Preise", ("Noch ein Text.",)),
    ]


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    """Lines that end where the next word would not have fitted belong together."""
    text = (
        "Acme will open its first depot in Turin in May, it said on Monday. It will\n"
        "hold some twelve hundred lorries at once, and two hundred people will find\n"
        "work there. More will follow.\n\nThat is all."
    )
    first = split_text(text, "en")[0].sentences
    assert first[1] == (
        "It will hold some twelve hundred lorries at once, and two hundred people will find work there."
    )
    assert len(first) == 3


def test_wrapped_chinese_meets_without_a_space() -> None:
    """A soft line end inside Chinese leaves no space behind."""
    line = "小米将于二〇二七年进入欧洲市场这是官方首次确认的消息此前一直只有传闻和猜测而已没有任何"
    text = f"{line}\n正式的说法。\n\n价格未定。"
    assert split_text(text, "zh")[0].sentences == (f"{line}正式的说法。",)


def test_one_paragraph_a_line() -> None:
    """Without blank lines, lines longer than any column are paragraphs."""
    lines = ["La prima riga " + "continua " * 20 + "qui.", "La seconda riga " + "continua " * 20 + "qui."]
    assert [block.sentences for block in split_text("\n".join(lines), "it")] == [(line,) for line in lines]


@pytest.mark.parametrize("text", ["", "\ufeff", " \n\t\r\n", "\0\u200b\x07", "---\n\n***"])
def test_nothing_visible_gives_no_block(text: str) -> None:
    """Text without anything to see has no paragraphs."""
    assert split_text(text, "it") == ()


def test_junk_goes_and_meaning_stays() -> None:
    """Marks of order, line ends, controls and zero-width junk go; joined emoji, Arabic and accents stay."""
    text = "\ufeffUn\u200b caffe\u0300\0\r\ncon 👨\u200d👩\u200d👧 e \u200fسلام\u200f\u00a0qui.\r\n\r\nPoi."
    assert contents(split_text(text, "it")) == [
        (None, ("Un caffè con 👨\u200d👩\u200d👧 e \u200fسلام\u200f qui.",)),
        (None, ("Poi.",)),
    ]


@unhurried
@given(st.text(max_size=80))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """A clean line is left as it is, and holds nothing invisible that means nothing."""
    once = clean_line(text)
    assert clean_line(once) == once
    assert not re.search(r"[\x00-\x1f\x7f\u200b\ufeff]", once)
