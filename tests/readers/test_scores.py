"""Scores as readers hand them in: right files are read, wrong ones are answered with every wrong line."""

from __future__ import annotations

import pytest

from ldct.errors import InputError
from ldct.readers.scores import read_key, read_pairs, read_ratings

KEY = "image,case,patient,slice,model,loss,seed,checkpoint\nA,c1,P1,4,redcnn,mse,0,6\nB,c1,P1,4,redcnn,l1,0,6\n"


@pytest.fixture
def key(tmp_path):
    (tmp_path / "key.csv").write_text(KEY)
    return read_key(tmp_path / "key.csv")


def test_ratings_with_semicolons_decimal_commas_and_no_session(tmp_path, key):
    path = tmp_path / "r.csv"
    path.write_bytes("\ufeffreader;case;image;score\nr1;c1;A;3,5\nr1;c1;B;2\n".encode())
    found = read_ratings(path, key, (0, 4))
    assert found["score"].tolist() == [3.5, 2.0]
    assert set(found["session"]) == {"1"}


def test_every_wrong_line_is_named(tmp_path, key):
    path = tmp_path / "r.csv"
    lines = ["r1,c1,A,3,1", "r1,c1,A,4,1", "r1,c1,B,9,1", "r1,c1,Z,1,1", "r1,c2,B,1,1", ",c1,B,1,1", "r2,c1,B,good,1"]
    path.write_text("reader,case,image,score,session\n" + "\n".join(lines) + "\n")
    with pytest.raises(InputError) as error:
        read_ratings(path, key, (0, 4))
    said = str(error.value)
    for words in (
        "6 wrong lines",
        "line 3: the same reader, image, session as line 2",
        "line 4: score 9; expected 0 to 4",
        "line 5: image 'Z' is not in the key",
        "line 6: image 'B' of case 'c2'; the key says 'c1'",
        "line 7: no reader",
        "line 8: score 'good'; expected a number",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("text", "words"),
    [("reader,case\nr,c\n", "also image, score"), ("reader,case,image,score\n", "no line"), ("", "columns none")],
)
def test_files_of_another_kind(tmp_path, text, words):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_ratings(tmp_path / "r.csv")
    with pytest.raises(InputError, match="no such file"):
        read_ratings(tmp_path / "none.csv")


def test_choices(tmp_path, key):
    path = tmp_path / "p.csv"
    path.write_text("reader,case,left,right,choice,session\nr1,c1,A,B,left,1\nr1,c1,B,A,both,1\nr1,c1,A,A,left,1\n")
    with pytest.raises(InputError) as error:
        read_pairs(path, key)
    assert "line 3: choice 'both'; expected left or right" in str(error.value)
    assert "line 4: image 'A' on both sides" in str(error.value)
