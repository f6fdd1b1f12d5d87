"""iou: how far the yes of the net and those that are right cover each other."""

from lenet.dsl.metrics import Metric

METRIC = Metric(
    name="iou",
    summary="of answers yes or no, the intersection over union: of all places where the net or the "
    "truth says yes, the part where both do; for masks, whose places are such answers",
    example="validate iou every epoch",
    formula="both / (yes of the net + yes of the truth - both), over all answers of all images",
    source="Jaccard 1901; PASCAL VOC's measure of segmentations, Everingham et al. 2010",
    answers=("yes or no",),
    aliases=("jaccard", "intersectionoverunion", "meaniou", "miou", "jaccardindex"),
)
