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
from wildrydes.tasks import TASKS, Task

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
            SSM parameter that holds the key of the live model of {task.name}, "none" before the first. It is read at
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
        "outputs": _outputs,
    }
)
"""Each part by its name: what stands in the template for a task."""
