"""A real Prometheus on a running weir: every query of the dashboard has finite, plausible data."""

import json
import random
import re
import subprocess
import threading
import time

import pytest

import prometheus as prometheus_program
import topics
from broker import ROOT, wait_until
from prometheus import Prometheus

DASHBOARD = ROOT / "deploy" / "grafana" / "weir.json"
DAY = 86_400_000


def panels():
    """Every panel of the dashboard that shows data, rows unfolded."""
    board = json.loads(DASHBOARD.read_text())
    for panel in board["panels"]:
        for inner in [panel, *panel.get("panels", [])]:
            if inner["type"] != "row":
                yield inner


def queries():
    for panel in panels():
        for target in panel["targets"]:
            yield pytest.param(target["expr"], panel["fieldConfig"]["defaults"]["unit"],
                               id=f"{panel['title']} {target['refId']}")


def as_grafana_would(query):
    """The query with the dashboard's variables filled in for a short test."""
    query = query.replace("$__rate_interval", "10s").replace("$__range", "1m")
    query = re.sub(r'=~?"\$(pipeline|shard|operator)"', '=~".+"', query)
    assert "$" not in query, query
    return query


def card_transactions(count, seed):
    """Card transactions over ten days that end now, and the chargebacks of the frauds, as
    deploy/examples/fraud.yaml reads them. One in 500 is no JSON."""
    chance = random.Random(seed)
    now = int(time.time() * 1000)
    transactions, chargebacks = [], []
    for i in range(count):
        at = now - 10 * DAY + i * (10 * DAY - 60_000) // count
        card = f"card-{chance.randrange(300)}"
        fraud = chance.random() < 0.03
        amount = chance.lognormvariate(5 if fraud else 3.5, 0.8)
        if i > 0.7 * count:
            amount *= 2  # the planted drift
        home, country = "DE", "RO" if chance.random() < (0.5 if fraud else 0.05) else "DE"
        row = {"tx_id": f"t{i}", "card": card, "amount": round(amount, 2), "country": country,
               "home": home, "ts": at}
        transactions.append((card, "no JSON" if i % 500 == 499 else row))
        if fraud:
            back = {"tx_id": f"t{i}", "card": card, "fraud": True, "ts": at + DAY}
            if back["ts"] < now:
                chargebacks.append((card, back))
    return transactions, chargebacks


class Trickle:
    """Keeps frauds coming, each charged back at once, so that no rate falls to zero."""

    def __init__(self, broker):
        self._broker = broker
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _write(self):
        number = 0
        while not self._stop.wait(0.2):
            now = int(time.time() * 1000)
            card, name = f"card-{number % 300}", f"now-{number}"
            row = {"tx_id": name, "card": card, "amount": 20 + number % 9, "country": "DE",
                   "home": "DE", "ts": now}
            back = {"tx_id": name, "card": card, "fraud": True, "ts": now + 1}
            topics.produce(self._broker, "transactions", [(card, row), (card, "no JSON")])
            topics.produce(self._broker, "chargebacks", [(card, back)])
            number += 1


@pytest.fixture(scope="module")
def watched(broker, tmp_path_factory):
    """A Prometheus that watches the example pipeline under load."""
    import weir as programs

    topics.create(broker, "transactions", "chargebacks")
    weir = programs.Weir(ROOT / "deploy" / "examples" / "fraud.yaml", broker,
                         tmp_path_factory.mktemp("weir"), {"engine.snapshot_every": "1s"})
    weir.start().wait_ready()
    prometheus = Prometheus(weir.http, tmp_path_factory.mktemp("prometheus"))
    try:
        transactions, chargebacks = card_transactions(60_000, seed=7)
        # In several waves, so that rates have two scrapes to compare.
        for wave in range(12):
            part = slice(wave * 5_000, (wave + 1) * 5_000)
            topics.produce(broker, "transactions", transactions[part])
            each = len(chargebacks) // 12
            topics.produce(broker, "chargebacks", chargebacks[wave * each : (wave + 1) * each])
            count = (wave + 1) * 5_000
            wait_until("Prometheus has seen the wave", lambda: prometheus.query(
                f"sum(weir_source_rows_total) >= {count}"), 60)
        with Trickle(broker):
            yield prometheus
        weir.stop()
    finally:
        prometheus.close()
        weir.close()


@pytest.mark.parametrize("query, unit", list(queries()))
def test_a_query_of_the_dashboard_has_finite_plausible_data(watched, query, unit):
    query = as_grafana_would(query)
    wait_until(lambda: f"finite data for {query}: {watched.query(query)}",
               lambda: watched.finite(query), 45)  # headroom is looked at every 30 s
    for labels, value in watched.query(query):
        assert value >= 0 or unit == "none", (query, labels, value)
        if unit == "percentunit":
            assert value <= 1, (query, labels, value)
        if unit == "s":
            assert value < 40 * 86_400, (query, labels, value)


def test_every_panel_says_what_it_shows_in_which_unit_from_the_chosen_data_source():
    board = json.loads(DASHBOARD.read_text())
    variables = {each["name"]: each for each in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert [row["title"] for row in board["panels"] if row["type"] == "row"] == [
        "Service", "Model", "Drift"]
    for panel in panels():
        assert panel["title"] and len(panel["description"]) > 20, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        for place in [panel, *panel["targets"]]:
            assert place["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_each_series_of_a_panel_has_a_name_of_its_own():
    labels_of = dict(re.findall(r'^WEIR_METRIC\((\w+), \w+, "([^"]*)"', (
        ROOT / "pipeline" / "core" / "metrics.def").read_text(), re.MULTILINE))
    for panel in panels():
        for target in panel["targets"]:
            query, legend = target["expr"], target["legendFormat"]
            kept = re.search(r"\bby \(([^)]*)\)", query)
            kept = kept[1] if kept else labels_of[re.search(r"\bweir_(\w+)", query)[1]]
            named = set(re.split(", *", kept)) - {"pipeline", "le", ""}
            assert named <= set(re.findall(r"{{(\w+)}}", legend)), (panel["title"], query, legend)


def test_every_metric_of_the_dashboard_is_one_of_the_declared():
    declared = re.findall(r"^WEIR_METRIC\((\w+),", (
        ROOT / "pipeline" / "core" / "metrics.def").read_text(), re.MULTILINE)
    for panel in panels():
        for target in panel["targets"]:
            for name in re.findall(r"\bweir_(\w+)", target["expr"]):
                assert re.sub(r"_(bucket|sum|count)$", "", name) in declared, name


def test_prometheus_is_fetched_whole_whatever_happens_on_the_way(tmp_path, monkeypatch):
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, script in {
        "sudo": 'exec "$@"',
        # Knows no package before its lists were updated.
        "apt-get": """case "$*" in
            *update) touch "$LISTS" ;;
            *) [ -e "$LISTS" ] && touch prometheus_1.deb ;; esac""",
        # Is interrupted at first.
        "dpkg": """mkdir -p "$3/usr/bin"
            touch "$3/usr/bin/prometheus"
            [ "$(wc -c <"$LISTS")" -gt 0 ]""",
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
    monkeypatch.setenv("LISTS", str(tmp_path / "lists"))
    monkeypatch.setattr(prometheus_program, "FOLDER", tmp_path / "build" / "prometheus")
    with pytest.raises(subprocess.CalledProcessError, match="dpkg"):
        prometheus_program.fetch_program()
    assert list((tmp_path / "build").iterdir()) == []
    (tmp_path / "lists").write_text("dpkg goes on")
    assert prometheus_program.fetch_program().exists()
