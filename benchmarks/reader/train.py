"""Train the reader: bounded in time, with checkpoints, on a CPU in bfloat16 or on an accelerator.

python -m benchmarks.reader.train --data FOLDER --out reader.pt --minutes 30 [--hold-out 3] [--start other.pt]
"""

import argparse
import math
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.reader.examples import Example, batches
from benchmarks.reader.network import Reader
from benchmarks.reader.shipped import shipped_weights
from benchmarks.reader.swaps import Swaps
from benchmarks.reader.texts import OWN, Asking, everything, kept_apart, own_kept_apart
from index.pieces import PAD
from index.weights import packaged_weights

QUESTIONS = Path(__file__).parents[1] / "questions"
TOKENS = 6144
"""Tokens of a batch."""
SPAN_WEIGHT = 0.5
SHARES = {"confusable": 0.1, "encyclopaedic": 0.1, "invented": 0.05, "linked": 0.7, "plain": 0.75, "rivals": 0.6}
PUBLIC = 0.3
"""How often a question is put in a pass, by its source: more often where texts are many and unlike each other, and
seldom where they are the few public articles, which are soon known by heart."""
AT_ONCE = 3000
"""Questions that are laid out at a time."""
BETWEEN = 60
"""Questions of a source and language that are measured on while it trains."""
WARM_UP = 0.05


def tensors(batch: Sequence[Example], device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Inputs of the network (embedded, present, membership), the right sentences, the answer's tokens or -1, and which
    windows are read together, counted from 0."""
    longest = -(-max(len(example.window.ids) for example in batch) // 16) * 16
    most = max(len(example.window.places) for example in batch)
    ids = np.full((len(batch), longest), PAD, dtype=np.int64)
    membership = np.zeros((len(batch), most, longest), dtype=np.float32)
    right = np.zeros((len(batch), most), dtype=np.bool_)
    spans = np.full((len(batch), 2), -1, dtype=np.int64)
    for row, example in enumerate(batch):
        ids[row, : len(example.window.ids)] = example.window.ids
        for place, (start, end) in enumerate(example.window.places):
            membership[row, place, start:end] = 1
        right[row, list(example.right)] = True
        if example.span is not None:
            spans[row] = example.span
    embedded = torch.from_numpy(packaged_weights().embeddings(ids))
    present = torch.from_numpy((ids != PAD).astype(np.float32))
    readings = np.unique([example.reading for example in batch], return_inverse=True)[1].astype(np.int64)
    arrays = (membership, right, spans, readings)
    parts = (embedded, present, *(torch.from_numpy(array) for array in arrays))
    return tuple(part.to(device) for part in parts)  # type: ignore[return-value]  # six of them


def loss_of(
    log_odds: Tensor, starts: Tensor, ends: Tensor, right: Tensor, spans: Tensor, readings: Tensor
) -> tuple[Tensor, Tensor]:
    """Listwise over all sentences of a reading and "none of them", and over the tokens that begin and end the answer.

    `readings` (batch) numbers the readings from 0, each window its own.
    """
    count = int(readings.max()) + 1

    def together(values: Tensor, first: float) -> Tensor:
        """Log of the summed exponentials of each reading's sentences and of `first`; scores stay far from overflow."""
        sums = torch.full((count,), first, device=values.device)
        return sums.index_add(0, readings, values.clamp(max=40.0).exp().sum(1)).log()

    none = torch.zeros(count, device=right.device).index_add(0, readings, right.any(1).float()) == 0
    wanted = together(log_odds.masked_fill(~right, -1e4), 1e-9)
    listwise = (together(log_odds, 1.0) - torch.where(none, torch.zeros_like(wanted), wanted)).mean()
    has = spans[:, 0] >= 0
    if not bool(has.any()):
        return listwise, listwise * 0
    begins = functional.cross_entropy(starts[has], spans[has, 0])
    finishes = functional.cross_entropy(ends[has], spans[has, 1])
    return listwise, (begins + finishes) / 2


def held_out(askings: Sequence[Asking], every: int) -> tuple[list[Asking], list[Asking]]:
    """Split by article: what is trained on, and what is measured on (nothing if `every` is 0)."""
    if not every:
        return list(askings), []
    kept = kept_apart((a.text.group for a in askings if a.source.startswith("xquad")), every) | {
        a.text.group for a in askings if a.source in OWN and own_kept_apart(int(a.text.group.split()[-1]), every)
    }
    return [a for a in askings if a.text.group not in kept], [a for a in askings if a.text.group in kept]


def one_pass(askings: Sequence[Asking], chance: random.Random) -> list[Asking]:
    """The questions of a pass in random order: each as often as its source's share, the broken part of it by chance."""
    put = [a for a in askings for _ in range(int(SHARES.get(a.source, PUBLIC) + chance.random()))]
    chance.shuffle(put)
    return put


def batches_of_pass(askings: Sequence[Asking], tokens: int, seed: int, swaps: Swaps) -> Iterator[list[Example]]:
    """The batches of a pass, laid out some questions at a time: all at once would take minutes and gigabytes."""
    put = one_pass(askings, random.Random(seed))  # noqa: S311  # nothing secret
    for start in range(0, len(put), AT_ONCE):
        yield from batches(put[start : start + AT_ONCE], tokens, seed + start, swaps)


@torch.no_grad()
def measure(reader: Reader, askings: Sequence[Asking], device: torch.device, most: int = 300) -> str:
    """The right sentence first among those read together, and readings with and without an answer told apart.

    Of `most` questions a source and language.
    """
    reader.eval()
    lines = []
    sources = sorted({f"{a.source} {a.text.language}" for a in askings})
    for source in sources:
        every = [a for a in askings if f"{a.source} {a.text.language}" == source]
        chosen = random.Random(1).sample(every, min(most, len(every)))  # noqa: S311  # nothing secret
        hits, positive, negative, spans = [], [], [], []
        for batch in batches(chosen, TOKENS, seed=1):
            embedded, present, membership, right, wanted, readings = tensors(batch, device)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                log_odds, starts, ends = reader(embedded, present, membership)
            for number in range(int(readings.max()) + 1):
                rows = readings == number
                best = log_odds[rows].max()
                if bool(right[rows].any()):
                    positive.append(float(best))
                    hits.append(float(log_odds[rows][right[rows]].max() == best))
                else:
                    negative.append(float(best))
            known = wanted[:, 0] >= 0
            exact = (starts.argmax(1) == wanted[:, 0]) & (ends.argmax(1) == wanted[:, 1])
            spans += exact[known].float().tolist()
        area = np.mean([(p > n) + 0.5 * (p == n) for p in positive[:400] for n in negative[:400]]) if negative else 0
        lines.append(
            f"  {source:18} {len(hits):5} first {100 * np.mean(hits):5.1f}  apart {area:.3f}  "
            f"exact {100 * np.mean(spans or [0]):5.1f}"
        )
    reader.train()
    return "\n".join(lines)


def begun_from(path: Path) -> Mapping[str, Tensor]:
    """The weights in a file of an earlier training, or in one that `export` made of them (.onnx)."""
    if path.suffix == ".onnx":
        return shipped_weights(path)
    kept: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return kept


def train(options: argparse.Namespace) -> None:
    """Run until the time is over; the learning rate falls to nothing by then."""
    began = time.monotonic()
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    askings = everything(options.data, options.own)
    training, measured = held_out(askings, options.hold_out)
    swaps = Swaps(training)
    reader = Reader(packaged_weights(), dropout=options.dropout).to(device)
    if options.start:
        reader.load_state_dict(begun_from(options.start))
    heads = {"states", "nothing", "span"}
    named = list(reader.named_parameters())
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for n, p in named if n.split(".")[0] not in heads], "lr": options.rate},
            {"params": [p for n, p in named if n.split(".")[0] in heads], "lr": 5 * options.rate},
        ],
        weight_decay=0.01,
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    print(f"{len(training)} questions, {len(measured)} held out, {device}", flush=True)
    deadline = began + 60 * options.minutes
    step, passes, seen = 0, 0, 0
    running = [0.0, 0.0]
    saved = time.monotonic()
    begun = time.monotonic()
    reader.train()
    while True:
        tokens = TOKENS if device.type == "cpu" else 4 * TOKENS
        for batch in batches_of_pass(training, tokens, options.seed + passes, swaps):
            share = (time.monotonic() - begun) / (deadline - begun)
            if share >= 1:
                break
            falling = options.floor + (1 - options.floor) * (1 - share) / (1 - WARM_UP)
            scale = share / WARM_UP if share < WARM_UP else falling
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * max(scale, 0.01)
            embedded, present, membership, right, spans, readings = tensors(batch, device)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                log_odds, starts, ends = reader(embedded, present, membership)
            listwise, pointing = loss_of(log_odds, starts, ends, right, spans, readings)
            loss = listwise + SPAN_WEIGHT * pointing
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            optimiser.step()
            step, seen = step + 1, seen + len(batch)
            for place, value in enumerate((listwise, pointing)):
                running[place] = 0.98 * running[place] + 0.02 * value.item()
            if step % 50 == 0:
                fair = 1 - 0.98**step
                print(
                    f"{time.monotonic() - began:6.0f} s  step {step}  {seen} examples  pass {passes}  "
                    f"listwise {running[0] / fair:.3f}  span {running[1] / fair:.3f}",
                    flush=True,
                )
            if time.monotonic() - saved > 600:
                saved = time.monotonic()
                torch.save(reader.state_dict(), options.out)
                print(measure(reader, measured, device, BETWEEN), flush=True)
        passes += 1
        if time.monotonic() >= deadline:
            break
    torch.save(reader.state_dict(), options.out)
    print(f"{step} steps, {seen} examples, {math.ceil(time.monotonic() - began)} s")
    print(measure(reader, measured, device))


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the public files, see texts.py")
    parser.add_argument("--own", type=Path, default=QUESTIONS, help="folder with the folders of our own texts")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go")
    parser.add_argument("--start", type=Path, help="go on from these weights (.pt, or .onnx as shipped)")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--hold-out", type=int, default=0, help="keep each n-th article for measuring")
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate of the encoder")
    parser.add_argument("--floor", type=float, default=0.0, help="share of the rate that is left at the end")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
