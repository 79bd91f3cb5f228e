"""Raw text becomes an edition, and that alone is answered from."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.e2e.processes import annuncio
from tests.e2e.texts import RAW_IT

QUESTIONS = (
    '{"question": "Quando venderà Xiaomi le auto fuori dalla Cina?", "lang": "it"}',
    "Quanti ordini ha ricevuto la YU7?",
    "Chi ha annunciato la vendita fuori dalla Cina?",
    "Come si cucina la carbonara?",
    "",
)


def test_the_raw_announcement_is_ingested_and_answered_from(
    shared_file: Callable[[str], Path | None], tmp_path: Path
) -> None:
    """The source article where it lies beside the checkout, else a text of its shapes: title, date, answers."""
    source = shared_file("announcement/article.it.txt")
    if source is None:
        source = tmp_path / "article.it.txt"
        source.write_text(RAW_IT, encoding="utf-8")
    where = ("--data-dir", "data", "--articles", "articles")
    ingested = annuncio("ingest", source, *where, folder=tmp_path)
    assert (ingested.code, ingested.stderr) == (0, "")
    (edition,) = (tmp_path / "articles").glob("*/*")
    assert edition.name == "it.md"
    assert edition.parent.name.startswith("2025-09-24-dalla-cina-al-mondo")
    lines = edition.read_text(encoding="utf-8").splitlines()
    assert "title: Dalla Cina al mondo, le auto elettriche di Xiaomi pronte al grande salto" in lines
    assert {"language: it", "original: it", "published: 2025-09-24"} <= set(lines)
    assert not any("date 2025" in line for line in lines)

    asked = annuncio("ask", "--jsonl", *where, folder=tmp_path, text="\n".join(QUESTIONS) + "\n")
    assert (asked.code, asked.stderr) == (0, "")
    records = [json.loads(line) for line in asked.stdout.splitlines()]
    assert [record["question"] for record in records] == [
        "Quando venderà Xiaomi le auto fuori dalla Cina?",
        *QUESTIONS[1:],
    ]
    when, orders, _, carbonara, empty = records
    assert (when["status"], when["language"]) == ("answered", "it")
    assert "2027" in when["headline"]
    assert "2027" in when["evidence"][0]["text"]
    assert orders["headline"] == "200.000"
    assert carbonara["status"] == "off_topic"
    assert empty["status"] in {"smalltalk", "off_topic"}
    known = {proof["id"].split("/")[0] for record in records for proof in record["evidence"]}
    assert known == {edition.parent.name}
