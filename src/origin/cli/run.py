from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from origin.cli.arguments import add_command
from origin.errors import UsageError
from origin.run.settings import DIGEST_LIMIT, Settings

if TYPE_CHECKING:
    from origin.cli.arguments import Parser, Subparsers
    from origin.run.launch import Ran

_ABOUT = """\
The script is run as by `python SCRIPT`, or `python -m MODULE`, with the Python and its options that run this command.
Every torch DataLoader and Hugging Face data set that it iterates is recorded, in all processes that it starts: ranks of
torchrun in a shard each; a process that finds the database taken, in a file with its number (provenance.pid-1234.db).
No file is made where no data is read.

Options stand before the script; all that follows it is the script's own. Its output and exit code are as without
Origin; one line on standard error tells what was recorded, but under --quiet. docs/autolog.md has the rest.

Exit codes: those of the script; 2 if it cannot be started. Killed by a signal, this command is as well."""
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def add(subparsers: Subparsers) -> Parser:
    parser = add_command(
        subparsers,
        "run",
        run,
        summary="run a script or module and record what it reads, with no change to it",
        usage="(SCRIPT | -m MODULE) [ARGUMENT ...]",
        about=_ABOUT,
        examples="origin run train.py --epochs 3\n"
        "origin run --db runs/7.db --config-hash 7f3a train.py\n"
        "origin run -m torch.distributed.run --nproc-per-node 4 --standalone train.py",
    )
    parser.add_argument("--config-hash", metavar="TEXT", help="what names the configuration (else made of the command)")
    parser.add_argument(
        "--digest-limit",
        metavar="SIZE",
        default=DIGEST_LIMIT,
        type=_size,
        help="bytes of files that are digested at the end, all together, such as 4G (else 256M)",
    )
    parser.add_argument("-m", metavar="MODULE", dest="module", nargs=argparse.REMAINDER, help="a module to run")
    parser.add_argument("script", metavar="SCRIPT", nargs=argparse.REMAINDER, help="a script to run, and its arguments")
    return parser


def run(arguments: argparse.Namespace) -> int:
    from origin.run.launch import die_as, launch  # noqa: PLC0415 - no reading command needs it

    command = ["-m", *arguments.module] if arguments.module is not None else arguments.script
    if command[:1] == ["--"]:
        command = command[1:]
    if not command or command == ["-m"]:
        raise UsageError("there is nothing to run: give a script, or -m and a module, see `origin run --help`")
    settings = Settings(
        os.path.abspath(arguments.db),  # noqa: PTH100 - pathlib is not loaded yet, and the script waits
        arguments.config_hash,
        arguments.key_file,
        arguments.digest_limit,
    )
    ran = launch(command, settings)
    _report(arguments, ran)
    return die_as(ran.code)


def _report(arguments: argparse.Namespace, ran: Ran) -> None:
    """On standard error: standard output is the script's. What was not recorded is told even under --quiet."""
    if sys.stderr is None:
        return
    if ran.problem is not None:
        _tell(f"the script was not recorded: {ran.problem}")
    for path in ran.unread:
        _tell(f"{path} cannot be read: run `origin verify` on it")
    if arguments.quiet:
        return
    if arguments.json:
        sessions = [{**one._asdict(), "path": str(one.path)} for one in ran.sessions]
        print(json.dumps({"exit_code": ran.code, "problem": ran.problem, "sessions": sessions}), file=sys.stderr)
    elif not ran.sessions:
        _tell("nothing was recorded: no DataLoader and no data set was iterated")
    else:
        _tell(_summary(ran))


def _summary(ran: Ran) -> str:
    from origin.cli.output import counted  # noqa: PLC0415

    batches = sum(one.batches for one in ran.sessions)
    observations = sum(one.observations for one in ran.sessions)
    gaps = sum(one.gaps for one in ran.sessions)
    paths = sorted({str(one.path) for one in ran.sessions})
    more = f" and {len(paths) - 4} more" if len(paths) > 4 else ""
    what = f"{counted(batches, 'batch', 'batches')}, {counted(observations, 'observation')}, {counted(gaps, 'gap')}"
    if len(ran.sessions) == 1:
        (one,) = ran.sessions
        return f"session {one.session_id[:12]} ({one.status}): {what}, in {one.path}"
    return f"{len(ran.sessions)} sessions: {what}, in {', '.join(paths[:4])}{more}"


def _tell(message: str) -> None:
    from origin.query.display import visible  # noqa: PLC0415

    print(f"origin: {visible(message)}", file=sys.stderr)


def _size(text: str) -> int:
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].upper() in {"K", "M", "G"} else (text, "")
    if not number.isascii() or not number.isdigit() or len(number) > 12:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is no size: use a number of bytes, or such as 256M or 4G")
    return int(number) * _UNITS[unit]
