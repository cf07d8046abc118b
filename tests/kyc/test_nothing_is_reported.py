"""Reading a picture leaves nothing outside of the product: no identifier of the machine, nothing kept to be sent."""

import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from PIL import Image

READS = """
import sys
import numpy
from PIL import Image
from kyc.vision import ocr
print(len(ocr.read_lines(numpy.asarray(Image.open(sys.argv[1])))))
"""


@pytest.mark.models
@pytest.mark.parametrize("said", [{}, {"ORT_DISABLE_TELEMETRY": "0"}])
def test_a_model_that_reads_keeps_nothing_to_report(tmp_path: Path, said: dict[str, str]) -> None:
    """In an environment with a home and little else: under CI the library would be silent by itself."""
    home, page = tmp_path / "home", tmp_path / "page.png"
    home.mkdir()
    Image.fromarray(numpy.full((300, 400, 3), 255, numpy.uint8)).save(page)
    command = [sys.executable, "-c", READS, str(page)]
    done = subprocess.run(command, env={"HOME": str(home), **said}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0"
    assert list(home.rglob("*")) == []
