"""Records that kill the program: a supervisor restarts it until they are in the dead letters."""

import random
import signal
import time

import topics
import weir as program
from broker import wait_until


def supervise(weir, done, seconds=60):
    """Starts weir again whenever it dies, until `done`; returns the statuses it died with."""
    deaths = []

    def over():
        if weir.status() is not None:
            deaths.append(weir.status())
            weir.start()
        return done()

    weir.start()
    wait_until(lambda: f"an end of the deaths {deaths} ({weir.told()})", over, seconds)
    return deaths


def check_isolated(rows, weir):
    """The deadly rows are in the dead letters with where they came from, each alone in its skip;
    the others are predicted once; a replay gives the same bits."""
    rows.wait_predicted()
    weir.stop()
    letters = rows.letters()
    rows.check_predicted_once()
    assert sorted(row["id"] for row in topics.rows(letters)) == sorted(rows.deadly)
    origins = []
    for letter in letters:
        headers = dict(letter.headers())
        assert headers["weir-error"].decode().split(":")[0] == "poison"
        assert headers["weir-source-topic"].decode() == rows.name
        origins.append(["rows", int(headers["weir-source-partition"]),
                        int(headers["weir-source-offset"])])
    skips = [skip for epoch in rows.epochs() for skip in epoch.get("skips", [])]
    assert sorted(skips) == sorted(origins)
    weir.verify()


def test_a_record_that_aborts_the_process_is_isolated_after_three_deaths(rows):
    weir = rows.weir()
    weir.environment = program.planted("deadly_log")
    rows.produce(3_000, deadly=[1_234])
    deaths = supervise(weir, rows.letters)
    assert deaths == [-signal.SIGABRT] * 4  # three in a batch, one alone
    rows.produce(1_000)
    check_isolated(rows, weir)
    weir.environment = {}
    weir.verify()  # by a program without the bug, too
    log = weir.log.read_text()
    for said in ("the process crashed 3 times over the same records: processing them",
                 "crashed the process every time: sending it to the dead letters",
                 "the records that crashed the process have been passed"):
        assert log.count(said) == 1, said


def test_kills_beside_deadly_records_put_no_innocent_one_into_the_dead_letters(rows):
    chance = random.Random(3)
    weir = rows.weir({"engine.snapshot_every": "1s", "engine.membership": "fixed"})
    weir.environment = program.planted("deadly_log")
    turns = kills = 0
    while kills < 20:
        rows.produce(500, deadly=[250] if turns in (5, 12) else [])
        weir.start()
        time.sleep(chance.uniform(0, 0.6))  # the fault's own moment
        if weir.status() is None:
            weir.kill()
            kills += 1
        turns += 1
    supervise(weir, lambda: len(rows.letters()) == 2)
    check_isolated(rows, weir)
