"""What is measured: the load of each case, and what is wanted of the relay in it."""

from dataclasses import dataclass, field


@dataclass
class Case:
    name: str
    title: str
    load: dict[str, object]
    """Options of the load tool."""
    quick: dict[str, object] = field(default_factory=dict)
    """Those that differ in a quick run."""
    cpu_ratio: float | None = None
    """Greatest CPU per GB wanted, against the C relay in the same run."""
    delay: tuple[float, float] | None = (1.5, 0.3)
    """The greatest 99th percentile of the delay wanted: so many times the C relay's, or so many ms more, whichever is greater."""
    bounds_first_piece: bool = False
    """Whether the 99th percentile of the delay of the segments' first pieces is bounded: 1.5 times the C relay's."""
    idle_kib: float | None = None
    """Greatest resident memory wanted for a subscriber that waits."""
    viewers_ratio: float | None = None
    """Greatest CPU per GB wanted when the same bytes are asked for as an endless transport stream, against the relay's own segments."""
    shrinks: bool = False
    """Whether the machine may be too small for it: the subscribers become fewer until the C relay keeps up."""


MIB = 1 << 20

CASES = [
    Case("a", "100 subscribers × 8 Mbit/s", {"subscribers": 100, "rate": 8e6}, {"segments": 3}, cpu_ratio=1.05, delay=(1, 5)),
    Case("b", "1,000 × 2 Mbit/s", {"subscribers": 1000, "rate": 2e6}, {"segments": 3}, cpu_ratio=1.15, delay=(1.1, 0)),
    Case(
        "c",
        "10 unpaced, 64 KiB pieces",
        {"subscribers": 10, "rate": 0, "piece": 65536, "segment-bytes": 8 * MIB, "warmup": 4, "segments": 64},
        {"segments": 16},
        cpu_ratio=1.25,
        delay=None,
    ),
    Case(
        "d1",
        "2,000 idle, waiting",
        {"subscribers": 2000, "rate": 1e5, "warmup": 0, "segments": 1, "probes": 0, "idle": 5, "no-preconnect": True},
        {"idle": 1},
        delay=None,
        idle_kib=4,
    ),
    Case(
        "d2",
        "10,000 idle, waiting",
        {"subscribers": 10000, "rate": 5e4, "warmup": 0, "segments": 1, "probes": 0, "idle": 5, "no-preconnect": True},
        {"idle": 1},
        delay=None,
        idle_kib=4,
    ),
    Case(
        "e",
        "200 channels × 2 × 500 kbit/s",
        {"channels": 200, "subscribers": 2, "rate": 5e5},
        {"segments": 3},
        cpu_ratio=1.25,
        delay=(1, 0.3),
    ),
    Case(
        "i",
        "1,000 channels × 1 × 200 kbit/s",
        {"channels": 1000, "subscribers": 1, "rate": 2e5},
        {"segments": 3},
        cpu_ratio=1.25,
    ),
    Case(
        "j",
        "200 channels × 2 × 500 kbit/s, all segments begin at the same moment",
        {"channels": 200, "subscribers": 2, "rate": 5e5, "together": True},
        {"segments": 3},
        delay=None,
        bounds_first_piece=True,
    ),
    Case("f", "6,000 × 600 kbit/s", {"subscribers": 6000, "rate": 6e5}, {"segments": 2}, shrinks=True),
    Case(
        "g",
        "1,000 × 2 Mbit/s, a frame at a time",
        {"subscribers": 1000, "rate": 2e6, "frames": 30},
        {"segments": 3},
    ),
    Case(
        "h",
        "1,000 × 2 Mbit/s of MPEG-TS, as segments and as viewers of one /NAME.ts",
        {"subscribers": 1000, "rate": 2e6, "ts": True, "probes": 0},
        {"segments": 3},
        viewers_ratio=1.15,
    ),
]


def chosen(names: str | None) -> list[Case]:
    """The cases of a list like `a,c,d`; `d` stands for `d1,d2`."""
    if not names:
        return CASES
    wanted = [name.strip() for name in names.split(",")]
    found = [case for case in CASES if case.name in wanted or case.name[0] in wanted]
    unknown = [name for name in wanted if not any(name in (case.name, case.name[0]) for case in CASES)]
    if unknown:
        raise SystemExit(f"run: no case {', '.join(unknown)}; there are {', '.join(case.name for case in CASES)}")
    return found
