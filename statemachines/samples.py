"""The training set of samples, which come with their features: no ingestion, and no weather.

They end as rides do: with `$.plan`, `$.rides`, `$.rides_listed` and `$.training_set`. What only rides have is 0.
"""

from stepfunctions.steps.states import State

from statemachines import sql
from statemachines.asl import Pass
from statemachines.tasks import Tasks
from statemachines.training_set import COUNTS, LISTING, YEARS
from wildrydes.tasks import SAMPLES

# The columns of queries/samples_counts.sql, in their order.
SAMPLE_COUNTS = (
    "processed_rows",
    "samples",
    "repeated",
    "contradicting",
    "train_rows",
    "validation_rows",
    "test_rows",
    "lowest_label",
    "highest_label",
    "mini_batch_size",
)
_NO_RIDES = {
    **dict.fromkeys(("read", "accepted", "rejected", "repeated", "files_read", "files_skipped", "files_rejected"), 0),
    "rejected_by_reason": {},
    "file_lines": [],
    "file_lines_omitted": 0,
}
_NO_PLAN = {
    **dict.fromkeys(("chunks", "objects", "already_ingested", "rejected_file_count"), 0),
    "rejected_files": [],
    "message": "no ride files: this task learns from samples",
}


def build_samples(tasks: Tasks) -> list[State]:
    """The states from the choice of the task to the counts of the training set."""
    plan = Pass("Plan no ingestion", result=_NO_PLAN, result_path="$.plan")
    rides = Pass("Ingest no rides", result=_NO_RIDES, result_path="$.rides")
    # Right before the query that reads them, so that later samples can be recognised.
    listing = tasks.function(
        "List samples",
        {"execution": "$.parameters.execution", "source": SAMPLES},
        (*LISTING, *YEARS),
        "$.rides_listed",
        function="ListRides",
    )
    rows = tasks.query("Build training set of samples", sql.query("samples_training_set"), "$.training_set_query")
    count = tasks.query("Count training set of samples", sql.query("samples_counts"), "$.counts_query")
    absent = dict.fromkeys((name for name in COUNTS if name not in SAMPLE_COUNTS), 0)
    counts = tasks.row(
        "Read counts of samples", "$.counts_query.query_execution", SAMPLE_COUNTS, "$.training_set", absent=absent
    )
    return [plan, rides, listing, rows, count, counts]
