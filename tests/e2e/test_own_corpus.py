"""Raw text becomes an edition, and that alone is answered from."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.processes import Ended, annuncio
from tests.e2e.texts import RAW_IT

WHEN = "Quando venderà Xiaomi le auto fuori dalla Cina?"
QUESTIONS = (
    json.dumps({"question": WHEN, "lang": "it"}),
    "Quanti ordini ha ricevuto la YU7?",
    "Chi ha annunciato la vendita fuori dalla Cina?",
    "Qual è la capitale del Perù?",
    "",
)
WHERE = ("--data-dir", "data", "--articles", "articles")


@pytest.fixture(scope="module")
def folder(shared_file: Callable[[str], Path | None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the source article was ingested, or a text of its shapes where it does not lie beside the checkout."""
    made = tmp_path_factory.mktemp("own")
    source = shared_file("announcement/article.it.txt")
    if source is None:
        source = made / "article.it.txt"
        source.write_text(RAW_IT, encoding="utf-8")
    ingested = annuncio("ingest", source, *WHERE, folder=made)
    assert (ingested.code, ingested.stderr) == (0, "")
    return made


def asked(folder: Path) -> tuple[Ended, list[dict[str, object]]]:
    """The questions, answered by one process: how it ended, and its records."""
    ended = annuncio("ask", "--jsonl", *WHERE, folder=folder, text="\n".join(QUESTIONS) + "\n")
    assert ended.code == 0
    return ended, [json.loads(line) for line in ended.stdout.splitlines()]


def test_raw_text_becomes_an_edition_with_a_sensible_title_and_date(folder: Path) -> None:
    """The headline in the middle is the title, the date before the lead is the date, and is no part of it."""
    (edition,) = (folder / "articles").glob("*/*")
    assert edition.name == "it.md"
    assert edition.parent.name.startswith("2025-09-24-dalla-cina-al-mondo")
    lines = edition.read_text(encoding="utf-8").splitlines()
    assert "title: Dalla Cina al mondo, le auto elettriche di Xiaomi pronte al grande salto" in lines
    assert {"language: it", "original: it", "published: 2025-09-24"} <= set(lines)
    assert not any("date 2025" in line for line in lines)


def test_that_edition_alone_is_answered_from(folder: Path) -> None:
    """A record a line in the order of the questions, all evidence from the one article."""
    ended, records = asked(folder)
    assert ended.stderr == ""
    assert [record["question"] for record in records] == [WHEN, *QUESTIONS[1:]]
    when, orders, _, peru, empty = records
    assert (when["status"], when["language"]) == ("answered", "it")
    assert "2027" in str(when["headline"])
    assert orders["headline"] == "200.000"
    assert peru["status"] == "off_topic"
    assert empty["status"] == "smalltalk"
    (edition,) = (folder / "articles").glob("*/*")
    evidence = [proof for record in records for proof in record["evidence"]]  # type: ignore[attr-defined]  # JSON
    assert {proof["id"].split("/")[0] for proof in evidence} == {edition.parent.name}


def test_a_damaged_index_is_built_anew(folder: Path) -> None:
    """Its files emptied, cut and overwritten: one warning, and the answers are as before."""
    files = sorted(path for path in (folder / "data" / "index").rglob("*") if path.is_file())
    assert files
    for number, path in enumerate(files):
        path.write_bytes((b"", path.read_bytes()[:40], b"\x00\xffnothing of it" * 10)[number % 3])
    ended, records = asked(folder)
    assert "building the index anew" in ended.line
    assert (records[0]["status"], records[1]["headline"]) == ("answered", "200.000")
