"""The ARNs of Step Functions' executions: that of an execution follows from its state machine's ARN and its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html#awsstepfunctions-resources-for-iam-policies
"""


def arn_of(machine: str, name: str) -> str:
    """The ARN of the execution `name` of a state machine.

    >>> arn_of("arn:aws:states:us-east-1:1:stateMachine:retrain", "run-1")
    'arn:aws:states:us-east-1:1:execution:retrain:run-1'
    """
    return f"{_executions_of(machine)}:{name}"


def is_execution_of(machine: str, arn: str) -> bool:
    """Whether an ARN is that of an execution of a state machine. That of a Map's child is not.

    >>> machine, executions = (f"arn:aws:states:us-east-1:1:{kind}:retrain" for kind in ("stateMachine", "execution"))
    >>> is_execution_of(machine, f"{executions}:run-1"), is_execution_of(machine, f"{executions}/Ingest:0b6e")
    (True, False)
    """
    return arn.rpartition(":")[0] == _executions_of(machine)


def machine_of(execution: str) -> str:
    """The ARN of an execution's state machine; a Map's child names the Map after the machine.

    >>> machine_of("arn:aws:states:us-east-1:1:execution:retrain/Ingest:0b6e")
    'arn:aws:states:us-east-1:1:stateMachine:retrain'
    """
    machine, _, _ = execution.replace(":execution:", ":stateMachine:", 1).rpartition(":")
    return machine.partition("/")[0]


def _executions_of(machine: str) -> str:
    return machine.replace(":stateMachine:", ":execution:", 1)
