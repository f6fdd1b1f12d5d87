"""The digits as 7x12 bitmaps, the codes of `rbf … codes ascii7x12`."""

_ROWS = """
..XXX.. ...XX.. .XXXXX. XXXXXXX ....XX. XXXXXXX ..XXXX. XXXXXXX .XXXXX. .XXXXX.
.XX.XX. ..XXX.. XX...XX .....XX ...XXX. XX..... .XX.... .....XX XX...XX XX...XX
XX...XX .XXXX.. XX...XX ....XX. ..XXXX. XX..... XX..... .....XX XX...XX XX...XX
XX...XX ...XX.. .....XX ...XX.. .XX.XX. XXXXXX. XX..... ....XX. XX...XX XX...XX
XX...XX ...XX.. ....XX. ..XXXX. XX..XX. .....XX XXXXXX. ....XX. .XXXXX. .XXXXXX
XX...XX ...XX.. ...XX.. .....XX XX..XX. .....XX XX...XX ...XX.. XX...XX .....XX
XX...XX ...XX.. ..XX... .....XX XXXXXXX .....XX XX...XX ...XX.. XX...XX .....XX
XX...XX ...XX.. .XX.... XX...XX ....XX. XX...XX XX...XX ..XX... XX...XX ....XX.
.XX.XX. ...XX.. XX..... XX...XX ....XX. XX...XX XX...XX ..XX... XX...XX ...XX..
..XXX.. .XXXXXX XXXXXXX .XXXXX. ....XX. .XXXXX. .XXXXX. ..XX... .XXXXX. .XXX...
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
....... ....... ....... ....... ....... ....... ....... ....... ....... .......
"""


def _read() -> tuple[tuple[float, ...], ...]:
    """Of each digit 84 values row by row: 1 for ink, -1 for paper."""
    rows = [line.split() for line in _ROWS.split("\n") if line]
    return tuple(
        tuple(1.0 if cell == "X" else -1.0 for row in rows for cell in row[digit])
        for digit in range(len(rows[0]))
    )


DIGITS = _read()
