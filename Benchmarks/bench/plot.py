"""Curves as SVG, which every browser shows."""

import math
from dataclasses import dataclass
from pathlib import Path

COLOURS = ["#666666", "#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 320, 62, 14, 34, 46


@dataclass
class Panel:
    """One diagram with logarithmic axes."""

    title: str
    x: str
    y: str
    curves: dict[str, list[tuple[float, float]]]
    """The points of each server; what is not above zero is left out."""


def draw(panels: list[Panel], path: Path) -> None:
    """Writes the panels side by side, and a legend below them."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.curves))
    colours = dict(zip(names, COLOURS * (len(names) // len(COLOURS) + 1)))
    lines: list[str] = []
    for place, panel in enumerate(panels):
        lines += [f'<g transform="translate({place * WIDTH} 0)">', *drawn(panel, colours), "</g>"]
    for place, name in enumerate(names):
        x = LEFT + 150 * place
        lines.append(f'<path d="M{x} {HEIGHT + 8}h18" stroke="{colours[name]}" stroke-width="2"/>')
        lines.append(f'<text x="{x + 24}" y="{HEIGHT + 12}">{escaped(name)}</text>')
    write(lines, WIDTH * len(panels), HEIGHT + 24, path)


def bars(cases: dict[str, dict], path: Path) -> None:
    """Writes the CPU per GB and the 99th percentile of the delay of each case's servers, each beside the worst of its case."""
    measures = [
        ("CPU, s/GB", lambda told: told["cpu_seconds_per_gb"]),
        ("delay, 99th percentile, ms", lambda told: told["delay_ms"]["p99"]),
    ]
    rows: list[str] = []
    y = TOP
    for name, of_case in cases.items():
        rows.append(f'<text x="10" y="{y + 11}" font-weight="bold">{escaped(name + ": " + of_case["title"])}</text>')
        y += 18
        for place, (server, told) in enumerate(of_case["servers"].items()):
            rows.append(f'<text x="10" y="{y + 11}">{escaped(server)}</text>')
            for column, (_, measure) in enumerate(measures):
                value = measure(told) or 0
                worst = max(measure(other) or 0 for other in of_case["servers"].values()) or 1
                x, length = 120 + 320 * column, 240 * value / worst
                colour = COLOURS[place % len(COLOURS)]
                rows.append(f'<rect x="{x}" y="{y + 1}" width="{length:.1f}" height="12" fill="{colour}"/>')
                rows.append(f'<text x="{x + length + 4:.1f}" y="{y + 11}">{value:,.2f}</text>')
            y += 15
        y += 8
    heads = [f'<text x="{120 + 320 * i}" y="18" font-size="13">{head}</text>' for i, (head, _) in enumerate(measures)]
    write([*heads, *rows], 760, y + 8, path)


def write(elements: list[str], width: float, height: float, path: Path) -> None:
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">'
    background = f'<rect width="{width}" height="{height}" fill="white"/>'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([frame, background, *elements, "</svg>", ""]))


def drawn(panel: Panel, colours: dict[str, str]) -> list[str]:
    points = [point for curve in panel.curves.values() for point in curve if min(point) > 0]
    lines = [f'<text x="{LEFT}" y="18" font-size="13">{escaped(panel.title)}</text>']
    if not points:
        return lines
    xs, ys = axis([x for x, _ in points]), axis([y for _, y in points])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for value in ticks(*xs):
        x = position(value, xs, LEFT, right)
        lines.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#ddd"/>')
        lines.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:,g}</text>')
    for value in ticks(*ys):
        y = position(value, ys, bottom, TOP)
        lines.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,g}</text>')
    lines.append(f'<text x="{(LEFT + right) / 2}" y="{bottom + 34}" text-anchor="middle">{escaped(panel.x)}</text>')
    middle = (TOP + bottom) / 2
    lines.append(f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{escaped(panel.y)}</text>')
    for name, curve in panel.curves.items():
        shown = [(position(x, xs, LEFT, right), position(y, ys, bottom, TOP)) for x, y in curve if min(x, y) > 0]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in shown)
        if path:
            lines.append(f'<path d="M{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colours[name]}"/>' for x, y in shown]
    return lines


def axis(values: list[float]) -> tuple[float, float]:
    """The powers of ten that hold the values, narrowed to 1, 2 and 5 times them."""
    low = max((step for step in steps() if step <= min(values)), default=min(values))
    high = min((step for step in steps() if step >= max(values)), default=max(values))
    return low, high if high > low else low * 10


def steps() -> list[float]:
    return [mantissa * 10.0**power for power in range(-6, 10) for mantissa in (1, 2, 5)]


def ticks(low: float, high: float) -> list[float]:
    found = [step for step in steps() if low <= step <= high]
    return found if len(found) < 12 else [step for step in found if math.log10(step) % 1 < 0.01]


def position(value: float, ends: tuple[float, float], first: float, last: float) -> float:
    low, high = map(math.log, ends)
    return first + (math.log(value) - low) / (high - low) * (last - first)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
