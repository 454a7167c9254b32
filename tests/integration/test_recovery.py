"""Real faults on a real broker, under load with late labels and bad records: nothing lost, nothing
doubled, the same state as a clean replay. More of each, and more kinds: tests/faults/run."""

import itertools
import statistics

import campaigns
import pytest
import topics


def test_forty_kills_lose_nothing_double_nothing_and_keep_the_bits(scene):
    weir, seconds = campaigns.kills(scene, 40)
    counts = scene.finish(weir)
    assert counts["bad"] > 0
    assert statistics.median(seconds["kill to ready"]) < 2, seconds
    assert max(seconds["kill to commit"]) < 15, seconds  # waits for no time-out of the broker


def test_ten_cuts_inside_commit_lose_nothing_and_double_nothing(scene):
    weir, seconds = campaigns.cuts(scene, 10)
    scene.finish(weir)
    assert max(map(max, seconds.values())) < 15, seconds


def test_a_zombie_ends_as_fenced_and_doubles_nothing(scene):
    weir, seconds = campaigns.zombies(scene, 1)
    scene.finish(weir)
    assert max(seconds["zombie to end"]) < 5, seconds  # waits for no time-out of the broker


@pytest.mark.parametrize("scene", [{"engine.shards": 3}], indirect=True)
def test_copies_come_and_go_and_lose_nothing_double_nothing(scene):
    weir, seconds = campaigns.scale(scene, 1)
    counts = scene.finish(weir)
    assert counts["owners"] == 3
    gaps = seconds["longest gap as copies come"] + seconds["longest gap as a copy leaves"]
    assert max(gaps) < 5, seconds


def test_a_stopped_pipeline_goes_on_where_it_was(broker, run, reader):
    days = list(itertools.islice(map(topics.typed, topics.stream("weather")), 6_000))
    events = [{"id": str(i), **day, "target": day["target"] == 1} for i, day in enumerate(days)]
    topics.create(broker, "stops")
    weir = run("weather.yaml", {
        "pipeline": "stops", "sources.days.topic": "stops",
        "sinks.predictions.topic": "stops-predictions", "sinks.quality.topic": "stops-quality",
        "sinks.drifts.topic": "stops-drifts"})
    for part in range(3):
        chunk = events[part * 2_000 : (part + 1) * 2_000]
        weir.start().wait_ready()
        topics.produce(broker, "stops", ((None, event) for event in chunk))
        reader("stops-predictions").read((part + 1) * 2_000)
        weir.stop()
    rows = topics.rows(reader("stops-predictions").read_all())
    assert sorted(row["updates"] for row in rows) == list(range(6_000))
    weir.verify()
