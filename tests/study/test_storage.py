"""Disks that are full and inputs that are gone: a clear message, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.support.study_folder import StudyFolder

# A stage that writes 4 MB of numbers that do not compress, as any rule's script would.
STAGE = """
import resource, sys
import numpy as np, pyarrow as pa
from pathlib import Path
from ldct.stages.base import Stage, StageOutputs
from ldct.stages.running import main
from ldct.tables import write_table

class Numbers(Stage):
    class Outputs(StageOutputs):
        table: Path

    @staticmethod
    def run(outputs):
        limit = int(sys.argv[2])
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        schema = pa.schema([("x", pa.float64())])
        write_table(outputs.table, pa.table({"x": np.random.default_rng(0).random(500_000)}, schema), schema)

main(Numbers, ["--output-table", sys.argv[1]])
"""


def write(path: Path, limit: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", STAGE, str(path), str(limit)], capture_output=True, text=True)


def test_a_file_that_cannot_be_finished_leaves_nothing_and_says_why(tmp_path):
    path = tmp_path / "table.parquet"
    path.write_bytes(b"the last good result")
    done = write(path, limit=100_000)
    assert done.returncode == 1
    assert "error: a file would be larger than this system allows" in done.stderr
    assert "run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["table.parquet"]
    assert path.read_bytes() == b"the last good result"


def test_a_full_disk(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        done = write(small / "table.parquet")
        left = list(small.iterdir())
        subprocess.run(["mount", "-o", "remount,size=16m", str(small)], check=True)
        again = write(small / "table.parquet")
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert done.returncode == 1
    assert "error: the disk of the results is full" in done.stderr
    assert left == []
    assert again.returncode == 0, "with space again it goes on"


@pytest.mark.study
def test_a_vanished_input_stops_the_run_and_keeps_its_results(study):
    folder = study.path / "tests/study/broken"
    results = sorted(path for path in (study.path / "results").rglob("*") if path.is_file())
    away = folder.with_name("away")
    os.rename(folder, away)
    try:
        done = study.run()
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert "Folders of the manifest are missing" in said and "of patient 'broken'" in said
        assert "Nothing was started and nothing is lost" in said
        assert "Traceback" not in said
        assert sorted(path for path in (study.path / "results").rglob("*") if path.is_file()) == results
    finally:
        os.rename(away, folder)
    assert study.planned() == Counter()


@pytest.mark.study
def test_results_in_s3_are_planned_there_and_code_is_read_here(tmp_path):
    """Against a real S3 protocol."""
    folder = StudyFolder.copy(tmp_path / "study", config="tests/conda/study.yaml")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
        client.create_bucket(Bucket="studies")
        done = folder.run(
            *["--dry-run", "--default-storage-provider", "s3", "--default-storage-prefix", "s3://studies/first"],
            *["--storage-s3-endpoint-url", f"http://{host}:{port}"],
            *["--storage-s3-access-key", "test", "--storage-s3-secret-key", "test"],
        )
    finally:
        server.stop()
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    assert "s3://studies/first/results/metrics/metrics.parquet (in storage)" in said
    assert "s3://studies/first/workflow_scripts" not in said
    assert not (folder.path / "results").exists()
