"""Pipelines that change, from release to release and back, while copies of weir come and go."""

import json

import topics
import weir as program
from broker import wait_until

WINDOW = "operators.shift.detector.mean_shift.window"


def sections(weir):
    """The hash of each part of the state in the newest snapshot on disk, and that one's epoch."""
    told = program.invoke("state", weir.pipeline, "--json", "--offline", *weir.settings()).stdout
    newest = json.loads(told)["shards"][0]["disk"]["snapshots"][0]
    hashes = {f"{each['operator']}, {each['part']}": each["hash"]
              for each in newest["sections"] if each["operator"]}
    return hashes, newest["epoch"]


def state_of_all(rows, weir):
    """What `sections` says of a snapshot of all there is."""
    found = {}

    def whole():
        hashes, epoch = sections(weir)
        found.update(hashes)
        return epoch == rows.epochs()[-1]["epoch"]

    wait_until("a snapshot of the last epoch", whole, 20)
    return found


def learned(rows):
    """How many rows the model had learned at each prediction."""
    return sorted(row["updates"] for row in rows.predictions())


def test_the_next_release_takes_over_from_a_kill_and_the_one_before_takes_it_back(rows):
    weir = rows.weir({"engine.snapshot_every": "1ms"}).start().wait_ready()
    rows.produce(3_000)
    rows.wait_predicted()
    before = state_of_all(rows, weir)
    weir.kill()
    for file in (weir.folder / "state" / rows.name / "shard-0").glob("*.snapshot"):
        file.unlink()  # it has to be replayed, by the pipeline that was in force

    weir.set(WINDOW, 70)
    weir.start().wait_ready()
    assert "operator shift, field x starts cold: mean_shift.window is 70 (was 50)" in weir.told()
    assert "4 of 5 parts of its state are kept" in weir.told()
    after = state_of_all(rows, weir)
    assert {name for name in before if after[name] != before[name]} == {"shift, field x"}
    rows.produce(1_000)
    rows.wait_predicted()
    weir.kill()

    weir.set(WINDOW, 50)
    weir.start().wait_ready()
    assert weir.log.read_text().count("operator shift, field x starts cold:") == 2
    rows.produce(1_000)
    rows.wait_predicted()
    weir.stop()
    rows.check_predicted_once()
    assert learned(rows) == list(range(5_000))
    weir.verify()


def test_an_operator_that_is_reset_starts_cold_and_the_others_do_not(rows):
    weir = rows.weir().start().wait_ready()
    rows.produce(2_000)
    rows.wait_predicted()
    weir.stop()
    before, _ = sections(weir)
    wrong = program.invoke("run", weir.pipeline, *weir.settings(), "--reset-state", "modle",
                           status=2)
    assert "--reset-state modle: there is no such operator" in wrong.stderr
    weir.start("--reset-state", "model").wait_ready()
    assert "operator model starts cold: --reset-state names it" in weir.told()
    after = state_of_all(rows, weir)
    assert {name for name in before if after[name] != before[name]} == {"model, model"}
    rows.produce(1_000)
    rows.wait_predicted()
    weir.stop()
    assert learned(rows) == sorted([*range(2_000), *range(1_000)])
    weir.verify()


def test_other_arithmetic_is_refused_until_it_is_accepted_and_then_keeps_the_state(rows):
    weir = rows.weir({"engine.membership": "fixed"})
    weir.environment = program.planted("other_logic")
    for end in (weir.stop, weir.kill):  # half of it is in a snapshot, half has to be replayed
        weir.start().wait_ready()
        rows.produce(1_000)
        rows.wait_predicted()
        end()
    weir.environment = {}
    assert weir.start().wait_end() == 1
    assert "was computed with different arithmetic" in weir.told()
    assert "--accept-new-logic" in weir.told()
    weir.start("--accept-new-logic").wait_ready()
    assert "epochs computed with different arithmetic" in weir.told()
    rows.produce(1_000)
    rows.wait_predicted()
    weir.stop()
    weir.start().wait_ready()  # what is accepted stays so
    weir.stop()
    rows.check_predicted_once()
    assert learned(rows) == list(range(3_000))


THRESHOLD = ("    fallback: 0.5\n", "    fallback: 0.5\n    threshold: 0.7\n")
FALLBACK = ("    fallback: 0.5\n", "    fallback: 0.25\n")
READER = ("fields: [id, label, updates]", "fields: [id, card, label, updates]")
SINK = ("sinks:\n", "sinks:\n  all: { type: kafka, input: features, topic: waiting-all }\n")
AGGREGATE = ("aggregates:\n", "aggregates:\n      least: { min: x, over: all }\n")
NO_AGGREGATE = ("      unread: { max: x, over: all }\n", "")
LIMIT = ("wait: 30d }", "wait: 30d, max_waiting: 5000 }")
RATE = ("learning_rate: 0.1", "learning_rate: 0.2")


def reordered(text):
    """The same file with its operators the other way round."""
    head, rest = text.split("operators:\n")
    middle, sinks = rest.split("sinks:")
    operators = []
    for line in middle.splitlines(keepends=True):
        if line[2] != " ":
            operators.append("")
        operators[-1] += line
    return head + "operators:\n" + "".join(reversed(operators)) + "sinks:" + sinks


class Waiting:
    """The pipeline waiting.yaml under changes of its file, on topics of its own."""

    def __init__(self, broker, run):
        self.broker, self.count, self.labelled = broker, 0, 0
        topics.create(broker, "waiting-rows", "waiting-labels", partitions=1)
        self.weir = run("waiting.yaml", {"engine.snapshot_every": "1ms"})
        self.original = self.weir.pipeline.read_text()

    def change(self, text):
        """From the next start on that is the file."""
        self.weir.pipeline = self.weir.folder / "waiting.yaml"
        self.weir.pipeline.write_text(text)

    def produce(self, rows, labels):
        begin, label = self.count, self.labelled
        self.count, self.labelled = begin + rows, label + labels
        now = 1_700_000_000_000
        topics.produce(self.broker, "waiting-rows", [
            (f"r{i}", {"id": f"r{i}", "card": f"c{i % 20}", "x": 1.0 + i % 97, "ts": now + i})
            for i in range(begin, begin + rows)])
        topics.produce(self.broker, "waiting-labels", [
            (f"r{i}", {"id": f"r{i}", "y": i % 97 > 40, "ts": now + i})
            for i in range(label, label + labels)])

    def read(self, topic, count):
        reader = topics.Reader(self.broker, topic)
        try:
            return topics.rows(reader.read(count))
        finally:
            reader.close()

    def epochs(self):
        reader = topics.Reader(self.broker, "weir.waiting.epochs")
        try:
            return topics.rows(reader.read_all())
        finally:
            reader.close()

    def wait_done(self):
        self.read("waiting-predictions", self.count)
        self.read("waiting-outcomes", self.labelled)


def test_what_was_learned_and_what_waits_outlives_each_change_bit_by_bit(broker, run):
    waiting = Waiting(broker, run)
    weir = waiting.weir
    weir.start().wait_ready()
    waiting.produce(1_000, 600)
    waiting.wait_done()

    def edited(change):
        assert waiting.original.count(change[0]) == 1, change
        return waiting.original.replace(*change)

    gone = {"features, aggregate unread", "features, aggregate least"}
    last = weir.folder / "last.yaml"
    last.write_text(waiting.original)
    for text, lost in [
        (edited(THRESHOLD), set()), (edited(FALLBACK), set()), (edited(READER), set()),
        (edited(SINK), set()), (edited(AGGREGATE), set()), (edited(NO_AGGREGATE), gone),
        (reordered(waiting.original), set()), (edited(LIMIT), set()),
        (edited(RATE), {"model, model"}),
    ]:
        before = state_of_all(waiting, weir)
        weir.kill()
        waiting.change(text)
        checked = program.invoke("check", weir.pipeline, "--against", last).stdout.splitlines()
        weir.start().wait_ready()
        last.write_text(text)
        for line in checked[:-1]:
            assert line in weir.told(), "the start says what the check did"
        after = state_of_all(waiting, weir)
        assert {name for name in before if after.get(name) != before[name]} == lost, text
        waiting.produce(50, 30)  # some of them waited before the change
        waiting.wait_done()
    weir.stop()
    weir.verify()
