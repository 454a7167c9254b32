"""Pipelines tried offline, by `weir check` and `weir replay`, in the current folder."""

import csv
import json

from weir import invoke

DAY = 86_400_000
BEGAN = 1_704_067_200_000  # 2024-01-01

def replay(pipeline, *arguments, status=0, **files):
    """Replays a pipeline over files of rows; returns its summary, or what it says if it fails."""
    with open("p.yaml", "w", encoding="utf-8") as file:
        file.write(pipeline)
    for name, rows in files.items():
        write(name, rows)
    done = invoke("replay", "p.yaml", "--json", *arguments, status=status)
    return done.stderr if status else json.loads(done.stdout)


def write(name, rows):
    """Rows as dicts: a CSV file."""
    with open(f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def rows_of(name):
    with open(f"{name}.ndjson", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def refused(pipeline):
    """The mistakes that `weir check` finds, as one text."""
    with open("p.yaml", "w", encoding="utf-8") as file:
        file.write(pipeline)
    return invoke("check", "p.yaml", status=78).stderr
