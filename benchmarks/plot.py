"""Draw curves on logarithmic axes as an SVG file, with nothing but the standard library."""

from collections.abc import Sequence
from itertools import chain
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 620
LEFT, RIGHT, BOTTOM = 90, 30, 70  # margins
LEGEND_TOP, LEGEND_STEP = 62, 22
INK, GRID = "#222222", "#e0e0e0"


class Line(NamedTuple):
    """A curve: points whose coordinates are above 0, and how it looks."""

    label: str
    points: Sequence[tuple[float, float]]
    colour: str
    dashes: str = ""  # lengths of dash and gap; without any the line is solid
    dots: int = 0  # so many of the points, from the first, have a dot: those that were measured


class _Axis(NamedTuple):
    """A logarithmic scale: the powers of ten at its ends, and where in the picture those are."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        """Return an axis that shows all values, with some room beside the outermost."""
        low, high = log10(min(values)), log10(max(values))
        room = 0.04 * (high - low) or 0.5
        return cls(low - room, high + room, start, end)

    def place(self, value: float) -> float:
        """Return where in the picture a value is."""
        share = (log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return the powers of ten on the axis; if they are few, also 2 and 5 times of them."""
        steps = (1, 2, 5) if self.high - self.low < 2.5 else (1,)
        powers = range(floor(self.low), ceil(self.high) + 1)
        values = [step * 10.0**power for power in powers for step in steps]
        return [value for value in values if self.low <= log10(value) <= self.high]


def draw(title: str, across: str, up: str, lines: Sequence[Line]) -> str:
    """Return the SVG text of a picture of the lines; `across` and `up` name the axes.

    The background is white, so that it can be read on a dark page too.
    """
    points = list(chain.from_iterable(line.points for line in lines))
    top = LEGEND_TOP + LEGEND_STEP * len(lines)
    x = _Axis.around([point[0] for point in points], LEFT, WIDTH - RIGHT)
    y = _Axis.around([point[1] for point in points], HEIGHT - BOTTOM, top)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="14" fill="{INK}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 32, title, 'font-size="18" font-weight="bold"'),
        *_draw_axes(x, y, across, up),
        *(_draw_curve(line, x, y) for line in lines),
        *chain.from_iterable(_draw_key(line, place) for place, line in enumerate(lines)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _draw_axes(x: _Axis, y: _Axis, across: str, up: str) -> list[str]:
    parts: list[str] = []
    for value in x.ticks():
        place = x.place(value)
        parts.append(_stroke([(place, y.start), (place, y.end)], GRID, 1))
        parts.append(_text(place, y.start + 22, _number(value), 'text-anchor="middle"'))
    for value in y.ticks():
        place = y.place(value)
        parts.append(_stroke([(x.start, place), (x.end, place)], GRID, 1))
        parts.append(_text(x.start - 10, place + 5, _number(value), 'text-anchor="end"'))
    parts.append(_stroke([(x.start, y.end), (x.start, y.start), (x.end, y.start)], INK, 1.5))
    middle, centre = (x.start + x.end) / 2, (y.start + y.end) / 2
    parts.append(_text(middle, HEIGHT - 18, across, 'text-anchor="middle"'))
    turned = f'text-anchor="middle" transform="rotate(-90 24 {centre:.1f})"'
    parts.append(_text(24, centre, up, turned))
    return parts


def _draw_curve(line: Line, x: _Axis, y: _Axis) -> str:
    places = [(x.place(across), y.place(up)) for across, up in line.points]
    dots = [_dot(place, line.colour) for place in places[: line.dots]]
    return "\n".join([_stroke(places, line.colour, 2, line.dashes), *dots])


def _draw_key(line: Line, place: int) -> list[str]:
    """Return a row of the legend, which is above the curves: there it never hides one."""
    height = LEGEND_TOP + LEGEND_STEP * place
    return [
        _stroke([(LEFT, height - 5), (LEFT + 40, height - 5)], line.colour, 2, line.dashes),
        *([_dot((LEFT + 20, height - 5), line.colour)] if line.dots else []),
        _text(LEFT + 52, height, line.label),
    ]


def _stroke(
    places: Sequence[tuple[float, float]], colour: str, width: float, dashes: str = ""
) -> str:
    path = " ".join(f"{across:.1f},{up:.1f}" for across, up in places)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'
    )


def _dot(place: tuple[float, float], colour: str) -> str:
    return f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="4" fill="{colour}"/>'


def _text(across: float, up: float, text: str, style: str = "") -> str:
    return f'<text x="{across:.1f}" y="{up:.1f}" {style}>{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
