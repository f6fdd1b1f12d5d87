"""f1: precision and recall in one number, all classes alike."""

from lenet.dsl.metrics import OF, OF_TERMS, Metric
from lenet.dsl.vocabulary import Option, Use

MACRO, MICRO = "macro", "micro"
AVERAGE = Option(
    "average",
    "over classes, or over images",
    kind="choice",
    default=MACRO,
    choices={
        MACRO: "the mean over the classes, which is what `f1` alone is",
        MICRO: "of the counts of all classes together: where each image has one class, the same "
        "as top1",
    },
)


def _fits(use: Use) -> bool:
    """One class has no average."""
    return use[AVERAGE.name] == MACRO or use[OF.name] == OF.default


METRIC = Metric(
    name="f1",
    summary="the mean of all classes' F1, which is the harmonic mean of precision and recall "
    "(macro: small classes count as much as large ones); `f1 micro` counts images, and `f1 of "
    '"cat"` is that of one class',
    example='validate f1 of "cat" every epoch',
    formula="the mean of 2 * right / (images of it + images taken for it), over the classes that "
    "have either",
    values=(AVERAGE, OF),
    fits=_fits,
    terms=OF_TERMS,
    source="van Rijsbergen 1979, Information retrieval; scikit-learn's f1_score, average='macro'",
    aliases=("f1score", "f1_score", "macrof1", "f1macro"),
    answers=("class", "yes or no", "places"),
)
