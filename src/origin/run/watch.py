"""Where loaders that nobody wrapped are seen: torch's iterators, and the iteration of Hugging Face data sets. And what
saves models, from its import on.

Nothing of ours is loaded before the first of them is iterated.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from origin.errors import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType, ModuleType

_INNER = ("torch.utils.data._utils.fetch", "torch.utils.data._utils.worker")
"""Where torch asks a data set for samples: what is iterated there goes into a sample or batch of the outer loader."""


def is_inner(frame: FrameType | None) -> bool:
    """Whether this iteration serves another one: a hook's, a DataLoader's, or what `datasets` reads for itself."""
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if isinstance(module, str) and (module in _INNER or module.startswith(("origin.hooks.", "datasets."))):
            return True
        frame = frame.f_back
    return False


def _watch_torch(module: ModuleType) -> None:
    """Have origin.hooks.pytorch, which imports torch, loaded when the first iterator is made, and not with torch."""
    iterator: Any = module._BaseDataLoaderIter  # noqa: SLF001 - no public seam
    original = iterator.__init__

    @functools.wraps(original)
    def first(self: Any, loader: Any) -> None:
        on_top = iterator.__init__ is not first  # a hook of the script's own came before
        if not on_top:
            iterator.__init__ = original
        _hook_torch()
        (original if on_top else iterator.__init__)(self, loader)

    iterator.__init__ = first


def _hook_torch() -> None:
    try:
        from origin.hooks import pytorch  # noqa: PLC0415 - imports torch

        if not pytorch.install():
            warn("this version of torch hides where samples are collated: DataLoaders are not recorded")
        pytorch.on_unwrapped(_tap_of)
    except Exception as error:  # noqa: BLE001 - nothing of ours may reach the loop
        warn(f"DataLoaders are not recorded ({type(error).__name__}: {error})")


def _tap_of(loader: Any) -> Any:
    # From the caller of pytorch._init: that one is a hook itself.
    if is_inner(sys._getframe(2)):  # noqa: SLF001 - the stack has no public name
        return None
    from origin.run.autolog import current  # noqa: PLC0415 - loads the storage

    log = current()
    return None if log is None else log.tap_of(loader)


def _watch_datasets(module: ModuleType, name: str) -> None:
    kind: Any = getattr(module, name)
    for method in ("__iter__", "iter"):
        setattr(kind, method, _watched(getattr(kind, method)))


def _watched(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_inner(sys._getframe(1)):  # noqa: SLF001
            from origin.run.autolog import current  # noqa: PLC0415

            log = current()
            recorded = None if log is None else log.recorded(self)
            if recorded is not None:
                return getattr(recorded, original.__name__)(*args, **kwargs)
        return original(self, *args, **kwargs)

    return method


_SAVERS = (
    "torch",
    "safetensors.torch",
    "accelerate.utils.other",
    "transformers.modeling_utils",
    "transformers.trainer",
    "lightning.pytorch.trainer.trainer",
    "lightning.fabric.fabric",
    "pytorch_lightning.trainer.trainer",
    "lightning_fabric.fabric",
)
"""The modules of origin.hooks.checkpoints.SEAMS."""


def _watch_saver(_module: ModuleType) -> None:
    """Where a session records already, have what this module saves recorded too; else its beginning will."""
    checkpoints: Any = sys.modules.get("origin.hooks.checkpoints")
    if checkpoints is not None:
        checkpoints.look()


SEAMS: Mapping[str, Callable[[ModuleType], None]] = {
    "torch.utils.data.dataloader": _watch_torch,
    "datasets.arrow_dataset": lambda module: _watch_datasets(module, "Dataset"),
    "datasets.iterable_dataset": lambda module: _watch_datasets(module, "IterableDataset"),
    **dict.fromkeys(_SAVERS, _watch_saver),
}
