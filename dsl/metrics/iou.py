"""iou: how far the yes of the net and those that are right cover each other."""

from lenet.dsl.metrics import OF, OF_TERMS, Metric

METRIC = Metric(
    name="iou",
    summary="of answers yes or no, the intersection over union: of all places where the net or the "
    "truth says yes, the part where both do; for masks, whose places are such answers. Where each "
    'place has a class, it is the mean over the classes; `iou of "cat"` is that of one',
    example="validate iou every epoch",
    formula="both / (yes of the net + yes of the truth - both), over all answers of all images; of "
    "a class, its places in all images are its yes",
    source="Jaccard 1901; PASCAL VOC's measure of segmentations, Everingham et al. 2010",
    values=(OF,),
    terms=OF_TERMS,
    answers=("yes or no", "places"),
    aliases=("jaccard", "intersectionoverunion", "meaniou", "miou", "jaccardindex"),
)
