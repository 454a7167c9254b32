"""Pipelines that change, from release to release and back, while copies of weir come and go."""

import json

import weir as program
from broker import wait_until

WINDOW = "operators.shift.detector.mean_shift.window"


def sections(weir):
    """The hash of each operator's state in the newest snapshot on disk, and that one's epoch."""
    told = program.invoke("state", weir.pipeline, "--json", "--offline", *weir.settings()).stdout
    newest = json.loads(told)["shards"][0]["disk"]["snapshots"][0]
    hashes = {each["operator"]: each["hash"] for each in newest["sections"] if each["operator"]}
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
    assert "operator shift starts cold: it has changed" in weir.told()
    assert "2 of 3 operators keep their state" in weir.told()
    after = state_of_all(rows, weir)
    assert {name for name in before if after[name] != before[name]} == {"shift"}
    rows.produce(1_000)
    rows.wait_predicted()
    weir.kill()

    weir.set(WINDOW, 50)
    weir.start().wait_ready()
    assert weir.log.read_text().count("operator shift starts cold: it has changed") == 2
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
    assert "operator model starts cold: --reset names it" in weir.told()
    after = state_of_all(rows, weir)
    assert {name for name in before if after[name] != before[name]} == {"model"}
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
