"""All models that are served, by name and version; new files take the place of old ones."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from lenet.dsl.errors import LenetError
from lenet.serve.refusals import Refusal, message_of
from lenet.serve.served import Identity, Named, Served, identity_of

Outcome = Literal["unchanged", "reloaded", "failed"]


@dataclass(frozen=True)
class Looked:
    """What has become of a model when its file was looked at. Of one that failed, the old one is
    still served, and `error` says why."""

    named: Named
    outcome: Outcome
    error: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        found = {
            "name": self.named.name, "version": self.named.version, "outcome": self.outcome,
        }  # fmt: skip
        return {**found, **({"error": self.error} if self.error else {})}


class Shelf:
    """Models in the order in which they were given; of a name, the last version is the newest.

    `seen` is called with the rows of each batch, `looked` with what has become of a changed file.
    """

    def __init__(
        self, wanted: Iterable[Named], threads: int, seen: Callable[[Served, int], None],
        looked: Callable[[Looked], None],
    ) -> None:  # fmt: skip
        """LenetError where one cannot be served."""
        self._threads, self._seen, self._looked = threads, seen, looked
        self._by_name: dict[str, dict[str, Served]] = {}
        self._failed: dict[Named, tuple[Identity, str]] = {}
        self._looking = asyncio.Lock()
        self.stopping = False
        for named in wanted:
            self._add(Served(named, threads, seen))

    def _add(self, served: Served) -> None:
        named = served.named
        versions = self._by_name.setdefault(named.name, {})
        if not named.version:
            number = len(versions) + 1
            while str(number) in versions:
                number += 1
            named = served.named = replace(named, version=str(number))
        if named.version in versions:
            title = f"two models are called {named}"
            detail = f"They are {versions[named.version].named.path} and {named.path}."
            raise LenetError(title, detail, f"write {named.name}@ANOTHER={named.path}")
        versions[named.version] = served

    @property
    def all(self) -> list[Served]:
        """Each version of each model."""
        return [served for versions in self._by_name.values() for served in versions.values()]

    def is_newest(self, served: Served) -> bool:
        """Whether it is meant where its name is given without a version."""
        return self.find(served.named.name) is served

    def find(self, name: str, version: str | None = None) -> Served:
        """The version of a model, by default the newest; Refusal (404) where there is none."""
        versions = self._by_name.get(name)
        if versions is None:
            known = ", ".join(self._by_name)
            raise Refusal(404, f"there is no model {name!r}", f"ask one of: {known}")
        if version is None:
            return list(versions.values())[-1]
        if version not in versions:
            known = ", ".join(versions)
            title = f"the model {name} has no version {version!r}"
            raise Refusal(404, title, f"ask for one of: {known}")
        return versions[version]

    @property
    def problems(self) -> list[Looked]:
        """Models whose files have changed to something that cannot be served."""
        return [Looked(named, "failed", error) for named, (_, error) in self._failed.items()]

    async def look(self, again: bool = False) -> list[Looked]:
        """Read files that have changed, and serve what is sound in place of what was; `again` reads
        those, too, that could not be served as they are."""
        async with self._looking:
            return [await self._look_at(served, again) for served in self.all]

    async def _look_at(self, served: Served, again: bool) -> Looked:
        named = served.named
        identity = identity_of(named.path)
        if identity == served.identity:
            self._failed.pop(named, None)  # what was before is there again
            return Looked(named, "unchanged")
        failed = self._failed.get(named)
        if failed is not None and failed[0] == identity and not again:
            return Looked(named, "failed", failed[1])
        try:
            fresh = await asyncio.to_thread(Served, named, self._threads, self._seen)
        except (LenetError, OSError, MemoryError) as error:
            said = message_of(error)
            self._failed[named] = identity, said
            found = Looked(named, "failed", said)
        else:
            self._failed.pop(named, None)
            self._by_name[named.name][named.version] = fresh
            found = Looked(named, "reloaded")
        self._looked(found)
        return found
