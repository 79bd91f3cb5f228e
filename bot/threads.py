"""Work that takes a core's time crosses to a thread, so that it delays nobody else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


async def in_thread(threads: Executor, work: Callable[..., T], *args: object) -> T:
    """What the work gives, done by one of `threads`."""
    return await asyncio.get_running_loop().run_in_executor(threads, work, *args)
