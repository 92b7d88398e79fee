"""The tables at the end: medians over the rounds, ratios inside each round, and the goals beside them."""

from dataclasses import dataclass
from statistics import median

PIVOT = "mailsockd"

# (case, other server): mailsockd's rate divided by the other's, at least; for fan-out its time divided, at most.
GOALS = {("1k", "stock"): 8.0, ("1k", "aiosmtpd"): 3.0, ("10k", "aiosmtpd"): 3.0, ("fanout", "ws"): 1.0}


@dataclass(frozen=True)
class Run:
    """One report of the generator."""

    case: str
    server: str
    round: int
    report: dict

    @property
    def good(self) -> bool:
        """Every reply and every frame was right."""
        return bool(self.report.get("ok"))

    @property
    def is_fanout(self) -> bool:
        return self.case == "fanout"

    @property
    def figure(self) -> float:
        """Mails a second, counted until the last frame; for fan-out the median milliseconds to the last socket."""
        return float(self.report["frame_ms"]["p50"] if self.is_fanout else self.report["rate"])

    @property
    def server_cpu(self) -> float:
        """CPU milliseconds of the server for one mail."""
        return 1000 * float(self.report["server_cpu_seconds"]) / float(self.report["accepted"])

    @property
    def generator_load(self) -> float:
        """The part of one core that the generator used: near 1 it would be the generator that is measured."""
        seconds = float(self.report["seconds"]) + float(self.report["opening_seconds"])
        return float(self.report["own_cpu_seconds"]) / seconds if seconds else 0.0

    def summary(self) -> str:
        if not self.good:
            wrong = self.report.get("first_fault") or self.report.get("first_refusal") or "checks failed"
            kinds = ("refused", "turned_away", "duplicates", "unknown", "malformed", "reordered", "sockets_lost")
            counts = [f"{kind} {self.report[kind]}" for kind in kinds if self.report.get(kind)]
            return f"WRONG: {wrong} {', '.join(counts)}"
        reply, frame = self.report["reply_ms"], self.report["frame_ms"]
        unit = "ms to the last socket" if self.is_fanout else "mails/s"
        return (
            f"{self.figure:9.1f} {unit}   250 p50 {reply['p50']:.2f} p99 {reply['p99']:.2f} ms   "
            f"frame p50 {frame['p50']:.2f} p99 {frame['p99']:.2f} ms   server CPU {self.server_cpu:.2f} ms/mail   "
            f"generator {self.generator_load:.0%}"
        )


def figures(runs: list[Run], case: str, server: str) -> dict[int, float]:
    """The figure of each round in which the run was good."""
    return {run.round: run.figure for run in runs if (run.case, run.server) == (case, server) and run.good}


def print_ceiling(runs: list[Run]) -> None:
    """How fast the generator is with nobody to wait for."""
    print("\nThe generator's own ceiling, against a sink that stores nothing")
    for run in runs:
        if run.server == "sink":
            print(f"  {run.case:12} {run.summary()}")


def print_results(runs: list[Run]) -> None:
    """One line for each case and server."""
    print(f"\n{'case':13}{'server':11}{'median':>10}  {'lowest':>9} {'highest':>9}   {PIVOT} against it")
    seen = dict.fromkeys((run.case, run.server) for run in runs if run.server != "sink")
    for case, server in seen:
        mine, theirs = figures(runs, case, PIVOT), figures(runs, case, server)
        if not theirs:
            print(f"{case:13}{server:11}{'no good run':>10}")
            continue
        values = theirs.values()
        line = f"{case:13}{server:11}{median(values):10.1f}  {min(values):9.1f} {max(values):9.1f}   "
        ratios = [mine[number] / theirs[number] for number in theirs if number in mine]
        if server != PIVOT and ratios:
            line += verdict(case, server, ratios)
        print(line.rstrip())
    print(
        "Figures: mails a second, until the last frame; fanout: milliseconds from the end of data to the last socket."
    )


def verdict(case: str, server: str, ratios: list[float]) -> str:
    """The median ratio, its range, and the goal."""
    ratio = median(ratios)
    text = f"{ratio:.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"
    goal = GOALS.get((case, server))
    if goal is None:
        return text
    reached = ratio <= goal if case == "fanout" else ratio >= goal
    bound = "at most" if case == "fanout" else "at least"
    return f"{text}, goal {bound} {goal:g}: {'reached' if reached else 'NOT REACHED'}"
