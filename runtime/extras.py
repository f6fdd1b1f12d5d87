"""Packages that only a part of lenet's work needs: the extras of pyproject.toml."""

from importlib.util import find_spec

from lenet.dsl.errors import LenetError

# By extra: what is imported of it.
EXTRAS = {
    "lsp": ("pygls", "lsprotocol"),
    "mlflow": ("mlflow",),
    "onnx": ("onnx",),
    "search": ("optuna",),
    "serve": ("starlette", "uvicorn", "httptools", "python_multipart", "prometheus_client"),
    "spark": ("pyspark",),
}


def need(extra: str, what: str, otherwise: str = "", python: str = "") -> None:
    """LenetError where a package of an extra is missing that `what` needs. Its fix ends in
    `otherwise`, which does without, or for who calls from Python in `python`."""
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if not missing:
        return
    count = "package" if len(missing) == 1 else "packages"
    title = f"{what} needs the {count} {', '.join(missing)}"
    fix = f"pip install 'lenet[{extra}]'"
    raise LenetError(title, "A plain installation is without.", fix + otherwise, fix + python)
