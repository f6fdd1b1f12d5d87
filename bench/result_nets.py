"""The nets of docs/results.md, and the simple models beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]

# The simple model beside the nets: what a net without hidden layers reaches.
LINEAR = """\
input {shape}
flatten
linear 10
logsoftmax
data {data}
  normalize
train
  loss nll
  rate 0.1 times 0.7 every epoch
  batch 128
  stop after 20 epochs
  validate top1 every epoch
  seed 1
"""
DISTORTED = """
augment
  shift 1
  scale 0.9 to 1.1
  shear 6 degrees
"""


@dataclass(frozen=True)
class Net:
    """A training: of specs/SPEC.lenet, in which `lines` take the places of others, and with what is
    `added` behind it. `published` is the error of the paper, in percent, `note` a sentence for the
    page. A net of a table is measured by the metrics of `aim`, and is to reach what they are."""

    title: str
    task: str
    spec: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    added: str = ""
    text: str = ""
    published: str = ""
    note: str = ""
    aim: Mapping[str, str] = field(default_factory=dict)

    def source(self) -> str:
        text = self.text or (ROOT / "specs" / f"{self.spec}.lenet").read_text()
        for old, new in self.lines:
            assert text.count(old) == 1, (self.spec, old)
            text = text.replace(old, new)
        return text + self.added

    def where(self) -> str:
        """The link to its file, or what it is."""
        if not self.spec:
            return "" if self.aim else "softmax regression"
        return f"[{self.spec}](../specs/{self.spec}.lenet)"

    def notes(self) -> list[str]:
        """What its file has not, and what is to be known."""
        return [text for text in (self._changes(), self.note) if text]

    def _changes(self) -> str:
        lines = [f"`{new}` in place of `{old}`" for old, new in self.lines]
        if self.added:
            lines.append("behind it\n\n```\n" + self.added.strip() + "\n```")
        return f"{self.title}: {', '.join(lines)}" if lines else ""


MNIST, CIFAR = "MNIST, 60,000 digits", "a sixth of CIFAR-10, 10,000 images"
NETS = {
    "linear": Net("no hidden layer", MNIST, text=LINEAR.format(shape="1x28x28", data="mnist"),
                  published="8.4 to 12.0"),
    "lenet1": Net("LeNet-1", MNIST, "lenet1", published="1.7"),
    "lenet4": Net("LeNet-4", MNIST, "lenet4", published="1.1"),
    "lenet5-1998": Net(
        "LeNet-5", MNIST, "lenet5-1998", published="0.95",
        note="The paper's LeNet-5 saw each image alone, with a step for each parameter from its "
        "second derivative; ours takes steps of one size for 16 images.",
    ),
    "lenet5-distorted": Net("LeNet-5, distortions", MNIST, "lenet5-1998",
                            (("stop after 20 epochs", "stop after 30 epochs"),),
                            added=DISTORTED, published="0.8"),
    "lenet5": Net("the tutorial's net", MNIST, "lenet5"),
    "mlp": Net("MLP 784-512-512-10", MNIST, "mlp"),
    "mnist-7k": Net("at most 7,000 parameters", MNIST, "mnist-7k"),
    "lenet5-best": Net("LeNet with what came later", MNIST, "lenet5-best"),
    "linear-cifar": Net("no hidden layer", CIFAR,
                        text=LINEAR.format(shape="3x32x32", data="cifar10")),
    "resnet20": Net(
        "ResNet-20", CIFAR, "resnet20",
        (("rate 0.1 0.01 0.001 at 32000 48000 iterations", "rate 0.1 0.01 0.001 at 40 54 epochs"),
         ("stop after 64000 iterations", "stop after 60 epochs")),
        note="ResNet-20's paper has an error of 8.75% with all 50,000 images.",
    ),
}  # fmt: skip

# Simple models of tables, in the same language: no layer between the columns and the answer.
_BAG = """\
input 60 words of 10000
bag
linear 2
data csv "reviews.csv"
  text text
  predict category
  validate 20 percent by movie_name
train
  optimizer adam
  l2 0.0001
  rate 0.001
  batch 64
  stop after 6 epochs
  validate top1 every epoch
"""
_BIASES = """\
input user one of 671
input movie one of 9066
add
  path from user
    embed 1 init constant 0
  path from movie
    embed 1 init constant 0
data csv "ratings.csv"
  category userId as user
  category movieId as movie
  predict rating
  validate 20 percent
train
  optimizer adam
  l2 0.00003
  rate 0.003
  batch 256
  stop after 10 epochs
  validate rmse every epoch
"""
_LINE = """\
input cut one of 5
input color one of 7
input clarity one of 8
input measures 6 numbers
concat
  path from cut
    onehot
  path from color
    onehot
  path from clarity
    onehot
  path from measures
linear 1
data csv "diamonds.csv"
  category cut color clarity
  number carat depth table x y z as measures
  predict log price
  validate 20 percent
train
  optimizer adam
  rate 0.003 cosine
  batch 256
  stop after 15 epochs
  validate rmse every epoch
"""
_HOURS = """\
input 1x72
flatten
linear 24
data csv "weather.csv"
  series temp by origin ordered by time_hour
  window 72 ahead 24
  validate last 20 percent
  missing drop
train
  loss mae
  optimizer adam
  rate 0.002 cosine
  batch 256
  stop after 10 epochs
  validate mae every epoch
"""
REVIEWS, RATINGS = "12,808 reviews, films held out", "100,004 ratings of 671 users"
HOURS, DIAMONDS = "26,115 hours, the last fifth held out", "53,940 diamonds"
TABLES = {
    "bag": Net("a weight for each word", REVIEWS, text=_BAG, aim={"top1": ""}),
    "reviews": Net("Kim 2014", REVIEWS, "reviews", aim={"top1": "0.78"}),
    "reviews-means": Net("means and maxima of word vectors", REVIEWS, "reviews-means",
                         aim={"top1": "0.78"}),
    "reviews-pieces": Net("means of words, pairs, pieces", REVIEWS, "reviews-pieces",
                          aim={"top1": "0.78"}),
    "biases": Net("a bias for each user and film", RATINGS, text=_BIASES, aim={"rmse": ""}),
    "stars": Net("factors and biases", RATINGS, "stars", aim={"rmse": "0.88"}),
    "ratings": Net("NeuMF", RATINGS + ", each one's newest held out", "ratings",
                   aim={"hitratio10": "0.66", "ndcg10": "0.40"}),
    "hours": Net("a weight for each hour", HOURS, text=_HOURS, aim={"mae": ""}),
    "weather": Net("dilated convolutions", HOURS, "weather", aim={"mae": "4.5"}),
    "weather-four": Net("dilated convolutions, four measures", HOURS, "weather-four",
                        aim={"mae": "4.5"}),
    "line": Net("a weight for each column", DIAMONDS, text=_LINE, aim={"rmse": ""}),
    "diamonds": Net("Wide & Deep", DIAMONDS, "diamonds", aim={"rmse": "0.095"}),
}  # fmt: skip
