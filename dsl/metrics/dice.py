"""dice: how far the yes of the net and those that are right cover each other, as Dice has it."""

from lenet.dsl.metrics import OF, OF_TERMS, Metric

METRIC = Metric(
    name="dice",
    summary="of answers yes or no, Dice's coefficient: twice the places where net and truth say "
    "yes, of all that either says; it is 2 * iou / (1 + iou). Where each place has a class, it is "
    "the mean over the classes",
    example="validate dice every epoch",
    formula="2 * both / (yes of the net + yes of the truth), over all answers of all images",
    source="Dice 1945, Measures of the amount of ecologic association between species",
    values=(OF,),
    terms=OF_TERMS,
    answers=("yes or no", "places"),
    aliases=("dicescore", "dicecoefficient", "dice_score", "dicecoef", "sorensendice"),
)
