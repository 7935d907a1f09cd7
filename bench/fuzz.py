"""Feeds broken inputs to everything that reads what others wrote, and stops at the first that does harm.

A finding is an exception that is not documented, an input that takes too long, or a promise that does not hold (see
bench/fuzz_targets.py). It is written to a file, with the command that shows it again. The same seed makes the same
inputs, whatever the number of workers.
"""

import argparse
import faulthandler
import importlib
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import TYPE_CHECKING

from mutate import mutate

if TYPE_CHECKING:
    from fuzz_targets import Target

# Which modules have which targets, and their shares of the inputs, in thousandths: the dear ones get fewer.
_TARGETS = {
    "pdu": ("fuzz_targets", 800),
    "sms": ("fuzz_targets", 80),
    "mail": ("fuzz_mail", 70),
    "lmtp": ("fuzz_mail", 30),
    "settings": ("fuzz_config", 14),
    "replies": ("fuzz_config", 5),
    "tables": ("fuzz_config", 1),
}
_GROUPS = {"all": tuple(_TARGETS), "config": ("settings", "replies", "tables")}
_SHOWN_EVERY_S = 10.0
_WAITS = 12
_STUCK_S = 120.0  # code that does not even notice the deadline ends the process


class TooSlow(BaseException):
    """An input took longer than the deadline; nothing that handles errors may swallow it."""


class _Timers:
    """Whether a deadline is on; the second timer's signal, or one that comes when the block has ended, is nobody's."""

    counted = False


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises TooSlow in the block when it has worked so long, or has waited much longer: the machine may be busy."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, _WAITS * seconds)
    _Timers.counted = True
    try:
        yield
    finally:
        _Timers.counted = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def too_slow(_number: int, _frame: FrameType | None) -> None:
    """What the timers call."""
    if _Timers.counted:
        _Timers.counted = False
        raise TooSlow


def hear_the_timers() -> None:
    """Before the first deadline."""
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, too_slow)


def open_target(name: str) -> "Target":
    """The target of that name, ready to be fed."""
    target: Target = importlib.import_module(_TARGETS[name][0]).TARGETS[name]()
    return target


def inputs_of(target: "Target", name: str, seed: int, numbers: Sequence[int]) -> list[bytes]:
    """The inputs with these numbers; the even ones begin with the seeds themselves."""
    return [
        target.seeds[number // 2]
        if number % 2 == 0 and number // 2 < len(target.seeds)
        else mutate(Random(f"{name} {seed} {number}"), target.seeds, target.mutations, target.longest)
        for number in numbers
    ]


def check(target: "Target", inputs: Sequence[bytes], seconds: float) -> str | None:
    """What is wrong with these inputs, if anything."""
    try:
        with deadline(seconds):
            target.check(inputs)
    except TooSlow:
        return f"too slow: more than {seconds:g} s\n{traceback.format_exc()}"
    except Exception:  # noqa: BLE001  whatever it is, it is a finding
        return traceback.format_exc()
    return None


def report(target: "Target", name: str, inputs: Sequence[bytes], folder: Path, seconds: float, what: str) -> None:
    """Writes the finding down: the one input that does it alone, else all of its batch."""
    alone = [each for each in inputs if len(inputs) > 1 and check(target, [each], seconds)]
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, data in enumerate(alone[:1] or inputs):
        files.append(folder / f"{name}-{time.time_ns()}-{number}")
        files[-1].write_bytes(data)
    again = " ".join(map(str, files))
    print(
        f"\n{what}\n{name}: shown again by: {sys.executable} {sys.argv[0]} --target {name} --replay {again}", flush=True
    )


def run(name: str, count: int, worker: int, given: argparse.Namespace) -> bool:
    """Feeds one worker's share of the inputs to one target; whether all went well."""
    hear_the_timers()
    target = open_target(name)
    started = shown = time.monotonic()
    faulthandler.dump_traceback_later(_STUCK_S, exit=True)
    numbers = range(worker, count, given.workers)
    for at in range(0, len(numbers), target.batch):
        inputs = inputs_of(target, name, given.seed, numbers[at : at + target.batch])
        if what := check(target, inputs, given.deadline):
            report(target, name, inputs, given.findings, given.deadline, what)
            return False
        if time.monotonic() - shown > _SHOWN_EVERY_S:
            shown = time.monotonic()
            faulthandler.dump_traceback_later(_STUCK_S, exit=True)
            print(f"  {name}: {at} of {len(numbers)}, {at / (shown - started):.0f}/s", flush=True)
    faulthandler.cancel_dump_traceback_later()
    took = time.monotonic() - started
    print(f"{name}: {len(numbers)} inputs, {len(numbers) / took:.0f}/s, nothing found", flush=True)
    return True


def run_all(names: Sequence[str], given: argparse.Namespace) -> bool:
    """One target after the other, each in as many processes as there are workers; one that dies ends all, loudly."""
    whole = sum(_TARGETS[name][1] for name in names)
    for name in names:
        count = max(1, given.inputs * _TARGETS[name][1] // whole)
        with ProcessPoolExecutor(given.workers) as pool:
            shares = [pool.submit(run, name, count, worker, given) for worker in range(given.workers)]
            if False in {each.result() for each in shares}:
                return False
    return True


def replay(name: str, given: argparse.Namespace) -> bool:
    """Feeds a finding again, all of its files at once."""
    hear_the_timers()
    what = check(open_target(name), [file.read_bytes() for file in given.replay], given.deadline)
    print(what or "nothing found")
    return what is None


def main() -> int:
    """0 if nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1708)
    parser.add_argument("--target", choices=sorted({*_GROUPS, *_TARGETS}), default="all")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--deadline", type=float, default=5.0, help="seconds for one input, or one batch of them")
    parser.add_argument("--findings", type=Path, default=Path("bench/findings"), help="where a finding is written to")
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE", help="feed these instead")
    given = parser.parse_args()
    if given.replay:
        return 0 if replay(given.target, given) else 1
    return 0 if run_all(_GROUPS.get(given.target, (given.target,)), given) else 1


if __name__ == "__main__":
    sys.exit(main())
