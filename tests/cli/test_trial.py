"""What a trial asks of a running stack: Athena's answers as they are written, and the reason where there is none.

That it retrains is shown by the notebook's own test.
"""

import pytest

from athena_lake import Lake
from cli.stack import Stack
from cli.trial import Trial, TrialError
from local.account import EmbeddedAws


@pytest.fixture
def trial(server: EmbeddedAws) -> Trial:
    lake = Lake.create(server)
    location = {"OutputLocation": f"s3://{lake.name}/results/"}
    lake.athena.create_work_group(Name=lake.name, Configuration={"ResultConfiguration": location})
    return Trial(Stack("trial", {"AthenaWorkGroupName": lake.name, "GlueDatabaseName": lake.name}, server.client))


def test_a_query_gives_the_csv_that_athena_writes(trial: Trial) -> None:
    assert trial.query("SELECT 'a, b' AS name, 1.5e0 AS miles") == '"name","miles"\n"a, b","1.5"\n'


def test_a_query_that_fails_says_why(trial: Trial) -> None:
    with pytest.raises(TrialError, match="rides_of_nobody"):
        trial.query("SELECT * FROM rides_of_nobody")
