"""Rows as lines with aligned columns, for a terminal."""

from collections.abc import Iterator, Sequence


def align(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> Iterator[str]:
    """Yield a line for each row, with columns as wide as a terminal shows their widest cell.

    A Chinese character is two cells wide. `right` says which columns end at their right edge;
    none of them, when it is left out.
    """
    from rich.cells import cell_len  # 20 ms that few commands need

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    sides = right or [False] * len(widths)
    for row in rows:
        cells = (
            " " * (width - cell_len(cell)) + cell
            if at_right
            else cell + " " * (width - cell_len(cell))
            for cell, width, at_right in zip(row, widths, sides, strict=True)
        )
        yield "  ".join(cells).rstrip()
