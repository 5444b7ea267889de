"""How a script ends is its own affair, and the record says no more than the truth of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from run.running import PYTHON, origin_run, run, script, told

from origin.storage.reads import Reader

if TYPE_CHECKING:
    from pathlib import Path

KILL = "import os, signal, sys, time\n"
WAIT = "; time.sleep(20)\n"

ENDINGS = {
    "returns": ("print(1)\n", "completed"),
    "exit 0": ("import sys; sys.exit(0)\n", "completed"),
    "exit None": ("import sys; sys.exit()\n", "completed"),
    "exit 3": ("import sys; sys.exit(3)\n", "failed"),
    "exit with words": ("import sys; sys.exit('bad')\n", "failed"),
    "raises SystemExit(0)": ("raise SystemExit(0)\n", "completed"),
    "raises SystemExit(4)": ("raise SystemExit(4)\n", "failed"),
    "exit imported by name": ("from sys import exit\nimport origin\nexit(5)\n", "failed"),
    "an exit that was caught": (
        "import sys\ntry:\n    sys.exit(3)\nexcept SystemExit:\n    print('on')\n",
        "completed",
    ),
    "a caught exit, then another": (
        "import sys\ntry: sys.exit(3)\nexcept SystemExit: pass\nraise SystemExit(0)\n",
        "completed",
    ),
    "raises": ("def f():\n    raise ValueError('x')\nf()\n", "failed"),
    "raises after an exit was caught": ("import sys\ntry: sys.exit(0)\nexcept SystemExit: pass\n1 / 0\n", "failed"),
    "os._exit": ("import os; print(1, flush=True); os._exit(0)\n", "interrupted"),
    "SIGKILL": (f"{KILL}os.kill(os.getpid(), signal.SIGKILL){WAIT}", "interrupted"),
    "SIGTERM": (f"{KILL}os.kill(os.getpid(), signal.SIGTERM){WAIT}", "interrupted"),
    "SIGHUP": (f"{KILL}os.kill(os.getpid(), signal.SIGHUP){WAIT}", "interrupted"),
    "SIGUSR1": (f"{KILL}os.kill(os.getpid(), signal.SIGUSR1){WAIT}", "interrupted"),
    "SIGINT": (f"{KILL}os.kill(os.getpid(), signal.SIGINT){WAIT}", "interrupted"),
    "SIGINT, caught": (
        f"{KILL}try:\n    os.kill(os.getpid(), signal.SIGINT){WAIT}except KeyboardInterrupt:\n    print('stopped')\n",
        "interrupted",
    ),
    "SIGTERM, handled": (
        f"{KILL}signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nos.kill(os.getpid(), signal.SIGTERM){WAIT}",
        "interrupted",
    ),
    "SIGTERM, ignored": (
        f"{KILL}signal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.kill(os.getpid(), signal.SIGTERM)\nprint('on')\n",
        "completed",
    ),
    "an exit function of its own": ("import atexit; atexit.register(print, 'bye')\n", "completed"),
    "a thread that outlives the script": (
        "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.3), print('thread'))).start()\n",
        "completed",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_the_scripts_own_end_is_kept_and_recorded(tmp_path: Path, name: str) -> None:
    text, status = ENDINGS[name]
    start = "#" * len("import origin; origin.autolog()") + "\n"
    bare = run(tmp_path, script(tmp_path, start + text))
    recorded = origin_run(tmp_path, script(tmp_path, f"import origin; origin.autolog()\n{text}"))
    assert recorded == bare
    assert told(tmp_path / "provenance.db").status == status


def test_sigterm_ends_the_session_also_while_the_main_thread_hangs(tmp_path: Path) -> None:
    # libc's pause() knows nothing of Python's handlers: they would never be called.
    text = (
        "import origin, ctypes\nlog = origin.autolog()\nfrom origin.hooks.base import BaseHook\n"
        "list(BaseHook(log._db, log.session_id, 's').wrap([[b'a'], [b'b']]))\n"
        "print('hangs', flush=True)\nlibrary = ctypes.CDLL(None)\nwhile True: library.pause()\n"
    )
    with subprocess.Popen([*PYTHON, script(tmp_path, text)], cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"hangs\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM
    with Reader(tmp_path / "provenance.db") as reader:
        (session,) = reader.sessions()
        assert session.end is not None
        assert (session.status, session.end.batches) == ("interrupted", 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_origin_run_is_the_scripts(tmp_path: Path, number: int) -> None:
    text = "import origin, time\norigin.autolog()\nprint('ready', flush=True)\ntime.sleep(30)\n"
    command = [*PYTHON, "-m", "origin", "run", "--quiet", script(tmp_path, text)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait(20) == -number
    assert told(tmp_path / "provenance.db").status == "interrupted"


def test_a_terminals_interrupt_reaches_the_script_once(tmp_path: Path) -> None:
    import pty

    text = (
        "import origin, time\norigin.autolog()\ncount = 0\nend = time.monotonic() + 20\n"
        "while time.monotonic() < end:\n    try:\n        if not count: print('ready', flush=True)\n"
        "        time.sleep(1.5)\n        if count: break\n"
        "    except KeyboardInterrupt:\n        count += 1\nprint('interrupts:', count, flush=True)\n"
    )
    command = [*PYTHON, "-m", "origin", "run", "--quiet", script(tmp_path, text)]
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execv(command[0], command)  # noqa: S606
    seen = b""
    while b"ready" not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    try:
        while more := os.read(terminal, 1000):
            seen += more
    except OSError:  # the other end is closed
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert re.findall(rb"interrupts: (\d)", seen) == [b"1"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_multiprocessing_end_truthfully(tmp_path: Path, method: str) -> None:
    text = f"""
import multiprocessing, os, sys
import origin

def work(how):
    log = origin.autolog()
    log._begin()
    if how == "raises":
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        raise ValueError
    sys.exit(how)

if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    codes = []
    for how in (0, 3, "raises"):
        process = context.Process(target=work, args=(how,))
        process.start()
        process.join()
        codes.append(process.exitcode)
    print(codes)
"""
    ran = run(tmp_path, script(tmp_path, text))
    assert (ran.out, ran.err) == (b"[0, 3, 1]\n", b"")
    with Reader(tmp_path / "provenance.db") as reader:
        assert [session.status for session in reader.sessions()] == ["completed", "failed", "failed"]


def test_signals_are_left_as_they_were_found(tmp_path: Path) -> None:
    text = (
        "import origin, signal, sys\nleave = sys.exit\n"
        "before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]\n"
        "log = origin.autolog()\nlog.stop()\n"
        "assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]\n"
        "assert signal.set_wakeup_fd(-1) == -1\nassert sys.exit is leave\n"
    )
    assert run(tmp_path, script(tmp_path, text)) == run(tmp_path, script(tmp_path, "", "empty.py"))


def test_a_forked_child_dies_of_sigterm_and_its_parents_session_knows_nothing_of_it(tmp_path: Path) -> None:
    text = (
        "import origin, os, signal, time\norigin.autolog()\npid = os.fork()\nif not pid:\n    time.sleep(30)\n"
        "time.sleep(0.3)\nos.kill(pid, signal.SIGTERM)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    started = time.monotonic()
    assert run(tmp_path, script(tmp_path, text)).out == b"-15\n"
    assert time.monotonic() - started < 20
    assert told(tmp_path / "provenance.db").status == "completed"


if sys.platform != "linux":  # pragma: no cover
    pytest.skip("signals are told apart by what Linux says of them", allow_module_level=True)
