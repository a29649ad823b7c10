"""Long rows are combined as a sparse matrix says."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

from standalone_node.kernels.mixing import row_mixer


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_rows_are_those_of_the_matrix_product_and_no_others(dtype: str) -> None:
    rng = np.random.default_rng(5)
    matrix = scipy.sparse.csr_array(
        np.where(rng.random((9, 6)) < 0.4, rng.normal(size=(9, 6)), 0.0)
    )
    values, out = rng.normal(size=(6, 70)), np.full((9, 70), 7.0, dtype)
    row_mixer()(matrix.indptr, matrix.indices, matrix.data, values, out, 2, 8)
    assert np.allclose(out[2:8], (matrix @ values)[2:8], rtol=1e-6, atol=1e-6)
    assert (out[:2] == 7.0).all() and (out[8:] == 7.0).all()
