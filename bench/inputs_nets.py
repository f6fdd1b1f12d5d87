"""The nets of bench/inputs.py in PyTorch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SPECS = Path(__file__).parents[1] / "specs"


@dataclass(frozen=True)
class Net:
    """A spec, or its text; the same as a module, which takes rows as ours does; its optimizer, and
    its loss. The module has `extra` parameters: rows for what is unknown, and second biases."""

    spec: str
    module: Callable[[], nn.Module]
    optimizer: Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]
    loss: Callable[[Tensor, Tensor], Tensor]
    text: str | None = None
    extra: int = 0
    table: bool = True


class Words(nn.Embedding):
    """Of codes as floats, of which those that nobody knows are nothing: the first row, 0."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__(count + 1, width, padding_idx=0)

    def forward(self, codes: Tensor) -> Tensor:
        known = (codes >= 0) & (codes < self.num_embeddings - 1)
        return super().forward(torch.where(known, codes + 1, 0.0).long())


class Lstm(nn.Module):
    """Both ways, the last state of each."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = Words(10_000, 64)
        self.lstm = nn.LSTM(64, 64, batch_first=True, bidirectional=True)
        self.score = nn.Linear(128, 2)

    def forward(self, x: Tensor) -> Tensor:
        z = F.dropout(self.embed(x), 0.3)
        _, (last, _) = self.lstm(z)
        return self.score(F.dropout(torch.cat([last[0], last[1]], 1), 0.5))


class Level(nn.Module):
    """Two causal convolutions with a way around them."""

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.one = nn.Conv1d(width, width, 3, dilation=reach)
        self.two = nn.Conv1d(width, width, 3, dilation=reach)
        self.pad = 2 * reach

    def forward(self, x: Tensor) -> Tensor:
        z = F.dropout(torch.relu(self.one(F.pad(x, (self.pad, 0)))), 0.3)
        return x + F.dropout(torch.relu(self.two(F.pad(z, (self.pad, 0)))), 0.3)


class Tcn(nn.Module):
    """specs/weather.lenet."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(1, 32, 1)
        self.levels = nn.Sequential(*(Level(32, reach) for reach in (1, 2, 4, 8, 16)))
        self.told = nn.Linear(32, 24)

    def forward(self, x: Tensor) -> Tensor:
        return self.told(self.levels(self.first(x[:, None, :]))[:, :, -1])


class NeuMF(nn.Module):
    """specs/ratings.lenet."""

    def __init__(self) -> None:
        super().__init__()
        self.factors = nn.ModuleList([Words(671, 8), Words(9_066, 8)])
        self.wide = nn.ModuleList([Words(671, 32), Words(9_066, 32)])
        self.deep = nn.Sequential(
            nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU()
        )
        self.score = nn.Linear(16, 1)

    def forward(self, x: Tensor) -> Tensor:
        user, item = x[:, 0], x[:, 1]
        product = self.factors[0](user) * self.factors[1](item)
        deep = self.deep(torch.cat([self.wide[0](user), self.wide[1](item)], 1))
        return self.score(torch.cat([product, deep], 1))


class WideAndDeep(nn.Module):
    """specs/diamonds.lenet."""

    COUNTS = (5, 7, 8)

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Linear(sum(self.COUNTS) + 6, 1)
        self.embed = nn.ModuleList([Words(count, 4) for count in self.COUNTS])
        self.deep = nn.Sequential(
            nn.Linear(18, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        codes, measures = x[:, :3], F.hardtanh(x[:, 3:], -4.0, 4.0)
        pairs = zip(codes.long().clamp(min=0).T, self.COUNTS, strict=True)
        hot = [F.one_hot(code, count).float() for code, count in pairs]
        wide = self.wide(torch.cat([*hot, measures], 1))
        deep = [embed(codes[:, k]) for k, embed in enumerate(self.embed)]
        return wide + self.deep(torch.cat([*deep, measures], 1))


class Encoder(nn.Module):
    """The block `encoder 64 4` of specs/transformer.lenet; steps are (images, steps, channels)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.wide = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        z = self.one(x)
        x = x + self.attention(z, z, z, need_weights=False)[0]
        return x + self.wide(self.two(x))


class Transformer(nn.Module):
    """specs/transformer.lenet."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, 64, 7, 7)
        self.position = nn.Parameter(0.02 * torch.randn(16, 64))
        self.layers = nn.Sequential(*(Encoder(64, 4) for _ in range(4)))
        self.norm, self.score = nn.LayerNorm(64), nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x.view(-1, 1, 28, 28)).flatten(2).mT + self.position
        return self.score(self.norm(self.layers(x)).mean(1))


_LSTM = """\
input 60 words of 10000
embed 64
dropout 0.3
lstm 64 both ways last
dropout 0.5
linear 2

data csv "reviews.csv"
  text text
  predict category
  validate 20 percent by movie_name

train
  optimizer adam
  rate 0.001
  batch 64
  stop after 6 epochs
"""


def _adam(decay: float = 0.0) -> Callable[[Iterator[nn.Parameter]], torch.optim.Optimizer]:
    return lambda parameters: torch.optim.Adam(parameters, 0.001, weight_decay=decay, fused=True)


NETS = {
    "lstm": Net(str(SPECS / "reviews.lenet"), Lstm, _adam(), F.cross_entropy, _LSTM,
                extra=64 + 512),
    "tcn": Net(str(SPECS / "weather.lenet"), Tcn, _adam(), F.l1_loss),
    "neumf": Net(str(SPECS / "ratings.lenet"), NeuMF, _adam(1e-5),
                 F.binary_cross_entropy_with_logits, extra=2 * 8 + 2 * 32),
    "transformer": Net(str(SPECS / "transformer.lenet"), Transformer,
                       lambda p: torch.optim.AdamW(p, 0.001, weight_decay=0.05, fused=True),
                       F.cross_entropy, table=False),
    "wide-deep": Net(str(SPECS / "diamonds.lenet"), WideAndDeep, _adam(), F.mse_loss, extra=3 * 4),
}  # fmt: skip
