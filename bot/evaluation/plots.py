"""The two pictures of the report, each as PNG and SVG: risk against coverage, and confidence against truth.

The same figures give the same files, byte by byte, with the same version of Matplotlib.
"""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bot.evaluation.cases import Situation
from bot.evaluation.scores import Record

METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def write_plots(pairs: list[Record], folder: Path) -> None:
    """Draw both into the folder."""
    mpl.use("Agg")
    # The salt names the parts of an SVG file, which would be random otherwise.
    with mpl.rc_context({"svg.hashsalt": "annuncio", "axes.grid": True, "grid.alpha": 0.3}):
        _save(_risk_coverage(pairs), folder / "risk-coverage")
        _save(_reliability(pairs), folder / "reliability")


def _save(figure: Figure, path: Path) -> None:
    for kind, metadata in METADATA.items():
        figure.savefig(path.with_suffix(f".{kind}"), format=kind, dpi=120, metadata=metadata)


def _name(pair: Record) -> str:
    return f"{pair['question']}/{pair['edition']}"


def _ready(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend(title="question/text", fontsize=8, title_fontsize=8, loc="upper left", frameon=False)


def _risk_coverage(pairs: list[Record]) -> Figure:
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    ours, baseline = figure.subplots(1, 2, sharey=True)
    for pair in pairs:
        for axes, found in ((ours, pair), (baseline, pair["baseline"])):
            points = found["against"][str(Situation.PARAGRAPH_MISSING)]["curve"]
            axes.plot([x for x, _ in points], [y for _, y in points], label=_name(pair), linewidth=1.4)
    across = "coverage: share of all questions answered, the surest first"
    _ready(ours, "Annuncio", across, "risk: share of wrong answers among them")
    _ready(baseline, "baseline: nearest 500 characters", across, "")
    return figure


def _reliability(pairs: list[Record]) -> Figure:
    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    for pair in pairs:
        bins = pair["calibration"]["bins"]
        heights = [one["true"] for one in bins]
        axes.plot([one["confidence"] for one in bins], heights, marker="o", markersize=3, label=_name(pair))
    _ready(axes, "", "confidence, mean of a bin", "share whose first sentence states the answer")
    return figure
