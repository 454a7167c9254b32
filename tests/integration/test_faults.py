"""The proxy of tests/faults on a real broker, with clients nobody here wrote."""

import time

import pytest
from confluent_kafka import KafkaException, Producer

import topics
from proxy import END_TXN, FETCH, Proxy


class Behind:
    """The broker as it is met behind the proxy."""

    def __init__(self, broker, proxy):
        self.bootstrap = proxy.bootstrap
        self.admin = broker.admin


@pytest.fixture
def proxy(broker):
    with Proxy(broker) as proxy:
        yield proxy


def transaction(proxy, topic, name):
    producer = Producer({"bootstrap.servers": proxy.bootstrap, "transactional.id": name,
                         "reconnect.backoff.max.ms": 500, "log_level": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    for number in range(10):
        producer.produce(topic, str(number), partition=0)
    producer.flush(30)
    return producer


def committed(broker, topic):
    reader = topics.Reader(broker, topic)
    try:
        return len(reader.read_all())
    finally:
        reader.close()


def test_clients_work_through_the_proxy_as_without_it(broker, proxy):
    topics.create(broker, "through")
    behind = Behind(broker, proxy)
    topics.produce(behind, "through", ((None, str(number)) for number in range(20_000)))
    reader = topics.Reader(behind, "through")
    assert sorted(int(each.value()) for each in reader.read_all()) == list(range(20_000))
    reader.close()


def test_a_cut_after_end_txn_loses_the_answer_and_not_the_transaction(broker, proxy):
    topics.create(broker, "cut-after")
    producer = transaction(proxy, "cut-after", "cut-after")
    place = proxy.command("cut-after", api=END_TXN)
    producer.commit_transaction(30)  # the client asks again, and hears that it was done
    proxy.wait_fired(place, f"fired cut-after api={END_TXN}")
    assert committed(broker, "cut-after") == 10


def test_a_cut_before_end_txn_is_seen_by_a_client_that_does_not_wait(broker, proxy):
    topics.create(broker, "cut-before")
    producer = transaction(proxy, "cut-before", "cut-before")
    place = proxy.command("cut-before", api=END_TXN, times=100)
    with pytest.raises(KafkaException):
        producer.commit_transaction(1)
    proxy.wait_fired(place, f"fired cut-before api={END_TXN}")
    assert committed(broker, "cut-before") == 0
    proxy.command("clear")
    producer.commit_transaction(30)
    assert committed(broker, "cut-before") == 10


def test_answers_are_delayed_by_api_alone(broker, proxy):
    topics.create(broker, "delays")
    producer = transaction(proxy, "delays", "delays")
    place = proxy.command("delay", api=END_TXN, ms=3_000)
    started = time.monotonic()
    producer.commit_transaction(30)
    assert time.monotonic() - started >= 3
    proxy.wait_fired(place, f"fired delay api={END_TXN}")
    proxy.command("clear")
    producer.begin_transaction()
    started = time.monotonic()
    producer.commit_transaction(30)
    assert time.monotonic() - started < 3


def test_a_stall_holds_everything_and_lets_it_all_go(broker, proxy):
    client = broker.admin(proxy.bootstrap)
    client.list_topics(timeout=10)
    place = proxy.command("stall", ms=3_000)
    started = time.monotonic()
    client.list_topics(timeout=10)
    assert time.monotonic() - started >= 1
    proxy.wait_fired(place, "over stall")


def test_what_is_down_refuses_connections_until_it_is_up(broker, proxy):
    client = broker.admin(proxy.bootstrap)
    client.list_topics(timeout=10)
    place = proxy.command("down", ms=4_000)
    with pytest.raises(KafkaException):
        client.list_topics(timeout=0.5)
    proxy.wait_fired(place, "over down")
    client.list_topics(timeout=10)


def test_a_throttle_holds_the_rate(broker, proxy):
    topics.create(broker, "slow", partitions=1)
    topics.produce(broker, "slow", (("k", bytes(10_000)) for _ in range(100)), partition=0)
    proxy.command("throttle", bytes=1_000_000)
    started = time.monotonic()
    reader = topics.Reader(Behind(broker, proxy), "slow")
    assert len(reader.read_all()) == 100
    assert time.monotonic() - started >= 0.9
    reader.close()


@pytest.mark.parametrize("line", [("cut",), ("cut-after",), ("delay", "api"), ("down", "api")])
def test_a_command_that_is_none_is_refused(proxy, line):
    word, *names = line
    with pytest.raises(AssertionError, match="wrong"):
        proxy.command(word, **{name: FETCH for name in names})
