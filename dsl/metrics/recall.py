"""recall: how often the images of a class are taken for it, all classes alike."""

from lenet.dsl.metrics import OF, OF_TERMS, Metric

METRIC = Metric(
    name="recall",
    summary="the mean of all classes' recall: how often an image of a class is taken for "
    'it; `recall of "cat"` is that of one class',
    example='validate recall of "cat" every epoch',
    formula="the mean of right / images of it, 0 where there are none, over the classes that have "
    "images, or are taken for one",
    values=(OF,),
    terms=OF_TERMS,
    source="scikit-learn's recall_score, average='macro'",
    aliases=("sensitivity", "macrorecall", "tpr"),
    answers=("class", "yes or no", "places"),
)
