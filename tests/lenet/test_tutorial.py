"""The tutorial notebook runs from its first cell to its last, and its stored outputs are whole."""

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.ipynb"


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    with TUTORIAL.open() as file:
        return nbformat.read(file, as_version=4)


def test_what_is_stored_is_one_run(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output["output_type"] for cell in cells for output in cell.outputs}
    assert kinds == {"display_data", "execute_result"}, "no error, and nothing of one machine"


@pytest.mark.large
@pytest.mark.spark
def test_it_runs(notebook: nbformat.NotebookNode, data_folder: Path, tmp_path: Path) -> None:
    """With one epoch: whether the digits are read right is for the stored ones to show."""
    (chosen,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    assert chosen.source.startswith("epochs = 5")
    chosen.source = "epochs = 1"
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    client = nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": path, "LENET_DATA": str(data_folder)})
    cells = {cell.source: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    said = {
        source: outputs[-1]["data"]["text/plain"]
        for source, outputs in cells.items()
        if outputs and "data" in outputs[-1]
    }
    same = [text for source, text in said.items() if source.endswith(".digest == model.digest")]
    assert same == ["True", "True"], "without Spark, and read again"
    (evaluated,) = [text for source, text in said.items() if source.startswith("model.evaluate")]
    assert "'count': 10000" in evaluated
    assert (tmp_path / "runs" / "tutorial" / "model-card.md").exists()
