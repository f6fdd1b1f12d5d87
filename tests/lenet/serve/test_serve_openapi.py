"""The server keeps what its own description says: schemathesis asks whatever that allows, and what
it does not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from served import Running, served

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")


@pytest.fixture(scope="module")
def server(numbers: Path, table: Path, places: Path) -> Iterator[Running]:
    with served([numbers, table, places], rate=1e6, most_rows=8) as running:
        yield running


@pytest.fixture(scope="module")
def operations(server: Running) -> dict[str, Any]:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/openapi.json")
    found = [result.ok() for result in schema.get_all_operations()]
    # Versions have the same operations as names.
    return {o.label: o for o in found if "/versions/" not in o.path}


LABELS = [
    "GET /health", "GET /ready", "GET /metrics", "GET /v1/models", "POST /v1/reload",
    "GET /v1/models/flats", "POST /v1/models/flats/predict", "POST /v1/models/flats/explain",
    "GET /v1/models/homes", "POST /v1/models/homes/predict", "POST /v1/models/homes/explain",
    "GET /v1/models/places", "POST /v1/models/places/predict", "POST /v1/models/places/explain",
]  # fmt: skip


def test_all_operations_are_tried(operations: dict[str, Any]) -> None:
    assert sorted(operations) == sorted(LABELS)


# What is asked without anything that could be wrong cannot be asked wrongly.
ASKED = [("positive", label) for label in LABELS]
ASKED += [("negative", label) for label in LABELS if label.endswith(("predict", "explain"))]


@pytest.mark.parametrize(("mode", "label"), ASKED)
def test_it_answers_as_described(operations: dict[str, Any], mode: str, label: str) -> None:
    # The description cannot say which texts are pictures.
    some = [checks.positive_data_acceptance] if "places/" in label else []

    @settings(
        max_examples=6, derandomize=True, deadline=None, database=None,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operations[label].as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    def ask(case: Any) -> None:
        case.call_and_validate(excluded_checks=some, timeout=60)

    ask()


def test_the_description_is_of_these_models(server: Running) -> None:
    document = server.ask("/openapi.json").json
    assert document["openapi"].startswith("3.1") and "components" not in document
    body = document["paths"]["/v1/models/flats/predict"]["post"]["requestBody"]["content"]
    assert list(body) == ["application/json"]
    assert '"maxItems": 5' in json.dumps(body)
    with_pictures = document["paths"]["/v1/models/places/predict"]["post"]["requestBody"]
    assert {"image/png", "multipart/form-data"} <= set(with_pictures["content"])
