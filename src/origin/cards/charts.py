"""Charts as inline SVG, drawn 340 units wide so that their words can be read on a phone. The tables say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from origin.cards.document import Columns, Matrix, Shares, number, percent
from origin.cards.escape import in_html
from origin.query.display import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from origin.cards.document import Mark

_WIDTH = 340
_BAR = 34
_TOP, _HEIGHT, _LEFT = 8, 130, 44
_LEGEND = 18
_CELL, _NAMES = 25, 134
_SERIES = 5


def drawn(chart: Shares | Columns | Matrix) -> str:
    match chart:
        case Shares():
            return shares(chart)
        case Columns():
            return columns(chart)
        case Matrix():
            return matrix(chart)


def shares(chart: Shares) -> str:
    """A bar for each part, its length the share of the whole."""
    marks = []
    for place, (name, amount) in enumerate(chart.parts):
        top = place * _BAR
        length = _WIDTH * amount / chart.total if chart.total else 0
        marks += [
            _text(0, top + 12, fitted(name, 34)),
            _text(_WIDTH, top + 12, percent(amount, chart.total), "quiet end"),
            f'<rect class="track" x="0" y="{top + 18}" width="{_WIDTH}" height="9"/>',
            f'<rect class="s0" x="0" y="{top + 18}" width="{max(1.0, length):.2f}" height="9">',
            f"{_tip(name, amount)}</rect>",
        ]
    said = "; ".join(f"{name}: {number(amount)} ({percent(amount, chart.total)})" for name, amount in chart.parts)
    return _svg(chart.name, chart.title, said, _BAR * len(chart.parts), marks)


def columns(chart: Columns) -> str:
    """A column for each label, made up of the series."""
    totals = [sum(amounts) for _, amounts in chart.columns]
    step, top = _scale(max(totals, default=0))
    marks = list(_grid(step, top))
    wide = (_WIDTH - _LEFT) / len(chart.columns)
    every = -(-len(chart.columns) // 8)
    for place, (label, amounts) in enumerate(chart.columns):
        left = _LEFT + place * wide
        marks += _column(left, min(wide * 0.72, 48), wide, label, amounts, chart.series, top)
        if place % every == 0:
            marks.append(_text(left + wide / 2, _TOP + _HEIGHT + 15, fitted(label, 9), "quiet middle"))
    base = _TOP + _HEIGHT + 24
    if len(chart.series) > 1:
        for place, name in enumerate(chart.series):
            marks.append(f'<rect class="s{place % _SERIES}" x="0" y="{base + 4}" width="10" height="10"/>')
            marks.append(_text(16, base + 13, fitted(name, 44)))
            base += _LEGEND
    said = "; ".join(f"{label}: {number(total)}" for (label, _), total in zip(chart.columns, totals, strict=True))
    return _svg(chart.name, chart.title, said, base, marks)


def _column(
    left: float, width: float, room: float, label: str, amounts: Iterable[int], series: tuple[str, ...], top: int
) -> Iterator[str]:
    base = float(_TOP + _HEIGHT)
    for place, (name, amount) in enumerate(zip(series, amounts, strict=True)):
        if not amount:
            continue
        height = _HEIGHT * amount / top
        base -= height
        yield (
            f'<rect class="s{place % _SERIES}" x="{left + (room - width) / 2:.2f}" y="{base:.2f}" width="{width:.2f}" '
            f'height="{height:.2f}">{_tip(f"{label}, {name}", amount)}</rect>'
        )


def _grid(step: int, top: int) -> Iterator[str]:
    for value in range(0, top + 1, step):
        at = _TOP + _HEIGHT - _HEIGHT * value / top
        yield f'<line class="grid" x1="{_LEFT}" y1="{at:.2f}" x2="{_WIDTH}" y2="{at:.2f}"/>'
        yield _text(_LEFT - 6, at + 4, _short(value), "quiet end")


def _scale(most: int) -> tuple[int, int]:
    """A round step and the end of an axis that holds `most`, in at most five steps."""
    magnitude = 1
    while True:
        for factor in (1, 2, 5):
            step = factor * magnitude
            if step * 5 >= most:
                return step, step * max(1, -(-most // step))
        magnitude *= 10


def _short(value: int) -> str:
    for size, sign in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:g} {sign}"
    return str(value)


def matrix(chart: Matrix) -> str:
    """A cell for each pair: the rows are named, the columns bear the numbers of the rows."""
    marks = []
    for place, name in enumerate(chart.licenses):
        middle = place * _CELL + 41
        marks.append(_text(0, middle, f"{place + 1}  {fitted(name, 17)}"))
        marks.append(_text(_NAMES + place * _CELL + _CELL / 2, 16, str(place + 1), "quiet middle"))
        marks += [_cell(_NAMES + at * _CELL, place * _CELL + 24, cell) for at, cell in enumerate(chart.cells[place])]
    said = "; ".join(
        f"{name} into {', '.join(f'{work} {cell}' for work, cell in zip(chart.licenses, row, strict=True))}"
        for name, row in zip(chart.licenses, chart.cells, strict=True)
    )
    base = _CELL * len(chart.licenses) + 34
    for place, (level, words) in enumerate((("clear", "fits"), ("review", "for review"), ("blocker", "does not fit"))):
        left = place * 110
        marks += [_square(left, base, level), _sign(left, base, level), _text(left + 30, base + 17, words, "quiet")]
    return _svg(chart.name, chart.title, said, base + _CELL + 2, marks)


def _cell(left: float, top: float, cell: Mark) -> str:
    return _square(left, top, cell.level) + _sign(left, top, cell.level)


def _square(left: float, top: float, level: str) -> str:
    return f'<rect class="cell cell-{level}" x="{left}" y="{top}" width="{_CELL}" height="{_CELL}"/>'


def _sign(left: float, top: float, level: str) -> str:
    if level == "review":
        return f'<text class="sign-review middle" x="{left + _CELL / 2:g}" y="{top + 17}">?</text>'
    path = "m7 13 4 4 7-8" if level == "clear" else "m8.5 8.5 8 8m0-8-8 8"
    return f'<path class="sign sign-{level}" transform="translate({left} {top})" d="{path}"/>'


def _svg(name: str, title: str, said: str, height: float, marks: Iterable[str]) -> str:
    return (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {_WIDTH} {height:g}" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{in_html(title)}</title>'
        f'<desc id="{name}-desc">{in_html(said)}</desc>{"".join(marks)}</svg>'
    )


def _tip(name: str, amount: int) -> str:
    return f"<title>{in_html(name)}: {number(amount)}</title>"


def _text(left: float, top: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{left:g}" y="{top:g}">{in_html(text)}</text>'


def fitted(text: str, room: int) -> str:
    """`text` in the room of so many letters of common width; the tables hold it whole."""
    used = 0.0
    shown = visible(text)
    for place, character in enumerate(shown):
        used += _breadth(character)
        if used > room:
            return f"{shown[: max(0, place - 3)]}..."
    return shown


def _breadth(character: str) -> float:
    if combining(character):
        return 0
    if east_asian_width(character) in "WF":
        return 2
    return 1.7 if character in "MW@%mw" else 1.2 if character.isupper() else 1
