"""Medians of repeated runs, and how they are shown."""

import statistics

from bench.cases import Case

COLUMNS = [
    "case", "server", "CPU s/GB", "ratio", "p50 ms", "p99", "p99.9", "max", "1st piece p99", "1st byte p50", "p99", "KiB idle",
    "KiB busy", "MB/s", "lost", "wanted",
]


def median_of(runs: list[dict], *keys: str) -> float | None:
    """The median over the runs of the value at a path of keys; None where no run has it."""
    values = []
    for run in runs:
        value = run
        for key in keys:
            value = value.get(key) if value else None
        if value is not None:
            values.append(value)
    return statistics.median(values) if values else None


def summary(runs: list[dict], reference: list[dict]) -> dict:
    """What is told of one server in one case.

    The ratio is the median of the ratios of the runs that stood next to each other, so that a machine that becomes
    slower for a while does not decide it.
    """
    ratios = [
        own["server_cpu_seconds_per_gb"] / other["server_cpu_seconds_per_gb"]
        for own, other in zip(runs, reference)
        if other["server_cpu_seconds_per_gb"]
    ]
    seconds = median_of(runs, "seconds")
    return {
        "cpu_seconds_per_gb": median_of(runs, "server_cpu_seconds_per_gb"),
        "cpu_ratio": statistics.median(ratios) if ratios else None,
        "delay_ms": {key: median_of(runs, "delay_ms", key) for key in ("p50", "p99", "p99.9", "max")},
        "first_byte_ms": {key: median_of(runs, "first_byte_ms", key) for key in ("p50", "p99")},
        "first_piece_ms": {key: median_of(runs, "first_piece_ms", key) for key in ("p50", "p99")},
        "publisher_late_ms_p99": median_of(runs, "publisher_late_ms", "p99"),
        "kib_per_subscriber": {key: median_of(runs, "resident_kib_per_subscriber", key) for key in ("idle", "busy")},
        "megabytes_per_second": median_of(runs, "delivered_bytes") / seconds / 1e6 if seconds else None,
        "lost_bytes": max(run["lost_bytes"] for run in runs),
        "first_error": next((run["first_error"] for run in runs if run["first_error"]), ""),
    }


def verdict(case: Case, ratio: float | None, own: dict, reference: dict) -> str:
    """What is wanted of the relay in this case and not reached, or `yes`."""
    missed = []
    if own["lost_bytes"] or own["first_error"]:
        missed.append("bytes lost")
    if ratio and (own["cpu_ratio"] is None or own["cpu_ratio"] > ratio):
        missed.append(f"ratio ≤ {ratio}")
    if case.delay:
        delay, limit = own["delay_ms"]["p99"], reference["delay_ms"]["p99"]
        times, more = case.delay
        limit = max(limit * times, limit + more) if limit else None
        if delay is None or limit is None or delay > limit:
            missed.append(f"p99 ≤ {limit:.2f}" if limit else "p99")
    if case.bounds_first_piece:
        first, limit = own["first_piece_ms"]["p99"], reference["first_piece_ms"]["p99"]
        if first is None or limit is None or first > 1.5 * limit:
            missed.append(f"first piece's p99 ≤ {1.5 * limit:.2f}" if limit else "first piece's p99")
    if case.idle_kib and own["kib_per_subscriber"]["idle"] > case.idle_kib:
        missed.append(f"idle ≤ {case.idle_kib} KiB")
    return "no: " + ", ".join(missed) if missed else "yes"


def row(title: str, server: str, told: dict, wanted: str) -> list[str]:
    def text(value: float | None, digits: int) -> str:
        return "" if value is None else f"{value:,.{digits}f}"

    delay, piece, first = told["delay_ms"], told["first_piece_ms"], told["first_byte_ms"]
    kib = told["kib_per_subscriber"]
    return [
        title, server, text(told["cpu_seconds_per_gb"], 2), text(told["cpu_ratio"], 2), text(delay["p50"], 2),
        text(delay["p99"], 2), text(delay["p99.9"], 2), text(delay["max"], 2),
        text(piece["p99"], 2), text(first["p50"], 2),
        text(first["p99"], 2), text(kib["idle"], 1), text(kib["busy"], 1), text(told["megabytes_per_second"], 0),
        text(told["lost_bytes"], 0), wanted,
    ]


def table(rows: list[list[str]]) -> str:
    """As Markdown that is aligned, so that it reads as well in a terminal."""
    lines = [COLUMNS, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
