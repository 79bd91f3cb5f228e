"""The reader as a trainable network: multilingual-e5-small's encoder out of its package, with three small heads.

The word embeddings stay frozen and stay in their package: the network takes them as its input, so that what is
trained, exported and shipped is the encoder alone (21 million weights).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from index.weights import ModelFile

LONGEST = 512
"""Positions that the encoder knows."""


def dropped(x: Tensor, share: float, training: bool) -> Tensor:
    """Dropout of whole features, the same for all tokens of a window: drawing one for each takes a CPU too long."""
    if not training or share == 0:
        return x
    kept = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= share
    return x * (kept.to(x.dtype) / (1 - share))


def attended(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Attention of queries to keys, all of shape (batch, heads, tokens, size), `mask` (batch, 1, 1, tokens) added.

    Spelled out, as matrix products: on a CPU the fused one takes four times as long for narrow heads, nearly all of it
    on the way back.
    """
    batch, heads, tokens, size = q.shape
    flat = (batch * heads, tokens, size)
    masks = mask.to(q.dtype).expand(batch, heads, tokens, tokens).reshape(batch * heads, tokens, tokens)
    scores = torch.baddbmm(masks, q.reshape(flat), k.reshape(flat).transpose(1, 2), alpha=size**-0.5)
    return torch.bmm(scores.softmax(-1), v.reshape(flat)).view(batch, heads, tokens, size)


class Layer(nn.Module):
    """One transformer layer, normalised after each of its two halves."""

    def __init__(self, width: int, heads: int, inner: int, epsilon: float, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, epsilon)
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)
        self.norm = nn.LayerNorm(width, epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`x` (batch, tokens, width) to the same shape; `mask` (batch, 1, 1, tokens) is added to the attention."""
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        mixed = self.out(attended(q, k, v, mask).transpose(1, 2).reshape(batch, tokens, width))
        x = self.attention_norm(x + dropped(mixed, self.dropout, self.training))
        wide = self.narrow(functional.gelu(self.widen(x)))
        normal: Tensor = self.norm(x + dropped(wide, self.dropout, self.training))
        return normal


class Reader(nn.Module):
    """Question and window in, scores of sentences and of the tokens that begin and end an answer out."""

    def __init__(self, weights: ModelFile, dropout: float = 0.1) -> None:
        super().__init__()
        width = weights.width
        self.positions = nn.Embedding(LONGEST, width)
        self.embedding_norm = nn.LayerNorm(width, weights.epsilon)
        self.layers = nn.ModuleList(
            Layer(width, weights.heads, weights.inner, weights.epsilon, dropout) for _ in range(weights.layers)
        )
        self.states = nn.Linear(width, 1)
        self.nothing = nn.Linear(width, 1)
        self.span = nn.Linear(width, 2)
        self._begin_from(weights)

    @torch.no_grad()
    def _begin_from(self, weights: ModelFile) -> None:
        """Copy the packaged encoder's weights."""

        def plain(name: str, rows: int = 1) -> Tensor:
            return torch.from_numpy(weights.tensor(name, rows))

        width, inner = weights.width, weights.inner
        kind = plain("emb.type").view(-1, width)[0]
        self.positions.weight.copy_(plain("emb.pos").view(-1, width)[:LONGEST] + kind)
        self.embedding_norm.weight.copy_(plain("emb.ln.w")[0])
        self.embedding_norm.bias.copy_(plain("emb.ln.b")[0])
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, Layer)
            name = f"l{number}."
            layer.qkv.weight.copy_(torch.cat([plain(f"{name}{part}.w", width) for part in "qkv"]))
            layer.qkv.bias.copy_(torch.cat([plain(f"{name}{part}.b")[0] for part in "qkv"]))
            halves = ((layer.out, "ao", width), (layer.widen, "fi", inner), (layer.narrow, "fo", width))
            for module, short, rows in halves:
                module.weight.copy_(plain(f"{name}{short}.w", rows))
                module.bias.copy_(plain(f"{name}{short}.b")[0])
            for norm, short in ((layer.attention_norm, "aln"), (layer.norm, "oln")):
                norm.weight.copy_(plain(f"{name}{short}.w")[0])
                norm.bias.copy_(plain(f"{name}{short}.b")[0])

    def encode(self, embedded: Tensor, present: Tensor) -> Tensor:
        """Word embeddings (batch, tokens, width) to hidden states; `present` (batch, tokens) is 0 on padding."""
        positions = self.positions.weight[: embedded.shape[1]]
        x: Tensor = self.embedding_norm(embedded + positions)
        mask = (1.0 - present)[:, None, None, :] * -1e4
        for layer in self.layers:
            x = layer(x, mask)
        return x

    def forward(self, embedded: Tensor, present: Tensor, membership: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of sentences and of tokens, log-odds (batch, sentences), starts and ends (batch, tokens).

        `membership` (batch, sentences, tokens) is 1 where a token belongs to a sentence, 0 elsewhere.
        """
        hidden = self.encode(embedded, present)
        counts = membership.sum(-1, keepdim=True)
        means = membership.to(hidden.dtype) @ hidden / counts.clamp(min=1).to(hidden.dtype)
        log_odds = self.states(means)[..., 0] - self.nothing(hidden[:, 0])
        log_odds = log_odds.float() + (counts[..., 0] == 0) * -1e4
        starts, ends = self.span(hidden).float().unbind(-1)
        outside = (membership.sum(1) == 0) * -1e4
        return log_odds, starts + outside, ends + outside
