"""The order law across the door: a topic and a file of the same rows make the same bits."""

import itertools
import json

import topics
from weir import ROOT, invoke

PIPELINE = ROOT / "tests" / "integration" / "pipelines" / "ordered.yaml"
DAY = 86_400_000


def events(count):
    """Weather days with event times, some of them a day early or late."""
    for number, row in enumerate(itertools.islice(topics.stream("weather"), count)):
        late = (number * 7919) % 5 - 2 if number % 11 == 0 else 0
        yield {"id": str(number), "ts": 600_000_000_000 + (number + late) * DAY,
               **{name: float(row[name]) for name in ("feat_1", "feat_2", "feat_3")},
               "target": row["target"] == "1"}


def test_a_file_and_a_topic_give_the_same_output_and_state_hash(broker, run, reader, tmp_path):
    rows = [json.dumps(event) for event in events(5_000)]
    file = tmp_path / "days.ndjson"
    file.write_text("".join(row + "\n" for row in rows))

    topics.create(broker, "ordered", partitions=1)
    topics.produce(broker, "ordered", ((None, row) for row in rows), partition=0)
    weir = run("ordered.yaml", {"engine.batch_rows": 7})
    weir.start().wait_ready()
    assert len(topics.rows(reader("ordered-predictions").read(len(rows)))) == len(rows)
    weir.stop()
    state_hash, output_hash = weir.hashes[0]

    for batch_rows in (1, 4096):
        done = invoke("replay", PIPELINE, "--input", f"days={file}", "--json",
                      "--set", f"engine.batch_rows={batch_rows}")
        summary = json.loads(done.stdout)
        assert (summary["state_hash"], summary["output_hash"]) == (state_hash, output_hash)
    weir.verify()
