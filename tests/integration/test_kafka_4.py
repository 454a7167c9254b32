"""The same promise on a broker of Kafka 4: its protocol, its transactions, without old requests."""

import pytest

import campaigns
from broker import Broker
from test_kafka_contract import check_contract


@pytest.fixture(scope="module")
def broker():
    """Stands in for the session's, in this file."""
    broker = Broker("4.1")
    try:
        yield broker.start()
    finally:
        broker.close()


def test_kills_on_kafka_4_lose_nothing_double_nothing_and_keep_the_bits(scene):
    weir, _ = campaigns.kills(scene, 10)
    assert scene.finish(weir)["bad"] > 0


def test_cuts_inside_commit_on_kafka_4_lose_nothing_and_double_nothing(scene):
    weir, _ = campaigns.cuts(scene, 5)
    scene.finish(weir)


def test_the_log_on_kafka_4_keeps_the_contract_of_the_log(broker):
    check_contract(broker)
