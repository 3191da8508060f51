"""What a request's `Environment` may say to the process that stands for a container."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from local.sagemaker import container, serving_container
from local.sagemaker.serving_container import Container

Environment = Callable[[dict[str, str], Path], dict[str, str]]


def training(requested: dict[str, str], folder: Path) -> dict[str, str]:
    job = {"TrainingJobName": "j", "TrainingJobArn": "arn:j", "Environment": requested}
    return container.environment(job, "us-east-1", folder)


def serving(requested: dict[str, str], folder: Path) -> dict[str, str]:
    definition = {"Image": "i", "ModelDataUrl": "s3://b/k", "Environment": requested}
    return serving_container.environment(Container.of(definition), "us-east-1", folder)


OF_BOTH = pytest.mark.parametrize("environment", [training, serving])
STEERING = (
    *("LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "MALLOC_TRACE"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONPYCACHEPREFIX", "PYTHONUSERBASE"),
    *("PATH", "HOME", "TMPDIR", "TEMP", "BASH_ENV", "ENV", "IFS", "XDG_CONFIG_HOME", "https_proxy", "SSLKEYLOGFILE"),
    *("OMP_TOOL_LIBRARIES", "OMP_NUM_THREADS", "KMP_AFFINITY", "MXNET_LIBRARY_PATH", "OPENSSL_CONF", "OPENSSL_MODULES"),
)


@OF_BOTH
@pytest.mark.parametrize("name", STEERING)
def test_no_variable_of_a_request_steers_loader_interpreter_or_libraries(
    environment: Environment, name: str, tmp_path: Path
) -> None:
    assert environment({name: "/hostile"}, tmp_path) == environment({}, tmp_path)


@OF_BOTH
def test_every_other_variable_of_a_request_reaches_the_container(environment: Environment, tmp_path: Path) -> None:
    own = {"COLOUR": "blue", "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv", "SM_HOSTS": "[]", "MAX_LENGTH": "6"}

    variables = environment(own, tmp_path)

    assert variables | own == variables
    assert (variables["PATH"], variables["HOME"], variables["TMPDIR"]) == (os.environ["PATH"], *[str(tmp_path)] * 2)
    assert environment({"AWS_REGION": "eu-west-1"}, tmp_path)["AWS_REGION"] == "us-east-1"


@OF_BOTH
def test_a_value_that_no_process_can_have_is_refused_by_name(environment: Environment, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="the variable COLOUR has a NUL character"):
        environment({"COLOUR": "bl\0ue"}, tmp_path)
