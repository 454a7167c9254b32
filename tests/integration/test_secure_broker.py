"""A broker with TLS and passwords: weir works through it, and whatever is wrong keeps it out."""

import datetime
import time
import types

import pytest

import topics
import weir as programs
from broker import Broker, Listener, free_ports
from certificates import Authority

PIPELINE = programs.ROOT / "tests" / "integration" / "pipelines" / "secure.yaml"
PASSWORD = "hunter2-9f41c7"
HERE = "DNS:localhost,IP:127.0.0.1"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
PLAIN = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_weir="{PASSWORD}";'


def day(days):
    """A day so far from now, as certificates write it."""
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days)
    return then.strftime("%Y%m%d%H%M%SZ")


def listener(certificate):
    return Listener("SASL_SSL", {
        "ssl.keystore.type": "PEM", "ssl.keystore.location": certificate,
        "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        "scram-sha-512.sasl.jaas.config": SCRAM, "plain.sasl.jaas.config": PLAIN})


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """A broker whose listeners are right, expired, and another host's; and who is to be trusted."""
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = Authority(folder, "authority"), Authority(folder, "stranger")
    broker = Broker(
        listeners={
            "RIGHT": listener(authority.sign("right", HERE, day(-1), day(1))),
            "EXPIRED": listener(authority.sign("expired", HERE, day(-2), day(-1))),
            "ELSEWHERE": listener(
                authority.sign("elsewhere", "DNS:other.example", day(-1), day(1))),
        },
        format_options=["--add-scram", f"SCRAM-SHA-512=[name=weir,password={PASSWORD}]"],
    )
    try:
        broker.start()
        topics.create(broker, "secure")
        yield types.SimpleNamespace(
            broker=broker, authority=authority.certificate, stranger=stranger.certificate)
    finally:
        broker.close()


@pytest.fixture
def start(secure, tmp_path):
    """Starts weir at a listener of the broker; ended with the test."""
    made = []

    def make(listener="RIGHT", authority=None, password=PASSWORD, mechanism="SCRAM-SHA-512",
             pipeline="secure"):
        settings = {"kafka.bootstrap.servers": secure.broker.address(listener),
                    "pipeline": pipeline, "sinks.predictions.topic": f"{pipeline}-predictions"}
        environment = {"KAFKA_BROKERS": "set by --set", "KAFKA_MECHANISM": mechanism,
                       "KAFKA_CA": str(authority or secure.authority), "KAFKA_PASSWORD": password}
        made.append(programs.Weir(PIPELINE, secure.broker, tmp_path, settings, environment))
        return made[-1].start()

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
def test_weir_works_through_tls_and_a_password_that_it_never_shows(secure, start, mechanism):
    name = mechanism.lower()
    weir = start(mechanism=mechanism, pipeline=name).wait_ready()
    topics.produce(secure.broker, "secure", (
        (None, {"id": str(i), "x": i % 7, "y": i % 7 > 3}) for i in range(1_000)))
    reader = topics.Reader(secure.broker, f"{name}-predictions")
    reader.read(1_000)
    reader.close()
    # A record of the pipeline that has no password, nor what stood in the environment, is enough.
    weir.kill()
    weir.http = f"127.0.0.1:{free_ports(1)[0]}"
    weir.set("http.listen", weir.http)
    weir.start().wait_ready()
    assert "snapshot not used" not in weir.told()
    status, config = weir.get("/config")
    assert status == 200 and "sasl.username" in config and PASSWORD not in config
    weir.stop()
    weir.verify()
    assert PASSWORD not in weir.log.read_text()


WRONG = {  # what is wrong: (how it is started, what the reason says)
    "another authority": ({"authority": "stranger"}, "certificate verify failed"),
    "another host's name": ({"listener": "ELSEWHERE"}, "certificate verify failed"),
    "an expired certificate": ({"listener": "EXPIRED"}, "certificate verify failed"),
    "another password": ({"password": "swordfish-77aa"}, "uthentication"),
    "another password, plain": (
        {"password": "swordfish-77aa", "mechanism": "PLAIN"}, "uthentication"),
    "TLS where there is none": ({"listener": "PLAINTEXT"}, "SSL"),
}


@pytest.mark.parametrize("number, wrong", list(enumerate(WRONG)), ids=WRONG)
def test_what_is_wrong_is_told_in_one_line_and_nothing_is_processed(secure, start, number, wrong):
    how, reason = WRONG[wrong]
    if "authority" in how:
        how = {**how, "authority": secure.stranger}
    name = f"wrong-{number}"
    started = time.monotonic()
    weir = start(pipeline=name, **how)
    status = weir.wait_end(60)
    told = weir.log.read_text()
    assert status in (1, 69), told
    assert time.monotonic() - started < 20, told
    errors = [line for line in told.splitlines()
              if "level=error" in line or line.startswith("weir:")]
    assert len(errors) == 1 and reason in errors[0], told
    for password in (PASSWORD, how.get("password", PASSWORD)):
        assert password not in told
    there = secure.broker.admin().list_topics(timeout=10).topics
    assert not [topic for topic in there if name in topic], "nothing was made or written"
