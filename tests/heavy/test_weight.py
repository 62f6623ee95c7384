"""What the page of a matrix weighs."""

from __future__ import annotations

import gzip

import gen_builder as b
import pytest

from hvsupport.gen import site

#: Kilobytes (1000 bytes) that the page of a matrix may weigh, compressed.
WEIGHTS = [(30, 68, 35), (260, 19, 80), (500, 50, 250)]


@pytest.mark.parametrize(("rows", "columns", "bound"), WEIGHTS)
def test_the_weight_of_a_matrix(rows: int, columns: int, bound: int) -> None:
    page = site.build(b.large(rows, columns)).files["hvsupport.html"]
    assert len(gzip.compress(page, 6)) <= bound * 1000
