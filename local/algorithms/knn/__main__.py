"""Runs k-nearest neighbours as its container would: `python -m local.algorithms.knn [--base-dir DIR]`."""

import argparse
import os
import sys
from pathlib import Path

from local.algorithms.knn.container import run


def main() -> int:
    """Train under --base-dir, else under SM_BASE_DIR, else under /opt/ml; return the exit code."""
    parser = argparse.ArgumentParser(prog="knn", description=__doc__)
    parser.add_argument("--base-dir", type=Path, default=Path(os.environ.get("SM_BASE_DIR", "/opt/ml")))
    return run(parser.parse_args().base_dir)


if __name__ == "__main__":
    sys.exit(main())
