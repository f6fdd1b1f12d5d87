"""The parts that the API's description is put together of."""

from typing import Any

from lenet.serve.facts import Facts

Schema = dict[str, Any]
_ERRORS = {
    400: "the request cannot be read, or the model has no answer to it",
    401: "the token is missing or wrong",
    403: "a page of another site has asked",
    408: "the body took too long",
    413: "the request is too large",
    415: "no such content type is taken",
    429: "too many requests; the header Retry-After says when to come again",
}
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_PNG: Schema = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}


def text() -> Schema:
    """Any text."""
    return {"type": "string"}


def object_schema(properties: Schema, optional: Schema | None = None) -> Schema:
    """An object with exactly these properties, and those that may be absent."""
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def json_response(said: str, schema: Schema) -> Schema:
    """A response with one body."""
    return {"description": said, "content": {"application/json": {"schema": schema}}}


def error_responses(*statuses: int) -> Schema:
    """Those of a request that is refused."""
    schema = object_schema({"error": text()}, {"fix": text()})
    found = {str(status): json_response(_ERRORS[status], schema) for status in statuses}
    if "429" in found:
        header = {"schema": {"type": "integer", "minimum": 1}, "required": True}
        found["429"]["headers"] = {"Retry-After": header}
    return found


def _head() -> Schema:
    return {"model": text(), "version": text(), "digest": text()}


def _list(item: Schema, count: int | None = None) -> Schema:
    bounds = {} if count is None else {"minItems": count, "maxItems": count}
    return {"type": "array", "items": item, **bounds}


def one_answer(facts: Facts) -> Schema:
    """That to a row or a picture."""
    done: Schema = {"prepared": _list({"enum": ["inverted", "drawn", "resized"]})}
    count = len(facts.names)
    if facts.answers == "class":
        share = {"type": "number", "minimum": 0, "maximum": 1.0001}
        return object_schema(
            {
                "class": {**_COUNT, "maximum": count - 1},
                "label": {"enum": list(dict.fromkeys(facts.names))},
                "probability": share,
                "probabilities": _list(share, count),
            },
            done,
        )
    maybe = {"type": ["number", "null"]}
    values = {"answers": object_schema(dict.fromkeys(facts.names, maybe))}
    if facts.answers == "places":
        values["mask"] = {**_PNG, "description": "the likeliest class of each place"}
    return object_schema(values, done)


def answer_schema(facts: Facts, plural: str = "") -> Schema:
    """The whole answer to one, or with "s" to a list."""
    one = one_answer(facts)
    return object_schema({**_head(), f"answer{plural}": _list(one) if plural else one})


def explanation_schema(facts: Facts) -> Schema:
    """The answer to explain."""
    layer = object_schema(
        {
            "name": text(), "text": text(), "shape": _list(_COUNT), "least": _NUMBER,
            "most": _NUMBER, "maps": _COUNT, "picture": _PNG,
        }
    )  # fmt: skip
    occlusion = object_schema(
        {
            "answer": {**_COUNT, "maximum": len(facts.names) - 1}, "label": text(),
            "value": _NUMBER, "least": _NUMBER, "side": _COUNT, "most": _NUMBER, "picture": _PNG,
        },
        {"falls": _list(_NUMBER), "columns": _list(text())},
    )  # fmt: skip
    parts = {"input": _PNG, "layers": _list(layer), "occlusion": occlusion}
    return object_schema({**_head(), "answer": one_answer(facts), **parts})


def model_schema() -> Schema:
    """What is told of a model."""
    maybe = {"type": ["number", "null"]}
    given = object_schema(
        {
            "shape": _list(_COUNT), "whole": {"type": "boolean"}, "least": maybe, "most": maybe,
            "pictures": {"type": "boolean"}, "drawn": {"type": "boolean"},
            "columns": _list({"type": "object"}),
        }
    )  # fmt: skip
    answers = object_schema({"kind": text(), "names": _list(text())})
    return object_schema(
        {
            "name": text(), "version": text(), "newest": {"type": "boolean"}, "digest": text(),
            "input": given, "answers": answers, "parameters": _COUNT, "outcome": text(),
        }
    )  # fmt: skip


def reload_schema() -> Schema:
    """What has become of each file."""
    outcome = {"enum": ["unchanged", "reloaded", "failed"]}
    one = object_schema({"name": text(), "version": text(), "outcome": outcome}, {"error": text()})
    return object_schema({"models": _list(one)})
