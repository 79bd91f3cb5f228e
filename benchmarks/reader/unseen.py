"""The questions that the reader has not learnt from, as a file for `annuncio eval`.

python -m benchmarks.reader.unseen --qa qa_dev.json --out unseen.json
"""

import argparse
import json
from pathlib import Path

from benchmarks.reader.texts import kept_apart


def main() -> None:
    """Write the articles held out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--qa", type=Path, required=True, help="questions with known answers, such as qa_dev.json")
    parser.add_argument("--hold-out", type=int, default=3, help="as it was given to the reader's training")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    articles = json.loads(options.qa.read_text(encoding="utf-8"))["articles"]
    kept = kept_apart([article["title"] for article in articles], options.hold_out)
    left = [article for article in articles if article["title"] in kept]
    options.out.write_text(json.dumps({"articles": left}, ensure_ascii=False), encoding="utf-8")
    print(f"{options.out.name}: {len(left)} of {len(articles)} articles")


if __name__ == "__main__":
    main()
