"""The contract of the log (tests/connectors/log_contract) on a real broker."""

import os
import subprocess

import weir

PROGRAM = weir.PROGRAM.parent / "../../tests/kafka_contract_tests"


def check_contract(broker):
    surroundings = {**os.environ, "WEIR_TEST_BROKER": broker.bootstrap}
    ended = subprocess.run(
        [PROGRAM, "--gtest_color=no"],
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-1000:]
    assert "[  PASSED  ] " in ended.stdout


def test_the_log_on_kafka_keeps_the_contract_of_the_log(broker):
    check_contract(broker)
