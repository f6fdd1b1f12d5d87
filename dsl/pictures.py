"""The words for what is done to pictures: their size, their ground, dark and light."""

CUT = "crop"  # the way to resize that may keep a part
RESIZE_MODES = {
    "fit": "the whole picture is seen, with borders where its aspect is another",
    CUT: "what is too much of the picture is cut, around its middle; `crop 0.875` leaves so "
    "much of height and width, as others resize to 256 and cut 224 out",
    "stretch": "the picture gets the size without its aspect",
}
BACKGROUNDS = {
    "white": "what is transparent looks white",
    "black": "what is transparent looks black",
}
INVERT = {
    "auto": "pictures on light ground are inverted",
    "yes": "every picture is inverted",
    "no": "no picture is inverted",
}
RESIZE_ALIASES = {"pad": "fit", "letterbox": "fit", "contain": "fit", "cover": "crop",
                   "centercrop": "crop", "squash": "stretch", "scale": "stretch"}  # fmt: skip
