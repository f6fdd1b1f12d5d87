"""precision: how often what is taken for a class is of it, all classes alike."""

from lenet.dsl.metrics import OF, OF_TERMS, Metric

METRIC = Metric(
    name="precision",
    summary="the mean of all classes' precision: how often an image that is taken for a class "
    'is of it; `precision of "cat"` is that of one class',
    example='validate precision of "cat" every epoch',
    formula="the mean of right / images taken for it, 0 where there are none, over the classes "
    "that have images, or are taken for one",
    values=(OF,),
    terms=OF_TERMS,
    source="scikit-learn's precision_score, average='macro'",
    aliases=("ppv", "macroprecision"),
    answers=("class", "yes or no", "places"),
)
