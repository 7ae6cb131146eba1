"""Signals that ask for an end."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from lixcore_cli.interrupts import StopRequests


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_for_an_end_and_ends_a_wait(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopRequests() as stop:
        assert not stop.wait(0)
        assert not stop.stopping()
        late = threading.Timer(0.01, os.kill, (os.getpid(), number))
        late.start()
        assert stop.wait(20)
        assert stop.wait(20), "from then on at once"
        assert stop.stopping()
        late.join()
    assert signal.getsignal(number) is before


def test_ctrl_c_asked_a_second_time_interrupts_and_sigterm_does_not() -> None:
    with StopRequests() as stop:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.stopping()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_outside_the_main_thread_nobody_is_asked() -> None:
    found: list[bool] = []

    def work() -> None:
        with StopRequests() as stop:
            found.append(stop.wait(0))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert found == [False]
