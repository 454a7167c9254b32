"""What breaks, how often, and how long weir takes to go on.

A campaign takes a Scene whose load runs and a count. It leaves the copy of weir that works in the
end, which the scene then holds to account, and seconds by what they measure.
"""

import time

from broker import wait_until
from proxy import ADD_OFFSETS, ADD_PARTITIONS, END_TXN, INIT_PRODUCER, PRODUCE

TRANSACTION_MS = 5_000  # short, so that a campaign can wait it out
OTHER_PROCESSOR = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"}


def kills(scene, count):
    """kill -9 at random moments: most while it works, one in five while it still recovers. What
    takes over believes each second time that it runs on another processor. Snapshots go to disk
    and topic all the time, so that many a kill leaves a transaction open in each topic."""
    seconds = {"kill to ready": [], "kill to commit": []}
    weir = scene.weir({"engine.snapshot_every": "200ms",
                       "engine.snapshot_topic_every": "200ms"}).start().wait_ready()
    scene.wait_epochs(weir)
    for kill in range(count):
        time.sleep(scene.chance.uniform(0, 0.6))  # the fault's own moment
        weir.kill()
        weir.environment = OTHER_PROCESSOR if kill % 2 else {}
        if scene.chance.random() < 0.2:
            weir.start()
            time.sleep(scene.chance.uniform(0, 0.6))
            weir.kill()
        started = time.monotonic()
        weir.start()
        wait_until(lambda: f"weir is ready ({weir.told()})", weir.is_ready, 60, 0.01)
        seconds["kill to ready"].append(time.monotonic() - started)
        scene.wait_epochs(weir)
        seconds["kill to commit"].append(time.monotonic() - started)
    return weir, seconds


def cuts(scene, count):
    """The connection is cut inside commit: EndTxn was sent, its answer is not heard. In turn the
    broker has answered, or may not have seen it; each fifth time the broker then stays away until
    the client gives up, so that weir must find out by itself what became of the epoch."""
    seconds = {"cut to commit": [], "back to commit, having given up": []}
    weir = scene.weir({"kafka.bootstrap.servers": scene.proxy.bootstrap,
                       "kafka.transaction.timeout.ms": TRANSACTION_MS}).start().wait_ready()
    scene.wait_epochs(weir)
    scene.proxy.command("delay", api=INIT_PRODUCER, ms=0)  # tells each new producer
    for cut in range(count):
        time.sleep(scene.chance.uniform(0, 0.5))
        kind = "cut-after" if cut % 2 else "cut-sent"
        place = scene.proxy.command(kind, api=END_TXN)
        scene.proxy.wait_fired(place, f"fired {kind}")
        if cut % 5 != 4:
            seconds["cut to commit"].append(scene.wait_epochs(weir))
            continue
        place = scene.proxy.command("down", ms=TRANSACTION_MS + 1_000)
        scene.proxy.wait_fired(place, "over down")
        seconds["back to commit, having given up"].append(scene.wait_epochs(weir))
    made = scene.proxy.fired(f"fired delay api={INIT_PRODUCER}")
    assert made >= count // 5, f"only {made} times was a producer given up"
    return weir, seconds


def broker(scene, count):
    """The broker is restarted, killed, or stopped past the transactions' time-out; weir goes on by
    itself after its return. Two epochs are waited for: the first may have been on its way."""
    seconds = {"restart to commit": [], "kill -9 to commit": [], "freeze to commit": []}
    weir = scene.weir({"kafka.transaction.timeout.ms": TRANSACTION_MS}).start().wait_ready()
    scene.wait_epochs(weir)
    for cycle in range(count):
        time.sleep(scene.chance.uniform(0, 1))
        kind = list(seconds)[cycle % 3]
        if kind.startswith("freeze"):
            scene.broker.freeze()
            time.sleep(TRANSACTION_MS / 1000 + scene.chance.uniform(1, 5))
            scene.broker.thaw()
        else:
            scene.broker.stop() if kind.startswith("restart") else scene.broker.kill()
            scene.broker.start()
        seconds[kind].append(scene.wait_epochs(weir, 2))
    return weir, seconds


def zombies(scene, count):
    """A copy is stopped for 5 to 15 s while another takes over; when it goes on it must find itself
    fenced, and leave with status 70."""
    seconds = {"take-over to commit": [], "zombie to end": []}
    fixed = {"engine.membership": "fixed"}
    old, new = scene.weir(fixed), scene.weir(fixed)
    old.start().wait_ready()
    for _ in range(count):
        scene.wait_epochs(old)
        time.sleep(scene.chance.uniform(0, 0.5))
        old.freeze()
        frozen = time.monotonic()
        new.start().wait_ready(60)
        scene.wait_epochs(new)
        seconds["take-over to commit"].append(time.monotonic() - frozen)
        time.sleep(max(0, scene.chance.uniform(5, 15) - (time.monotonic() - frozen)))
        started = time.monotonic()
        old.thaw()
        status = old.wait_end()
        seconds["zombie to end"].append(time.monotonic() - started)
        assert status == 70, f"status {status}: {old.told()}"
        old, new = new, old
    return old, seconds


def scale(scene, count):
    """Copies of a group come and go: 1, 3, 2, 1. One leaves as it should, the other is killed. How
    long no epoch is committed for some shard, at most, while they do."""
    seconds = {"longest gap as copies come": [], "longest gap as a copy leaves": [],
               "longest gap as a copy dies": []}
    weir = scene.weir().start().wait_ready()
    for _ in range(count):
        others = [scene.weir(), scene.weir()]
        with scene.gaps() as gaps:
            for each in others:
                each.start().wait_ready(60)
            scene.wait_all_shards(weir)
        seconds["longest gap as copies come"].append(gaps.longest)
        with scene.gaps() as gaps:
            others[0].stop()
            scene.wait_all_shards(weir)
        seconds["longest gap as a copy leaves"].append(gaps.longest)
        with scene.gaps() as gaps:
            others[1].kill()
            scene.wait_all_shards(weir)
        seconds["longest gap as a copy dies"].append(gaps.longest)
    return weir, seconds


def network(scene, count):
    """The network between weir and the broker fails in turn: refuses, swallows everything, is slow,
    answers late; for less and for more than a transaction may last."""
    faults = {"refused": lambda ms: ("down", {"ms": ms}),
              "stalled": lambda ms: ("stall", {"ms": ms}),
              "throttled": lambda _: ("throttle", {"bytes": 100_000}),
              "late": lambda _: ("delay", {"api": PRODUCE, "ms": 700})}
    seconds = {f"healed to commit, {fault}": [] for fault in faults}
    weir = scene.weir({"kafka.bootstrap.servers": scene.proxy.bootstrap,
                       "kafka.transaction.timeout.ms": TRANSACTION_MS}).start().wait_ready()
    scene.wait_epochs(weir)
    for cycle in range(count):
        fault = list(faults)[cycle % 4]
        ms = int(1_000 * scene.chance.uniform(1, 2 * TRANSACTION_MS / 1000))
        word, numbers = faults[fault](ms)
        scene.proxy.command(word, **numbers)
        time.sleep(ms / 1000)
        scene.proxy.command("clear")
        seconds[f"healed to commit, {fault}"].append(scene.wait_epochs(weir, 2))
    return weir, seconds


def starvation(scene, count):
    """weir is stopped for half of the time, for moments that grow to a second."""
    seconds = {"starved to commit": []}
    weir = scene.weir().start().wait_ready()
    for _ in range(count):
        scene.wait_epochs(weir)
        for tenths in range(1, 11):
            weir.freeze()
            time.sleep(tenths / 10)
            weir.thaw()
            time.sleep(tenths / 10)
        seconds["starved to commit"].append(scene.wait_epochs(weir))
    return weir, seconds


def pauses(scene, count):
    """weir itself is stopped within a transaction for so long that the broker ends it, which the
    client cannot tell from another owner; nobody took over, so weir goes on."""
    seconds = {"pause to commit": []}
    weir = scene.weir({"kafka.bootstrap.servers": scene.proxy.bootstrap,
                       "kafka.transaction.timeout.ms": TRANSACTION_MS}).start().wait_ready()
    for pause in range(count):
        scene.wait_epochs(weir)
        api = (PRODUCE, ADD_PARTITIONS, ADD_OFFSETS, END_TXN)[pause % 4]
        place = scene.proxy.command("delay", api=api, ms=200, times=1)
        scene.proxy.wait_fired(place, "fired delay")
        weir.freeze()
        time.sleep(TRANSACTION_MS / 1000 + 3)
        weir.thaw()
        seconds["pause to commit"].append(scene.wait_epochs(weir))
    return weir, seconds
