"""pydicom's whole test collection and 2,000 damaged files: each is refused with a reason, or read rightly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_hostile_files_are_refused_or_read_rightly(tmp_path):
    command = [sys.executable, "-m", "tests.dicom.hostile", str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert not found["failures"], "\n".join(found["failures"][:20])
    assert found["files"] > 100
    assert found["read"] + found["refused"] == 2000 + 2 * found["files"]
    assert found["read"] > 200 and found["refused"] > 200
    assert found["grown_mib"] < 256
