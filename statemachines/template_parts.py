"""The parts of template.yaml that there are once a task, rendered from `wildrydes.tasks` between two comments.

    # <tasks: grants on functions>
    - !GetAtt PredictFunction.Arn
    # </tasks>

`rendered` writes what is between them anew, each part as deep as its comment stands. What is outside of the comments is
written by hand.
"""

import re
from collections.abc import Callable, Mapping
from textwrap import dedent, indent
from types import MappingProxyType

from statemachines.task_resources import SAGEMAKER, hyphens, resources
from wildrydes.tasks import LIVE_INFERENCE_TASK, TASKS, Task

_PART = re.compile(r"^( *)# <tasks: ([^>\n]*)>\n(?:.*\n)*?\1# </tasks>\n", re.MULTILINE)
_SSM = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter"


def rendered(template: str) -> str:
    """The template with each part as the tasks have it. Raises KeyError for a part that there is not."""

    def part(match: re.Match[str]) -> str:
        depth, name = match.groups()
        lines = "".join(PARTS[name](task) for task in TASKS.values())
        # Of the empty lines between resources the last would be one before the comment.
        return f"{depth}# <tasks: {name}>\n{indent(lines.rstrip(), depth)}\n{depth}# </tasks>\n"

    return _PART.sub(part, template)


def _parameters(task: Task) -> str:
    return dedent(f"""\
        {task.model_path}:
          Type: AWS::SSM::Parameter::Value<String>
          Default: {task.parameter}
          Description: >-
            SSM parameter that holds the key of the champion of {task.name}, "none" before the first. It is read at
            each deployment, so that a deployment of code keeps the model; the workflow writes it.
        {task.model_path_name}:
          Type: String
          Default: {task.parameter}
          AllowedPattern: ^/[A-Za-z0-9_./-]{{1,500}}$
          Description: The name of the same SSM parameter, for the workflow to write to.
        """)


def _substitutions(task: Task) -> str:
    return dedent(f"""\
        {task.function}Name: !Ref {task.function}
        {task.alarm}Name: !Ref {task.alarm}
        {task.model_path_name}: !Ref {task.model_path_name}
        Predict{task.words}UnavailableName: !Ref Predict{task.words}Unavailable
        Predict{task.words}Endpoint: !Sub ${{AWS::StackName}}-{hyphens(task)}
        """)


def _rows(task: Task) -> str:
    """Settings of the methods that predict for a row of the query, of a stage that is always open."""
    return "".join(_row(path, "!Ref ThrottleRate", "!Ref ThrottleBurst") for path in _row_paths(task))


def _rows_of_live(task: Task) -> str:
    """The same of the stage `live`, which takes no request where the stage has another name."""
    rate, burst = (f"!If [ServesLive, !Ref {name}, 0]" for name in ("ThrottleRate", "ThrottleBurst"))
    return "".join(_row(path, rate, burst) for path in _row_paths(task))


def _row_paths(task: Task) -> list[str]:
    """The paths whose GET predicts, as a method's settings name them: with ~1 for a slash."""
    bare = ["/~1predictions"] if task.is_default else []
    workshop = ["/~1liveinference"] if task.name == LIVE_INFERENCE_TASK else []
    return [*bare, f"/~1tasks~1{task.name}~1predictions", *workshop]


def _row(path: str, rate: str, burst: str) -> str:
    return dedent(f"""\
        - HttpMethod: GET
          ResourcePath: {path}
          ThrottlingRateLimit: {rate}
          ThrottlingBurstLimit: {burst}
          MetricsEnabled: true
          CachingEnabled: !If [CachesPredictions, true, false]
          CacheTtlInSeconds: !Ref CacheSeconds
          CacheDataEncrypted: true
        """)


def _outputs(task: Task) -> str:
    return dedent(f"""\
        {task.function}Name:
          Description: The inference function of {task.name}
          Value: !Ref {task.function}
        """)


PARTS: Mapping[str, Callable[[Task], str]] = MappingProxyType(
    {
        "names of parameters": lambda task: f"- {task.model_path}\n- {task.model_path_name}\n",
        "parameters": _parameters,
        "resources": resources,
        "substitutions": _substitutions,
        "functions": lambda task: f"- !GetAtt {task.function}.Arn\n",
        "roles": lambda task: f"- !Ref {task.function}Role\n",
        "versions": lambda task: f"- !Sub ${{{task.function}.Arn}}:*\n",
        # One pattern for the function and all its versions: a policy's length is limited. Names end in random letters.
        "functions with versions": lambda task: f"- !Sub ${{{task.function}.Arn}}*\n",
        "functions and live": lambda task: f'- !GetAtt {task.function}.Arn\n- !Sub "${{{task.function}.Arn}}:live"\n',
        "alarms": lambda task: f"- !GetAtt {task.alarm}.Arn\n",
        "all alarms": lambda task: f"- !GetAtt {task.alarm}.Arn\n- !GetAtt Predict{task.words}Unavailable.Arn\n",
        "SSM parameters": lambda task: f"- !Sub {_SSM}${{{task.model_path_name}}}\n",
        "endpoints": lambda task: f"- !Sub {SAGEMAKER}:endpoint/${{AWS::StackName}}-{hyphens(task)}\n",
        "registries": lambda task: f"- !Sub ${{DataBucket.Arn}}/{task.models_prefix}registry/*\n",
        "variants": lambda task: f"- !Sub ${{DataBucket.Arn}}/{task.models_prefix}variants/*\n",
        "rows": _rows,
        "rows of live": _rows_of_live,
        "outputs": _outputs,
    }
)
"""Each part by its name: what stands in the template for a task."""
