"""What `wildrydes status` says of the SSM parameter."""

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from cli.stack import Stack
from cli.status import Champion, Status, deployed_next, show
from wildrydes.tasks import TASKS

PATH = "models/run-1/run-1/output/model.tar.gz"
DEFAULT, MAGIC_POINTS = TASKS["heavy_utilization"], TASKS["magic_points"]
PARAMETERS = [{"ParameterKey": "ModelPathParameterName", "ParameterValue": "/wildrydes/model-path"}]


class Ssm:
    """A parameter with a value, or a refusal in its place."""

    def __init__(self, value: str = "", refusal: str = "") -> None:
        self.value, self.refusal = value, refusal

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        assert Name == PARAMETERS[0]["ParameterValue"]
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": ""}}, "GetParameter")
        return {"Parameter": {"Value": self.value}}


def stack(ssm: Ssm) -> Stack:
    return Stack("wildrydes", {}, lambda _: ssm)


@pytest.mark.parametrize(
    ("ssm", "value"),
    [
        (Ssm(PATH), PATH),
        (Ssm("none"), "none"),
        (Ssm(refusal="ParameterNotFound"), "none"),
        (Ssm(refusal="AccessDeniedException"), None),
    ],
)
def test_parameter_has_a_model_or_none_or_may_not_be_read(ssm: Ssm, value: str | None) -> None:
    assert deployed_next(stack(ssm), DEFAULT, PARAMETERS) == value


def test_parameter_that_the_stack_does_not_name_is_unknown() -> None:
    assert deployed_next(stack(Ssm(PATH)), DEFAULT, []) is None
    assert deployed_next(stack(Ssm(PATH)), MAGIC_POINTS, PARAMETERS) is None


def test_refusal_of_another_kind_is_raised() -> None:
    with pytest.raises(ClientError, match="ThrottlingException"):
        deployed_next(stack(Ssm(refusal="ThrottlingException")), DEFAULT, PARAMETERS)


@pytest.mark.parametrize(
    ("model_path", "held", "warning"),
    [
        (PATH, PATH, None),
        (None, "none", None),
        # Who may not read it does not know that it is wrong.
        (PATH, None, None),
        (None, None, None),
        (PATH, "none", "The SSM parameter holds no model: it is repaired by the next retraining."),
        (PATH, "models/run-2", "The SSM parameter holds models/run-2: it is repaired by the next retraining."),
        (None, PATH, f"The SSM parameter holds {PATH}: it is repaired by the next retraining."),
    ],
)
def test_warning_is_for_a_parameter_that_is_known_to_differ(
    model_path: str | None, held: str | None, warning: str | None
) -> None:
    text = shown({"heavy_utilization": Champion(None, model_path, held)})
    assert ("The SSM parameter" in text) == (warning is not None)
    assert (warning or "") in text


def shown(champions: dict[str, Champion]) -> str:
    """What `wildrydes status` prints of a stack with these champions."""
    output = io.StringIO()
    status = Status("http://x", None, "wildrydes", "CREATE_COMPLETE", champions, [], {})
    show(status, Console(file=output, width=300))
    return output.getvalue()


def test_champion_of_each_task_has_a_row_and_a_warning_of_its_own() -> None:
    champions = {
        "heavy_utilization": Champion("run-1", PATH, PATH, "xgboost", "endpoint"),
        "magic_points": Champion(None, None, "models/magic_points/run-2"),
        "service_requested": Champion(None, None, "none"),
    }
    rows = [line.split(maxsplit=1) for line in shown(champions).splitlines()]
    names = [row[0] for row in rows]
    assert rows[names.index("heavy_utilization")][1].strip() == "run-1  xgboost on endpoint"
    place = names.index("magic_points")
    assert rows[place][1].strip() == "none: `wildrydes retrain --task magic_points` trains one"
    assert " ".join(rows[place + 1]).startswith("The SSM parameter holds models/magic_points/run-2: it is repaired")
    assert names[place + 2] == "service_requested"
