"""What is known of a process when its session begins: the unknown is said to be unknown, and nothing secret is kept."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import socket
import subprocess
import sys
from typing import Any

from origin.run.masking import MASK, masked, masked_arguments

_GIT_TIMEOUT_S = 5
_PACKAGES = (
    *("accelerate", "datasets", "lightning", "numpy", "pandas", "pyarrow", "pytorch_lightning", "torch", "torchdata"),
    *("torchvision", "transformers", "trl", "webdataset"),
)
_HARMLESS = frozenset(
    (
        *(
            "RANK",
            "WORLD_SIZE",
            "LOCAL_RANK",
            "LOCAL_WORLD_SIZE",
            "GROUP_RANK",
            "ROLE_RANK",
            "TORCHELASTIC_RESTART_COUNT",
        ),
        *("CUDA_VISIBLE_DEVICES", "CUDA_LAUNCH_BLOCKING", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE"),
        *("PYTHONHASHSEED", "PYTHONUNBUFFERED", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
        *("TOKENIZERS_PARALLELISM", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"),
        *("SLURM_JOB_ID", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_NNODES", "SLURM_ARRAY_TASK_ID", "NCCL_DEBUG"),
    )
)
_PLAIN = re.compile(r"[\w.,:+-]{0,64}")


def session_metadata(launcher: str) -> dict[str, Any]:
    """For `begin_session`. launcher: who asked for the recording."""
    argv, count = masked_arguments(sys.orig_argv)
    return {
        "launcher": launcher,
        "argv": argv,
        "argv_masked": count,
        "cwd": masked(_cwd()),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "git": git(_cwd()),
        "python": {"version": platform.python_version(), "implementation": platform.python_implementation()},
        "platform": {"system": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "cpus": os.cpu_count(),
        "packages": _versions(),
        "seeds": _seeds(),
        "gpus": _gpus(),
        "environment": _environment(),
    }


def config_hash(arguments: list[str]) -> str:
    """A name for a configuration that nobody named: the digest of the command line, as it is recorded."""
    written = json.dumps(masked_arguments(arguments)[0], separators=(",", ":"))
    return f"argv-sha256:{hashlib.sha256(written.encode()).hexdigest()}"


def git(folder: str) -> dict[str, Any]:
    """The commit that is checked out, and whether files that git knows have changed; or why that is not known."""
    commit, why = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None, "why": why}
    changes, why = _git(folder, "status", "--porcelain", "--untracked-files=no")
    if changes is None:
        return {"commit": commit, "dirty": None, "why": why}
    return {"commit": commit, "dirty": bool(changes)}


def _git(folder: str, *arguments: str) -> tuple[str | None, str]:
    # A repository's own settings may start programs, and a lock would disturb whoever works in it.
    command = ["git", "-c", "core.fsmonitor=false", "-C", folder, *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        ran = subprocess.run(  # noqa: S603 - no shell, and no value of a stranger's
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_GIT_TIMEOUT_S,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return None, f"git cannot be asked ({type(error).__name__})"
    if ran.returncode != 0:
        return None, masked((ran.stderr.strip().splitlines() or ["git failed"])[0][:200])
    return ran.stdout.strip(), ""


def imported_packages() -> dict[str, str]:
    """The distributions that modules in this process came from, with their versions. Takes a tenth of a second."""
    from importlib import metadata  # noqa: PLC0415 - only the end of a session needs it

    top = {name.partition(".")[0] for name in list(sys.modules)}
    found = {name for module, names in metadata.packages_distributions().items() if module in top for name in names}
    versions = {}
    for name in sorted(found):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = str(metadata.version(name))
    return versions


def _versions() -> dict[str, str]:
    """Of what is imported by now; the note at the end has all."""
    found = ((name, getattr(sys.modules.get(name), "__version__", None)) for name in _PACKAGES)
    return {name: str(version) for name, version in found if version is not None}


def _seeds() -> dict[str, Any]:
    """What seeds are known, without drawing a number: None stands for one that is not."""
    torch: Any = sys.modules.get("torch")
    seed = None
    with contextlib.suppress(Exception):  # a torch that is still being imported
        seed = None if torch is None else int(torch.initial_seed())
    return {"torch": seed, "PYTHONHASHSEED": _plain("PYTHONHASHSEED"), "numpy": None, "random": None}


def _gpus() -> list[str] | None:
    """The names of the GPUs; None where CUDA was not in use yet: to ask would start it."""
    torch: Any = sys.modules.get("torch")
    with contextlib.suppress(Exception):
        if torch.cuda.is_initialized():
            return [str(torch.cuda.get_device_name(number)) for number in range(torch.cuda.device_count())]
    return None


def _environment() -> dict[str, Any]:
    """The names of all variables; the values of those that can hold no secret."""
    values = {name: _plain(name) for name in sorted(_HARMLESS & os.environ.keys())}
    return {"names": sorted(os.environ), "values": values}


def _plain(name: str) -> str | None:
    value = os.environ.get(name)
    if value is None:
        return None
    return value if _PLAIN.fullmatch(value) and masked(value) == value else MASK


def _cwd() -> str:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return ""
