"""Fewer dimensions: distances between points stay nearly what they were (the lemma of Johnson and Lindenstrauss).

`sign` multiplies by a matrix of random signs. `fjlt` flips signs at random, spreads each value over all by a
Walsh-Hadamard transform, and takes some of the places at random (Ailon and Chazelle, 2009). The matrices follow from a
seed, so a model holds the seed alone.
"""

from dataclasses import dataclass

import numpy as np

from local.algorithms.knn.hyperparameters import SIGN


@dataclass(frozen=True)
class Projection:
    """From `source` to `target` dimensions, in the way that `kind` names."""

    kind: str
    source: int
    target: int
    seed: int

    def apply(self, points: np.ndarray) -> np.ndarray:
        """`points` (rows, source) as (rows, target), float32."""
        generator = np.random.default_rng(self.seed)
        if self.kind == SIGN:
            signs = generator.choice([-1.0, 1.0], (self.source, self.target))
            return (points @ signs / np.sqrt(self.target)).astype(np.float32)
        width = 1 << max(0, self.source - 1).bit_length()
        padded = np.zeros((len(points), width))
        padded[:, : self.source] = points * generator.choice([-1.0, 1.0], self.source)
        places = generator.choice(width, self.target, replace=False)
        # The transform is orthonormal, so a part of its places has that part of a vector's length.
        return (_walsh_hadamard(padded)[:, places] * np.sqrt(width / self.target)).astype(np.float32)


def _walsh_hadamard(values: np.ndarray) -> np.ndarray:
    """The orthonormal transform of each row; its length is a power of two."""
    rows, width = values.shape
    step = 1
    while step < width:
        pairs = values.reshape(rows, -1, 2, step)
        values = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2).reshape(
            rows, width
        )
        step *= 2
    return values / np.sqrt(width)
