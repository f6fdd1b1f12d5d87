"""The API's description, OpenAPI 3.1, of the models that are served: with their own shapes, bounds
and names."""

from typing import Any

from lenet import __version__
from lenet.serve.columns import LARGEST, column_schema
from lenet.serve.facts import BYTES, Facts
from lenet.serve.reading import KEYS, PICTURES, RAW
from lenet.serve.schemas import (
    answer_schema,
    error_responses,
    explanation_schema,
    json_response,
    model_schema,
    object_schema,
    reload_schema,
    text,
)
from lenet.serve.served import Served
from lenet.serve.settings import Settings
from lenet.serve.shelf import Shelf

_PICTURE = {"type": "string", "contentEncoding": "base64", "description": "a PNG, JPEG, …"}


def document_of(shelf: Shelf, settings: Settings) -> dict[str, Any]:
    """The whole document. Each version of a model has addresses of its own; those without a version
    are the newest one's."""
    paths: dict[str, Any] = {
        "/health": _get("Whether the process lives", object_schema({"status": text()})),
        "/ready": _ready(),
        "/v1/models": _get("All models", _models_schema()),
        "/v1/reload": _reload(settings),
        "/metrics": _metrics(),
    }
    for served in shelf.all:
        named = served.named
        own = [f"/v1/models/{named.name}/versions/{named.version}"]
        if shelf.is_newest(served):
            own.append(f"/v1/models/{named.name}")
        for path in own:
            paths |= _paths_of(path, served, settings)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "lenet", "version": __version__, "description": _told(shelf)},
        "paths": paths,
    }
    if settings.token is not None:
        scheme = {"type": "http", "scheme": "bearer"}
        document["components"] = {"securitySchemes": {"token": scheme}}
        document["security"] = [{"token": []}]
        for path in ("/health", "/ready"):
            document["paths"][path]["get"]["security"] = []
            document["paths"][path]["get"]["responses"].pop("401")
    else:
        for operations in paths.values():
            for operation in operations.values():
                operation["responses"].pop("401", None)
    return document


def _told(shelf: Shelf) -> str:
    lines = [
        f"{served.named}: {served.facts.parameters:,} parameters, {served.facts.outcome}"
        for served in shelf.all
    ]
    return "\n".join(lines)


def _get(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    responses = {"200": json_response(summary, schema), **error_responses(401)}
    return {"get": {"summary": summary, "responses": responses}}


def _ready() -> dict[str, Any]:
    schema = object_schema({"status": {"enum": ["ready", "stopping"]}})
    found = _get("Whether requests are answered", schema)
    found["get"]["responses"]["503"] = json_response("the server stops", schema)
    return found


def _metrics() -> dict[str, Any]:
    plain = {"text/plain": {"schema": text()}}
    responses = {"200": {"description": "in Prometheus' format", "content": plain}}
    return {
        "get": {
            "summary": "Counters for Prometheus",
            "responses": {**responses, **error_responses(401)},
        }
    }


def _models_schema() -> dict[str, Any]:
    one = reload_schema()["properties"]["models"]
    schema = object_schema({"models": {"type": "array", "items": model_schema()}})
    schema["properties"]["problems"] = one
    return schema


def _reload(settings: Settings) -> dict[str, Any]:
    responses = {
        "200": json_response("files that have changed are served", reload_schema()),
        "409": json_response("a file cannot be served; the old one still is", reload_schema()),
        **error_responses(401, 403, 429),
    }
    return {"post": {"summary": "Read changed files now", "responses": responses}}


def _paths_of(path: str, served: Served, settings: Settings) -> dict[str, Any]:
    facts = served.facts
    said = f"{served.named}: {' x '.join(map(str, facts.shape))}"
    predict = {
        "200": json_response(
            "what the model says", {"oneOf": [answer_schema(facts), answer_schema(facts, "s")]}
        )
    }
    explain = {"200": json_response("why it says so", explanation_schema(facts))}
    wrong = error_responses(400, 401, 403, 408, 413, 415, 429)
    return {
        path: _get(f"The model {served.named}", model_schema()),
        f"{path}/predict": {
            "post": {
                "summary": f"Ask {said}",
                "parameters": _parameters(facts),
                "requestBody": _body(facts, KEYS, settings),
                "responses": {**predict, **wrong},
            }
        },
        f"{path}/explain": {
            "post": {
                "summary": f"What decides for {said}",
                "parameters": [*_parameters(facts), _answer_parameter(facts)],
                "requestBody": _body(facts, KEYS[::2], settings),
                "responses": {**explain, **wrong},
            }
        },
    }


def _parameters(facts: Facts) -> list[dict[str, Any]]:
    if not facts.pictures:
        return []
    invert = "make light of dark in pictures; auto: where one is clearly the other way round"
    resize = "fit pictures of other sizes in, with their aspect"
    return [
        _query("invert", {"enum": ["auto", "yes", "no"]}, invert),
        _query("resize", {"enum": ["yes", "no"]}, resize),
    ]


def _answer_parameter(facts: Facts) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0, "maximum": len(facts.names) - 1}
    return _query("answer", schema, "the number of the answer to explain, not the likeliest one")


def _query(name: str, schema: dict[str, Any], said: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": said}


def _body(facts: Facts, keys: tuple[str, ...], settings: Settings) -> dict[str, Any]:
    row = row_schema(facts)
    single: dict[str, Any] = {"row": row, "picture": _PICTURE}
    many = {
        f"{key}s": {"type": "array", "items": schema, "minItems": 1, "maxItems": settings.most_rows}
        for key, schema in single.items()
    }
    usable = [key for key in keys if facts.pictures or key.startswith("row")]
    schema = {"oneOf": [object_schema({key: (single | many)[key]}) for key in usable]}
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if facts.pictures:
        content |= {kind: {} for kind in (*PICTURES, RAW)}
        if "pictures" in keys:
            files = {"type": "array", "items": {}, "minItems": 1}
            content["multipart/form-data"] = {"schema": object_schema({"pictures": files})}
    return {"required": True, "content": content}


def row_schema(facts: Facts) -> dict[str, Any]:
    """Numbers, flat or nested as the shape is; or a value for each column of a table."""
    if facts.columns:
        columns = {column.name: column_schema(column) for column in facts.columns}
        return {"type": "object", "properties": columns, "required": list(columns)}
    known = "" if facts.most is None else f"; in training from {facts.least:g} to {facts.most:g}"
    if facts.whole:
        value = {"type": "integer", "minimum": 0, "maximum": BYTES}
    else:
        value = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
    value["description"] = f"as the training data have it{known}"
    shapes = [(facts.size,), facts.shape, *([facts.shape[1:]] if facts.shape[0] == 1 else [])]
    return {"anyOf": [_nested(value, shape) for shape in dict.fromkeys(shapes) if shape]}


def _nested(value: dict[str, Any], shape: tuple[int, ...]) -> dict[str, Any]:
    for size in reversed(shape):
        value = {"type": "array", "items": value, "minItems": size, "maxItems": size}
    return value
