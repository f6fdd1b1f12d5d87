"""auc: the area under the ROC curve, all classes alike."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="auc",
    summary="the area under the ROC curve: how often an image of a class gets a higher score for "
    "it than an image of another class; of two classes that of class 1, of more the mean over the "
    "classes, each against the rest; of the scores' first 16 bits, through exact histograms",
    example="validate auc every epoch",
    formula="(pairs of an image of the class and one of another whose own score is higher + half "
    "of those that are equal) / all such pairs, over the classes that have such pairs; the scores "
    "are float32 in their order, cut to the upper 16 bits: scores that differ by less than 1/128 "
    "of their size may count as equal",
    source="Hanley and McNeil 1982, The meaning and use of the area under a ROC curve; "
    "scikit-learn's roc_auc_score, multi_class='ovr', average='macro'",
    share=False,
    most_classes=100,  # half a MiB of counts for each
    aliases=("roc_auc", "rocauc", "roc", "auroc", "aucroc"),
    answers=("class", "yes or no"),
)
