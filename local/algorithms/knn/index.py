"""The nearest points of a sample, by an index of FAISS.

`faiss.Flat` looks at each point, and is exact. `faiss.IVFFlat` looks into the cells nearest to the question;
`faiss.IVFPQ` also shortens the points, so that its distances are estimates. Both learn their cells from the sample,
with FAISS' own seed: equal samples give equal indexes. FAISS' distances of L2 are squared.
"""

from dataclasses import dataclass
from typing import Any

import faiss  # pyright: ignore[reportMissingImports]
import numpy as np

from local.algorithms.knn.hyperparameters import COSINE, FLAT, IVF_FLAT, L2, Hyperparameters

# Of the cells, how many a question looks into: FAISS' default of one misses neighbours on the other side of a border.
_PROBED_SHARE = 10
# Points that a code book of IVFPQ wants for each of its entries; fewer bits where there are fewer points.
_POINTS_A_CODE = 39


@dataclass(frozen=True)
class NeighbourIndex:
    """An index of FAISS over a sample; `centre` is what is taken from each point before it looks."""

    index: Any
    centre: np.ndarray
    settings: Hyperparameters

    def search(self, questions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distances and places in the sample, both (rows, k), the nearest first; a place of -1 is of no neighbour."""
        return self.index.search(_prepared(questions, self.centre, self.settings), self.settings.k)


def build(sample: np.ndarray, settings: Hyperparameters) -> NeighbourIndex:
    """An index over `sample` (rows, dimensions)."""
    faiss.omp_set_num_threads(1)
    # Distances stay as they are, and float32 has more digits left for them: FAISS takes them from squared lengths.
    centre = sample.mean(axis=0, dtype=np.float64) if settings.index_metric == L2 else np.zeros(sample.shape[1])
    points = _prepared(sample, centre, settings)
    rows, dimensions = points.shape
    metric = faiss.METRIC_L2 if settings.index_metric == L2 else faiss.METRIC_INNER_PRODUCT
    if settings.index_type == FLAT:
        index = faiss.IndexFlat(dimensions, metric)
    else:
        index = _cells(rows, dimensions, metric, settings)
        index.train(points)
        index.nprobe = max(1, index.nlist // _PROBED_SHARE)
    index.add(points)
    return NeighbourIndex(index, centre, settings)


def _cells(rows: int, dimensions: int, metric: int, settings: Hyperparameters) -> Any:
    cells = min(settings.faiss_index_ivf_nlists or max(1, int(np.sqrt(settings.sample_size))), rows)
    coarse = faiss.IndexFlat(dimensions, metric)
    if settings.index_type == IVF_FLAT:
        index = faiss.IndexIVFFlat(coarse, dimensions, cells, metric)
    else:
        bits = max(1, min(8, int(np.log2(max(2, rows // _POINTS_A_CODE)))))
        index = faiss.IndexIVFPQ(coarse, dimensions, cells, settings.faiss_index_pq_m, bits, metric)
    # Otherwise it would be freed with this function's name of it.
    coarse.this.disown()
    index.own_fields = True
    return index


def _prepared(points: np.ndarray, centre: np.ndarray, settings: Hyperparameters) -> np.ndarray:
    """The points as the index takes them: of length 1 for cosines, of a multiple of faiss_index_pq_m dimensions."""
    prepared = np.ascontiguousarray(points - centre, dtype=np.float32)
    if settings.index_metric == COSINE:
        lengths = np.linalg.norm(prepared, axis=1, keepdims=True)
        prepared = (prepared / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    if settings.faiss_index_pq_m and settings.index_type not in (FLAT, IVF_FLAT):
        # "If no dimension reduction has been applied, the algorithm adds a padding of zeros."
        missing = -prepared.shape[1] % settings.faiss_index_pq_m
        prepared = np.ascontiguousarray(np.pad(prepared, ((0, 0), (0, missing))))
    return prepared
