"""Runs campaigns, each on a broker of its own, and prints their figures.

Usage: tests/faults/run NAME[=COUNT] ...|all   (--version 4.1, --rate 2000, --seed 1)
"""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time
import traceback

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import campaigns
from broker import VERSIONS, Broker
from scene import Scene

# How often, and what must hold: (seconds, of which figure, at most).
CAMPAIGNS = {
    "kills": (300, [("kill to ready", statistics.median, 1), ("kill to commit", max, 15)]),
    "cuts": (50, []),
    "zombies": (20, [("zombie to end", max, 2)]),
    "broker": (10, [(each, max, 15)
                    for each in ("restart to commit", "kill -9 to commit", "freeze to commit")]),
    "network": (12, [(f"healed to commit, {fault}", max, 30)
                     for fault in ("refused", "stalled", "throttled", "late")]),
    "starvation": (3, [("starved to commit", max, 5)]),
    "scale": (5, [("longest gap as copies come", max, 5),
                  ("longest gap as a copy leaves", max, 5)]),
    "pauses": (10, [("pause to commit", max, 15)]),
}


def run(name, count, options, broker):
    """One campaign with its account; prints its rows of the table. True when all held."""
    with tempfile.TemporaryDirectory(prefix="weir-faults-") as folder:
        settings = {"engine.shards": 3} if name == "scale" else {}
        with Scene(broker, name, folder, options.rate, settings, options.seed) as scene:
            weir, seconds = getattr(campaigns, name)(scene, count)
            counts = scene.finish(weir, seconds=600)
    print(f"| {name} | {count} times, {counts['records']} records, {counts['bad']} of them bad, "
          f"{counts['epochs']} epochs | 0 lost, 0 doubled, verify equal | | |")
    holds = True
    limits = {figure: (of, most) for figure, of, most in CAMPAIGNS[name][1]}
    for figure, values in seconds.items():
        if not values:
            continue
        of, most = limits.get(figure, (max, None))
        kept = most is None or of(values) <= most
        holds = holds and kept
        said = "" if most is None else f"{of.__name__} at most {most} s"
        said += "" if kept else ": MISSED"
        print(f"| | {figure} | {statistics.median(values):.2f} s | {max(values):.2f} s | {said} |")
    return holds


def main():
    parser = argparse.ArgumentParser(prog="tests/faults/run", description=__doc__.splitlines()[0])
    parser.add_argument("campaign", nargs="+", metavar="NAME[=COUNT]",
                        help=f"of {', '.join(CAMPAIGNS)}; or all")
    parser.add_argument("--version", default="3.9", choices=VERSIONS, help="of the broker")
    parser.add_argument("--rate", type=int, default=2_000, help="purchases a second")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wanted = [each.partition("=") for each in options.campaign]
    wanted = [one for each in wanted for one in
              ([(name, "", "") for name in CAMPAIGNS] if each[0] == "all" else [each])]
    for name, _, count in wanted:
        if name not in CAMPAIGNS or not (count or "1").isdigit():
            parser.error(f"no campaign {name} {count}")

    print(f"Kafka {VERSIONS[options.version]}, {options.rate} purchases a second, "
          f"seed {options.seed}\n")
    print("| campaign | what | median | most | must hold |\n|---|---|---|---|---|", flush=True)
    failed = []
    for name, _, count in wanted:
        started, broker = time.monotonic(), Broker(options.version)
        try:
            if not run(name, int(count or CAMPAIGNS[name][0]), options, broker.start()):
                failed.append(name)
        except Exception:
            failed.append(name)
            print(f"| {name} | FAILED | | | |", flush=True)
            traceback.print_exc()
        finally:
            broker.close()
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    broken = f"; failed: {', '.join(failed)}" if failed else ""
    print(f"\n{len(wanted) - len(failed)} campaigns held{broken}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
