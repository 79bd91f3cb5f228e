"""What `annuncio eval` prints, and what stands in the report: the figures of every part, in Markdown."""

from bot.evaluation.scores import Record
from bot.evaluation.tables import percent, qa_text, table


def own_text(part: Record, *, wrong: bool) -> str:
    """The figures of an article's own questions, and with `wrong` every question that went wrong."""
    rows = [(code, tally) for code, tally in part["languages"].items()] + [("all", part["all"])]
    verdicts = table(
        [
            "language",
            "stated, n",
            "answered rightly",
            "answered wrongly",
            "refused",
            "not stated, n",
            "refused rightly",
            "answered",
            "off topic, n",
            "told so",
        ],
        [
            [
                code,
                str(stated["n"]),
                str(stated["rightly"]),
                str(stated["wrongly"]),
                str(stated["refused"] + stated["off topic"]),
                str(absent["n"]),
                str(absent["refused"] + absent["off topic"]),
                str(absent["wrongly"]),
                str(other["n"]),
                str(other["off topic"]),
            ]
            for code, (stated, absent, other) in ((code, tally.values()) for code, tally in rows)
        ],
    )
    total = part["all"]
    shares = ", ".join(f"{kind} {percent(tally['right'])}" for kind, tally in total.items() if tally["n"])
    text = (
        "Each question is asked in a new chat, by a person whose client reports its language. An answer is right if "
        "the headline or the first sentence says what is expected; a refusal is right also where it says that the "
        f"question is about something else.\n\n{verdicts}\n\nDone rightly: {shares}; language told rightly "
        f"{percent(part['language'])}. The intervals take each line for a question of its own, though some ask the "
        "same in another language."
    )
    if wrong:
        lines = [
            f"- {one['lang']}: {one['question']} (expected: {one['expect']}) -> "
            f"{one['status'].replace('_', ' ')}{': ' + ' / '.join(one['said'].splitlines()) if one['said'] else ''}"
            for one in part["wrong"]
        ]
        text += "\n\n" + "\n".join(lines or ["None went wrong."])
    return text


def text_of(parts: Record, *, wrong: bool) -> str:
    """All parts as a person reads them."""
    texts = []
    if "qa" in parts:
        texts.append(f"## Questions with known answers\n\n{_made(parts['qa'])}\n\n{qa_text(parts['qa'])}")
    if "announcement" in parts:
        part = parts["announcement"]
        texts.append(f"## Questions about the announcement\n\n{_made(part)}\n\n{own_text(part, wrong=wrong)}")
    return "\n\n".join(texts)


def _made(part: Record) -> str:
    on = part["machine"]
    return (
        f"`{part['command']}` on {on['processor']}, {on['cores']} cores, Python {on['python']}. The encoder is "
        f"{part['encoder']}; an answer is given from a confidence of {part['threshold']:g} on."
    )
