"""Something to be done once a module has been imported, whoever imports it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from origin.errors import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    Callback = Callable[[ModuleType], None]


class AfterImport:
    """A finder that finds nothing itself: it has the loader that others find call back, once."""

    def __init__(self, callbacks: Mapping[str, Callback]) -> None:
        self._callbacks = dict(callbacks)
        self._asking: set[str] = set()

    @classmethod
    def install(cls, callbacks: Mapping[str, Callback]) -> None:
        """Call back at once for modules that are there already."""
        missing = {}
        for name, callback in callbacks.items():
            if name in sys.modules:
                _call(callback, sys.modules[name])
            else:
                missing[name] = callback
        if missing:
            sys.meta_path.insert(0, cls(missing))

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self._callbacks or name in self._asking:
            return None
        self._asking.add(name)
        try:
            for finder in sys.meta_path:
                find = None if finder is self else getattr(finder, "find_spec", None)
                spec: ModuleSpec | None = find(name, path, target) if find is not None else None
                if spec is not None:
                    self._follow(name, spec.loader)
                    return spec
        finally:
            self._asking.discard(name)
        return None

    def _follow(self, name: str, loader: Any) -> None:
        execute = getattr(loader, "exec_module", None)
        if execute is None or getattr(execute, "follows", None) == name:
            return

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if module.__name__ == name and (callback := self._callbacks.pop(name, None)) is not None:
                del loader.exec_module
                _call(callback, module)

        exec_module.follows = name  # type: ignore[attr-defined]
        try:
            loader.exec_module = exec_module
        except AttributeError:
            warn(f"{name} cannot be watched ({type(loader).__name__}): what it delivers is not recorded")


def _call(callback: Callback, module: ModuleType) -> None:
    try:
        callback(module)
    except Exception as error:  # noqa: BLE001 - the script's import must not fail for us
        warn(f"what {module.__name__} delivers is not recorded ({type(error).__name__}: {error})")
