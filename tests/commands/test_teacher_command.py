"""`vicugna teacher serve`: what it refuses before it listens."""

import socket

import pytest


@pytest.mark.parametrize(
    ("words", "says"),
    [
        pytest.param(["--fault", "418=0.5"], "418", id="no such fault"),
        pytest.param(["--fault", "429=2"], "429", id="share above 1"),
        pytest.param(["--fault", "429"], "429", id="no share"),
        pytest.param(["--port", "70000"], "'--port'", id="no such port"),
        pytest.param(["--latency", "-1"], "'--latency'", id="latency below 0"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(vicugna, words, says):
    code, out, err = vicugna("teacher", "serve", *words)

    assert (code, out) == (2, "")
    assert err.startswith("vicugna: ")
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_port_that_is_taken(vicugna):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = vicugna("teacher", "serve", "--port", taken.getsockname()[1])

    assert code == 2
    assert err.startswith("vicugna: Cannot listen on port ")
    assert len(err.splitlines()) == 1
