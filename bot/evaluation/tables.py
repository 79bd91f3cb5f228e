"""Figures of questions with known answers as Markdown tables, each with its reading."""

from collections.abc import Iterable, Sequence

from bot.evaluation.scores import FALSE_RATES, UNANSWERABLE, Record

Row = Sequence[str]

VALUES_OF_ALL = ("when", "how_many", "who")
"""Kinds of questions whose headlines are summed up over all pairs."""


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(found: Record | None) -> str:
    """A share: "79.4 % (76.1 to 82.5)", "-" where there is none."""
    if found is None:
        return "-"
    return f"{100 * found['value']:.1f} % ({100 * found['low']:.1f} to {100 * found['high']:.1f})"


def area(found: Record | None) -> str:
    """An area or an error: "0.850 (0.831 to 0.869)"."""
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})" if found is not None else "-"


def _of(found: Record | None) -> str:
    """A share with the number of questions that it is of."""
    return f"{percent(found)}, n {found['n']}" if found is not None else "-"


def _time(seconds: Record) -> str:
    return f"{1000 * seconds['median']:.0f} / {1000 * seconds['p95']:.0f} ms"


def _name(pair: Record) -> str:
    return f"{pair['question']} / {pair['edition']}"


def _ranking(pairs: list[Record]) -> str:
    return table(
        [
            "question / text",
            "n",
            "right sentence first",
            "among first three",
            "answer's words in the first",
            "in the first three",
            "language told rightly",
            "time, median / p95",
        ],
        [
            [
                _name(pair),
                str(pair["n"]),
                *(percent(pair[name]) for name in ("first", "three", "gold_in_first", "gold_in_three", "language")),
                _time(pair["seconds"]),
            ]
            for pair in pairs
        ],
    )


def _headlines(pairs: list[Record]) -> str:
    rows = [
        [
            _name(pair),
            kind.replace("_", " "),
            _of(found["given"]),
            _of(found["exact"]),
            percent(found["held"]),
            percent(found["f1"]),
        ]
        for pair in pairs
        for kind, found in pair["headline"].items()
    ]
    asked = [found for pair in pairs for kind, found in pair["headline"].items() if kind in VALUES_OF_ALL]
    if asked:
        kinds = ", ".join(kind.replace("_", " ") for kind in VALUES_OF_ALL)
        shares = (_over_all(found[name] for found in asked) for name in ("given", "exact", "held", "f1"))
        rows.append(["all", kinds, *shares])
    head = ["question / text", "asked", "given", "the same as the answer", "one holds the other", "F1 of their words"]
    return table(head, rows)


def _over_all(found: Iterable[Record | None]) -> str:
    """A share over several pairs of languages, weighed by their questions: some of these are the same in another
    language, so that an interval would say too much."""
    parts = [part for part in found if part is not None]
    n = sum(part["n"] for part in parts)
    return f"{100 * sum(part['value'] * part['n'] for part in parts) / n:.1f} %, n {n}" if n else "-"


def _against(pairs: list[Record]) -> str:
    head = ["question / text", "against", "AUROC", "AURC"]
    head += [f"answered at {100 * rate:.0f} % false answers" for rate in FALSE_RATES]
    return table(
        head,
        [
            [
                _name(pair),
                kind,
                area(found["auroc"]),
                area(found["aurc"]),
                *(percent(found["answered_at"][str(rate)]) for rate in FALSE_RATES),
            ]
            for pair in pairs
            for kind, found in pair["against"].items()
        ],
    )


def _shipped(pairs: list[Record]) -> str:
    return table(
        [
            "question / text",
            "stated: answered",
            "rightly",
            *(f"{kind}: answered" for kind in UNANSWERABLE),
            "calibration error",
        ],
        [
            [
                _name(pair),
                percent(pair["shipped"]["answered"]),
                percent(pair["shipped"]["rightly"]),
                *(percent(pair["shipped"]["false"].get(str(kind))) for kind in UNANSWERABLE),
                area(pair["calibration"]["error"]),
            ]
            for pair in pairs
        ],
    )


def _together(pairs: list[Record]) -> str:
    return table(
        ["question / text", "right sentence first", "among first three", "answered", "rightly", "time, median / p95"],
        [
            [
                _name(pair),
                *(percent(pair["together"][name]) for name in ("first", "three", "answered", "rightly")),
                _time(pair["together"]["seconds"]),
            ]
            for pair in pairs
        ],
    )


def _baseline(pairs: list[Record]) -> str:
    rate = FALSE_RATES[0]
    kinds = UNANSWERABLE[1], UNANSWERABLE[0]

    def row(pair: Record, who: str, found: Record) -> Row:
        missing = found["against"][str(kinds[0])]
        return [
            _name(pair),
            who,
            percent(found["first"]),
            percent(found["three"]),
            *(area(found["against"].get(str(kind), {}).get("auroc")) for kind in kinds),
            percent(missing["answered_at"][str(rate)]),
            percent(missing["rightly_at"][str(rate)]),
        ]

    return table(
        [
            "question / text",
            "",
            "right first",
            "among first three",
            *(f"AUROC against {kind}" for kind in kinds),
            f"answered at {100 * rate:.0f} % false answers, {kinds[0]}",
            "rightly",
        ],
        [line for pair in pairs for line in (row(pair, "Annuncio", pair), row(pair, "baseline", pair["baseline"]))],
    )


def qa_text(part: Record) -> str:
    """The figures of questions with known answers, a table and its reading at a time."""
    pairs = part["pairs"]
    return "\n\n".join(
        [
            "Each question is put to the bot as an unknown person in a new chat does. In brackets: 95 % of 1,000 "
            f"resamples of the questions lie between. Each article alone, of {_sentences(pairs)} sentences (median):",
            _ranking(pairs),
            "The headline, the value copied out of the sentence, against the known answer: how often one is given (a "
            "refusal gives none), and where it is, whether it is the same but for case, punctuation and articles, and "
            "whether one of them is the other with words before or after it, such as a qualifier or a unit:",
            _headlines(pairs),
            "How well the confidence tells a question that is stated from one that is not. Other article: the "
            "question belongs to another one. Paragraph missing: what surrounds the answer was taken out. Near miss: "
            "only the sentence that answers was. AURC is the area under the risk-coverage curve, where every answer "
            "to what is not stated and every wrong first sentence is an error; lower is better:",
            _against(pairs),
            "At the threshold that ships. The calibration error (ten bins of equal size) compares the confidence with "
            "how often the first sentence states the answer, over stated, paragraph missing and near miss:",
            _shipped(pairs),
            "All articles together:",
            _together(pairs),
            "Beside it the baseline: the same encoder, the nearest piece of 500 characters of the article by cosine, "
            "right where it holds the whole answer, and one threshold on the cosine. A piece is about three "
            "sentences long, in Chinese about eight, so that being right is easier for it than for a sentence:",
            _baseline(pairs),
        ]
    )


def _sentences(pairs: list[Record]) -> str:
    lengths = [pair["sentences"] for pair in pairs]
    low, high = min(lengths), max(lengths)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
