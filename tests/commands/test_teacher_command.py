"""`vicugna teacher serve`: what it refuses before it listens."""

import socket

import pytest

from vicugna.teachers.offline import server
from vicugna.teachers.offline.capacity import UNLIMITED, parse_capacity
from vicugna.teachers.offline.quota import ServerQuota


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["--fault", "418=0.5"], "418", id="no such fault"),
        pytest.param(["--fault", "429=2"], "429", id="share above 1"),
        pytest.param(["--fault", "429"], "429", id="no share"),
        pytest.param(["--port", "70000"], "'--port'", id="no such port"),
        pytest.param(["--latency", "-1"], "'--latency'", id="latency below 0"),
        pytest.param(["--latency", "slow"], '"slow"', id="latency in words"),
        pytest.param(["--latency", "lognormal:9:1:8"], "lognormal:2.5:1:8", id="median too high"),
        pytest.param(["--rpm", "0"], "'--rpm'", id="no requests at all"),
        pytest.param(["--tpm", "nan"], "tpm is nan", id="tokens without a number"),
        pytest.param(["--rpm", "9", "--burst", "inf"], "burst_seconds is inf", id="endless burst"),
        pytest.param(["--capacity", "queue"], '"queue", expected', id="no slots"),
        pytest.param(["--capacity", "refuse:0"], "refuse:SLOTS", id="slots below 1"),
        pytest.param(["--batch-seconds", "-1"], "'--batch-seconds'", id="batch below 0"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, words, says):
    code, out, err = vicugna("teacher", "serve", *words)

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([], (None, UNLIMITED, 0.0), id="nothing"),
        pytest.param(["--rpm", "90"], (ServerQuota(rpm=90), UNLIMITED, 0.0), id="requests"),
        pytest.param(
            ["--tpm", "1000", "--burst", "1", "--capacity", "queue:8", "--latency", "0.2"],
            (ServerQuota(tpm=1000, burst_seconds=1), parse_capacity("queue:8"), 0.2),
            id="all",
        ),
    ],
)
def test_what_the_server_is_told(vicugna, monkeypatch, words, expected):
    told = []
    monkeypatch.setattr(server, "serve", lambda respond, **options: told.append(options))
    code, _, err = vicugna("teacher", "serve", *words)

    assert (code, err) == (0, "")
    assert [(one["quota"], one["capacity"], one["latency"]) for one in told] == [expected]


def test_a_port_that_is_taken(vicugna):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = vicugna("teacher", "serve", "--port", taken.getsockname()[1])

    assert code == 2
    assert err.startswith("vicugna: Cannot listen on port ")
    assert len(err.splitlines()) == 1
