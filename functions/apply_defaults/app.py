"""First state of the workflow: checks what the execution was started with, and fills in what was left out.

in   {"execution": <name>, "input": <the text that StartExecution was given>}
out  see `wildrydes.parameters`
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from wildrydes.parameters import check_parameters, read_input

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The execution's parameters. Raises BadExecutionInput, naming the field and what is allowed."""
    logger.append_keys(execution=event["execution"])
    parameters = check_parameters(event["execution"], read_input(event["input"]), datetime.now(UTC).year)
    logger.info("parameters", extra={"parameters": parameters})
    return parameters
