"""Requests that come together are predicted together, and each gets its own part of the answer.

That makes no difference to the bits: rows go through the kernels for blocks, alone or not.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenet.dsl.errors import LenetError

MOST_TOGETHER = 1024  # rows, but for a request that has more

Rows = NDArray[Any]
Predict = Callable[[Rows], Any]  # a sequence with an answer for each row, which can be sliced


class Batcher:
    """Predicts one batch at a time; what comes meanwhile is the next one. `seen` is called with the
    rows of each batch."""

    def __init__(self, predict: Predict, seen: Callable[[int], None]) -> None:
        self._predict, self._seen = predict, seen
        self._waiting: deque[tuple[Rows, asyncio.Future[Any]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def answer(self, rows: Rows, pool: Executor) -> Any:
        """The prediction of these rows; LenetError as `predict` raises it."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work(pool))
        return await future

    async def _work(self, pool: Executor) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = self._take()
                self._seen(sum(len(rows) for rows, _ in batch))
                # Errors are given to those who wait.
                answers = await loop.run_in_executor(pool, self._answers, [r for r, _ in batch])
                for (_, future), answer in zip(batch, answers, strict=True):
                    if future.done():  # whoever waited has gone
                        continue
                    if isinstance(answer, BaseException):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
        finally:
            self._task = None

    def _take(self) -> list[tuple[Rows, asyncio.Future[Any]]]:
        """The first who wait and whose rows are of one type."""
        batch = [self._waiting.popleft()]
        kind, count = batch[0][0].dtype, len(batch[0][0])
        while self._waiting:
            rows = self._waiting[0][0]
            count += len(rows)
            if rows.dtype != kind or count > MOST_TOGETHER:
                break
            batch.append(self._waiting.popleft())
        return batch

    def _answers(self, parts: list[Rows]) -> list[Any]:
        """An answer or an exception for each part."""
        try:
            whole = self._predict(parts[0] if len(parts) == 1 else np.concatenate(parts))
        except LenetError as error:
            if len(parts) == 1:
                return [error]
            # Whose rows are at fault, only these are to be refused.
            return [answer for part in parts for answer in self._answers([part])]
        except Exception as error:
            return [error for _ in parts]
        if len(parts) == 1:
            return [whole]
        ends = np.cumsum([len(part) for part in parts]).tolist()
        return [whole[end - len(part) : end] for part, end in zip(parts, ends, strict=True)]
