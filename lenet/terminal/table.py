"""Tables of plain text."""

from collections.abc import Sequence

Row = tuple[str, ...]


def table(rows: Sequence[Row], left: int = 1) -> list[str]:
    """Cells in columns, the first `left` of which begin at the same place, while the others end
    there."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if k < left else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
