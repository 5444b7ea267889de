"""Found by Python when it starts, since `origin run` puts this folder on PYTHONPATH: this process is to be recorded.

Any Python that the script starts runs it, older ones too: nothing here may be new. The user's own sitecustomize
follows, as if this one were not there.
"""  # noqa: INP001 - a folder for PYTHONPATH, no package

import os
import sys
from importlib.machinery import PathFinder

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib would slow every start


def _begin():  # type: ignore[no-untyped-def]  # noqa: ANN202
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever Python the script starts
        raise RuntimeError("Origin needs Python 3.11")
    package = os.path.dirname(os.path.dirname(HERE))  # noqa: PTH120
    sys.path.insert(0, os.path.dirname(package))  # noqa: PTH120
    try:
        import origin.run.start as start  # noqa: PLC0415, PLR0402 - as old as Python
    finally:
        del sys.path[0]
    start.start()


try:
    _begin()  # type: ignore[no-untyped-call]
except Exception as error:  # noqa: BLE001 - whatever it is, the script runs
    _words = os.getpid(), type(error).__name__, error
    sys.stderr.write("origin: process %d is not recorded (%s: %s)\n" % _words)  # noqa: UP031 - as old as Python

_spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if os.path.abspath(path or ".") != HERE])  # noqa: PTH100
if _spec is None:
    # What Python expects where there is none.
    raise ImportError("no other sitecustomize", name="sitecustomize")
from importlib.util import module_from_spec  # noqa: E402 - slow, and few have one

_module = module_from_spec(_spec)
sys.modules["sitecustomize"] = _module
_spec.loader.exec_module(_module)  # type: ignore[union-attr]
