"""The same cleaning over several machines, for tens of millions of rows: a graph of Ray tasks.

Rows go in blocks, in their order. What earlier blocks have near to a block is asked of each of
them apart (`asking.py`), so pairs of blocks are compared side by side; then the block goes through
the gate row by row (`gate.py`), as in one process, and what is kept of it is asked in its turn:

    block 0 -> gate 0 -> ask(0, 1) -> gate 1 -> ask(1, 2) -> gate 2 ...
                      -> ask(0, 2) ---------------------------^

A verdict is a function of the rows before, wherever the blocks end. Ray moves the data and decides
what runs where; only `cluster.py` knows it.
"""
