"""Dangers that no retry ends: input that is gone or will be, a disk that is full, another program
under the same name."""

import contextlib
import resource
import subprocess

import pytest
from confluent_kafka import TopicPartition

import topics
import weir as program
from broker import wait_until


def delete_before(broker, topic, offset):
    """DeleteRecords on every partition."""
    admin = broker.admin()  # must outlive its answers
    places = [TopicPartition(topic, partition, offset) for partition in range(topics.PARTITIONS)]
    for deleted in admin.delete_records(places).values():
        deleted.result(30)


def test_input_deleted_past_the_snapshot_stops_by_name_or_is_passed_over_by_name(rows, broker):
    settings = {"engine.snapshot_every": "1h", "engine.membership": "fixed"}
    weir = rows.weir(settings).start().wait_ready()
    rows.produce(3_000)
    rows.wait_predicted()
    weir.stop()  # with a snapshot
    weir.start().wait_ready()
    headroom = wait_until("the headroom", lambda: weir.metrics("weir_replay_headroom_records"), 10)
    assert [room for _, room in headroom] == [1_000] * topics.PARTITIONS
    rows.produce(600)
    rows.wait_predicted()
    weir.kill()
    rows.produce(300)
    delete_before(broker, rows.name, 1_250)  # of what a replay reads 200, of what is unread 50 each
    rows.lost = [f"r{number}" for number in range(3_600, 3_750)]

    assert weir.start().wait_end() == 1
    assert "input was deleted before weir had finished with it: " in weir.told()
    assert "start with engine.on_lost_input: skip" in weir.told()
    refused = program.invoke("verify", weir.pipeline, *weir.settings(), status=1)
    assert "the first epochs cannot be replayed" in refused.stderr

    weir.set("engine.on_lost_input", "skip")
    weir.start().wait_ready()
    rows.wait_predicted()
    rows.check_predicted_once()
    wait_until("all that is lost is counted",
               lambda: weir.metrics("weir_lost_records_total")[0][1] == 3 * (200 + 50), 10)
    log = weir.log.read_text()
    for partition in range(topics.PARTITIONS):
        assert (f"offsets 1000 to 1199 of source rows [{partition}] were deleted before they could "
                "be replayed") in log
        assert (f"offsets 1200 to 1249 of {rows.name} [{partition}] were deleted before they were "
                "read") in log
    weir.stop()
    weir.verify()
    told = program.invoke("verify", weir.pipeline, *weir.settings()).stderr
    assert "the epochs before it cannot be replayed" in told


def test_a_log_that_has_lost_epochs_is_refused(rows, broker):
    weir = rows.weir({"engine.membership": "fixed"}).start().wait_ready()
    rows.produce(300)
    rows.wait_predicted()
    weir.stop()
    epochs = f"weir.{rows.name}.epochs"
    admin = broker.admin()
    admin.delete_topics([epochs], operation_timeout=30)[epochs].result(30)
    wait_until("the topic is gone", lambda: epochs not in admin.list_topics(timeout=5).topics, 30)
    assert weir.start().wait_end() == 1
    assert f"{epochs} [0] holds no epoch, but there is a snapshot of epoch " in weir.told()
    assert "delete the newer snapshots" in weir.told()
    assert len(rows.predictions()) == 300  # nothing was done again


def test_jumps_of_the_clock_on_the_wall_change_nothing(rows):
    weir = rows.weir({"engine.snapshot_every": "500ms"})
    weir.environment = program.planted("clock_jumps")
    for _ in range(2):
        weir.start().wait_ready()
        for _ in range(8):
            rows.produce(300)
            rows.wait_predicted()
        weir.kill()
    weir.start().wait_ready()
    weir.stop()
    rows.check_predicted_once()
    weir.verify()
    weir.environment = {}
    weir.verify()


def test_a_compacted_input_is_refused_unless_it_keeps_what_a_replay_needs(rows, broker):
    topics.create(broker, "compacted", config={"cleanup.policy": "compact"})
    lag = {"cleanup.policy": "compact", "min.compaction.lag.ms": "3600000"}
    topics.create(broker, "compacted-late", config=lag)
    weir = rows.weir({"sources.rows.topic": "compacted"})
    assert weir.start().wait_end() == 1
    assert ("source rows: topic compacted is compacted, so its records may be gone before they are "
            "replayed; set its min.compaction.lag.ms to 3600000 or more") in weir.told()
    weir.set("sources.rows.topic", "compacted-late")
    weir.start().wait_ready().stop()


class Tmpfs:
    """A small disk, filled up by a file."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"no disk can be mounted here: {done.stderr}")

    def fill(self, _):
        with contextlib.suppress(OSError), (self.folder / "ballast").open("wb", 0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def clear(self, _):
        (self.folder / "ballast").unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)


class FileLimit:
    """A limit on the size of files: no snapshot fits, as needs no root."""

    def __init__(self, folder):
        self.folder = folder

    def fill(self, weir):
        weir.limit(resource.RLIMIT_FSIZE, 20_000)

    def clear(self, weir):
        weir.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)

    def close(self):
        pass


@pytest.fixture(params=[Tmpfs, FileLimit])
def disk(request, tmp_path):
    disk = request.param(tmp_path / "disk")
    yield disk
    disk.close()


def test_while_the_disk_is_full_weir_goes_on_without_snapshots_and_says_so_once(rows, disk):
    weir = rows.weir({"engine.state_dir": disk.folder, "engine.snapshot_every": "100ms"})

    def newest():
        files = (disk.folder / rows.name / "shard-0").glob("*.snapshot")
        return max((int(file.stem) for file in files), default=0)

    def failed():
        return sum(count for labels, count in weir.metrics("weir_snapshot_failures_total")
                   if labels["place"] == "disk")

    def fed(condition):
        """Whether it is so, with some more rows on their way."""
        rows.produce(99, cards=10_000)
        return condition()

    weir.start().wait_ready()
    rows.produce(9_999, cards=10_000)
    wait_until("a snapshot", lambda: fed(newest), 20)
    disk.fill(weir)
    seen = wait_until("a failure", lambda: fed(failed), 20)
    wait_until("more failures", lambda: fed(lambda: failed() > seen), 20)
    before = newest()
    rows.wait_predicted()
    disk.clear(weir)
    wait_until("a snapshot again", lambda: fed(lambda: newest() > before), 20)
    wait_until("it is said", lambda: "snapshots are written again" in weir.log.read_text(), 10)
    assert weir.log.read_text().count("no snapshot could be written; a restart replays more") == 1
    rows.wait_predicted()
    weir.kill()
    after = rows.epochs()[-1]["epoch"] - newest()
    weir.start().wait_ready()
    assert f"shard 0: {after} epochs to replay" in weir.told() or after == 0
    rows.check_predicted_once()
    weir.stop()
    weir.verify()


def test_of_two_programs_for_the_same_shards_the_older_ends_with_the_way_out(rows):
    older, newer = (rows.weir({"engine.membership": "fixed"}) for _ in range(2))
    older.start().wait_ready()
    rows.produce(300)
    rows.wait_predicted()
    in_use = program.invoke("run", older.pipeline, *older.settings(), status=1).stderr
    assert "is in use by another weir" in in_use
    newer.start().wait_ready()
    rows.produce(300)
    assert older.wait_end() == 70
    assert ("Another weir runs this pipeline's shard under the same name: stop one of them"
            in older.told())
    rows.wait_predicted()
    newer.stop()
    rows.check_predicted_once()
    newer.verify()


def test_of_two_members_of_one_name_the_older_ends_with_the_way_out(rows):
    older, newer = (rows.weir({"engine.instance": "twin"}) for _ in range(2))
    older.start().wait_ready()
    rows.produce(300)
    rows.wait_predicted()
    newer.start()
    assert older.wait_end() == 70
    assert "Two processes have the same engine.instance: give each its own" in older.told()
    newer.wait_ready()
    rows.produce(300)
    rows.wait_predicted()
    newer.stop()
    rows.check_predicted_once()
    newer.verify()
