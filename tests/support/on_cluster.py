"""A driver for tests: trains what it is told in lines of JSON, in one session for a master.

Usage: on_cluster.py MASTER [KEY=VALUE …]
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import lenet  # noqa: E402
from lenet.dsl.errors import LenetError  # noqa: E402
from lenet.runtime.spark.session import start_session  # noqa: E402


def say(**event: object) -> None:
    print(json.dumps(event, default=str), flush=True)


def main() -> None:
    session = start_session(sys.argv[1], settings=dict(pair.split("=", 1) for pair in sys.argv[2:]))
    session.sparkContext.setLogLevel("ERROR")
    for line in sys.stdin:
        options = json.loads(line)
        spec = options.pop("spec")
        try:
            model = lenet.train(spec, spark=session, watch=lambda event: say(**event), **options)
            say(event="done", digest=model.digest, history=model.history)
        except LenetError as error:
            say(event="error", title=error.title, detail=error.detail, fix=error.fix)
    session.stop()


main()
