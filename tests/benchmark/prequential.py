"""weir's models over real streams, predict then learn, and River's figures for the same models."""

import gzip
import json
import os
import pathlib
import random
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
BUILT = HERE.parents[1] / "build" / "release" / "deploy" / "weir" / "weir"
PROGRAM = pathlib.Path(os.environ.get("WEIR_PROGRAM", BUILT))
PEER_FIGURES = HERE / "river.json"  # {stream: {order: {metric: figure}}}; --river writes it anew

STREAMS = ("elec2", "weather", "covtype_15k", "kdd99_10pct", "kdd99_20k", "skin", "telco_churn",
           "flights_20k", "sea_40k", "phishing", "bananas", "bike_hour", "beijing_pm25", "fried",
           "trump_approval")
ORDERS = ("file", "shuffled")
SEED = 1  # of the shuffle: random.Random(SEED).shuffle of the lines below the header

MORE_IS_BETTER = ("accuracy", "kappa", "kappa_temporal", "roc_auc", "r2")
LESS_IS_BETTER = ("log_loss", "mae", "rmse")
EQUAL = 1e-5  # relative above 1; a ROC AUC over a whole run has 65,536 bins


def stream_file(folder, stream):
    """The stream's file in a folder, None if it is not there."""
    for name in (f"{stream}.csv", f"{stream}.csv.gz"):
        if (pathlib.Path(folder) / name).exists():
            return pathlib.Path(folder) / name
    return None


def in_order(path, order, scratch):
    """The file itself, or a copy in the folder `scratch` with its rows shuffled."""
    if order == "file":
        return path
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="") as file:
        header, *lines = file.read().splitlines()
    random.Random(SEED).shuffle(lines)
    shuffled = pathlib.Path(scratch) / f"{path.name.removesuffix('.gz').removesuffix('.csv')}.csv"
    shuffled.write_text("\n".join([header, *lines, ""]))
    return shuffled


def pipeline_of(stream):
    return HERE / "pipelines" / f"{'kdd99' if stream.startswith('kdd99') else stream}.yaml"


def replay(stream, path):
    """{model: its metrics} of one replay; `model` is the one River is given too."""
    command = [PROGRAM, "replay", pipeline_of(stream), "--input", f"s={path}", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    summary = json.loads(done.stdout)
    assert not summary["dead_letters"], summary["dead_letters"]
    found = {}
    for name, operator in summary["operators"].items():
        if "metrics" in operator:
            model = name.removesuffix("_quality") if name != "quality" else "model"
            restored = summary["operators"][model]["model_restored"]
            found[model] = {
                "rows": operator["rows_in"], **operator["metrics"], "restored": restored}
    return found


def river(python, stream, path):
    """River's metrics on the same file."""
    command = [python, HERE / "river_peer.py", stream, path]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def peer_figures():
    return json.loads(PEER_FIGURES.read_text()) if PEER_FIGURES.exists() else {}


def worse(reached, peer):
    """The metrics in which `reached` is neither equal to the peer's nor better."""
    found = []
    for metric in MORE_IS_BETTER + LESS_IS_BETTER:
        if metric in peer:
            lost = peer[metric] - reached[metric]
            lost = -lost if metric in LESS_IS_BETTER else lost
            if not lost <= EQUAL * max(1.0, abs(peer[metric])):
                found.append(metric)
    return found
