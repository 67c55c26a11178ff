"""A reduced study, run once for real by the command a user types; the tests then look at what it left."""

from __future__ import annotations

import pytest

from tests.support.study_folder import StudyFolder


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> StudyFolder:
    """The reduced study, finished."""
    made = StudyFolder.copy(tmp_path_factory.mktemp("study"))
    done = made.run()
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return made
