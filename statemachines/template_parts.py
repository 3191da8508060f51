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

from wildrydes.tasks import TASKS, Task

_PART = re.compile(r"^( *)# <tasks: ([^>\n]*)>\n(?:.*\n)*?\1# </tasks>\n", re.MULTILINE)
_SAGEMAKER = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"
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


def _resources(task: Task) -> str:
    """The function that serves the task, its logs, their capture, its alarms, and the leave for the API to ask."""
    kebab = "".join(f"-{word}" for word in task.name.split("_")) if not task.is_default else ""
    return dedent(f"""\
        # {task.meaning}.
        {task.function}:
          Type: AWS::Serverless::Function
          Properties:
            Description: Predicts {task.name}
            Handler: predict.app.handler
            Timeout: 10
            MemorySize: 512
            LoggingConfig: {{ LogGroup: !Ref Predict{task.words}Logs, LogFormat: JSON }}
            # A promotion moves it from version to version; a deployment publishes its code with the live model's path.
            AutoPublishAlias: live
            Environment:
              Variables:
                TASK: {task.name}
                MODEL_PATH: !Ref {task.model_path}
                # The execution that promotes a model, or did so last.
                PROMOTION: none
                # What is asked where the model's card says that an endpoint serves it.
                ENDPOINT: !Sub ${{AWS::StackName}}-{_hyphens(task)}
                CORS_ORIGIN: !If [AllowsOrigin, !Ref CorsOrigin, !Ref AWS::NoValue]
                CAPTURE_FRACTION: !Ref CaptureFraction
            Policies:
              - Statement:
                  - Sid: ReadModel
                    Effect: Allow
                    Action: s3:GetObject
                    Resource: !Sub ${{DataBucket.Arn}}/{task.models_prefix}*
        {_denied_prefixes(task)}          - Sid: AskEndpoint
                    Effect: Allow
                    Action: sagemaker:InvokeEndpoint
                    Resource: !Sub {_SAGEMAKER}:endpoint/${{AWS::StackName}}-{_hyphens(task)}

        Predict{task.words}Logs:
          Type: AWS::Logs::LogGroup
          Properties:
            LogGroupName: !Sub "/aws/lambda/${{AWS::StackName}}-predict{kebab}"
            RetentionInDays: !Ref LogRetentionDays

        Predict{task.words}Capture:
          Type: AWS::Logs::SubscriptionFilter
          # AWS tests the delivery when the filter is created.
          DependsOn: [CaptureFilterPolicy]
          Properties:
            LogGroupName: !Ref Predict{task.words}Logs
            FilterPattern: "{{ $.capture = 1 }}"
            DestinationArn: !GetAtt PredictionsStream.Arn
            RoleArn: !GetAtt CaptureFilterRole.Arn

        # With whichever model; while a promotion bakes, this ends it.
        {task.alarm}:
          Type: AWS::CloudWatch::Alarm
          Properties:
            AlarmName: !Sub ${{AWS::StackName}}-predict{kebab}-errors
            AlarmDescription: "The live function fails: {task.name}. Runbook: docs/operations.md#predict-errors"
            Namespace: AWS/Lambda
            MetricName: Errors
            Dimensions:
              - {{ Name: FunctionName, Value: !Ref {task.function} }}
              - {{ Name: Resource, Value: !Sub "${{{task.function}}}:live" }}
            Statistic: Sum
            Period: 60
            EvaluationPeriods: 1
            Threshold: 1
            ComparisonOperator: GreaterThanOrEqualToThreshold
            TreatMissingData: notBreaching
            AlarmActions: [!Ref FailureTopic]
            OKActions: [!Ref FailureTopic]

        # While an endpoint is updated, this takes the update back: the function answers 503 where that fails.
        Predict{task.words}Unavailable:
          Type: AWS::CloudWatch::Alarm
          Properties:
            AlarmName: !Sub ${{AWS::StackName}}-predict{kebab}-unavailable
            AlarmDescription: "No model answers: {task.name}. Runbook: docs/operations.md#predict-unavailable"
            Namespace: WildRydes
            MetricName: PredictionRequests
            Dimensions:
              - {{ Name: service, Value: !Ref AWS::StackName }}
        {_task_dimension(task)}      - {{ Name: status, Value: "503" }}
            Statistic: Sum
            Period: 60
            EvaluationPeriods: 1
            Threshold: 1
            ComparisonOperator: GreaterThanOrEqualToThreshold
            TreatMissingData: notBreaching
            AlarmActions: [!Ref FailureTopic]
            OKActions: [!Ref FailureTopic]

        {task.words}ApiPermission:
          Type: AWS::Lambda::Permission
          Properties:
            Action: lambda:InvokeFunction
            FunctionName: !Ref {task.function}.Alias
            Principal: apigateway.amazonaws.com
            SourceArn: !Sub arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/live/*

        """)


def _substitutions(task: Task) -> str:
    return dedent(f"""\
        {task.function}Name: !Ref {task.function}
        {task.alarm}Name: !Ref {task.alarm}
        {task.model_path_name}: !Ref {task.model_path_name}
        Predict{task.words}UnavailableName: !Ref Predict{task.words}Unavailable
        Predict{task.words}Endpoint: !Sub ${{AWS::StackName}}-{_hyphens(task)}
        """)


def _denied_prefixes(task: Task) -> str:
    """Of the default task, whose prefix all others begin with, the statement that leaves those out."""
    if not task.is_default:
        return ""
    others = "".join(
        f"    - !Sub ${{DataBucket.Arn}}/{other.models_prefix}*\n" for other in TASKS.values() if not other.is_default
    )
    statement = (
        "# Its models are at models/<execution>/, beside the prefixes of the other tasks.\n"
        "- Sid: LeaveOtherTasksModels\n  Effect: Deny\n  Action: s3:GetObject\n  Resource:\n"
    )
    return indent(statement + others, " " * 18).removeprefix(" " * 8) + " " * 8


def _task_dimension(task: Task) -> str:
    """The dimension by which the function's metrics name the task; those of the default task have none."""
    return "" if task.is_default else f"      - {{ Name: task, Value: {task.name} }}\n        "


def _hyphens(task: Task) -> str:
    """The task's name as SageMaker takes one, without underscores."""
    return task.name.replace("_", "-")


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
        "resources": _resources,
        "substitutions": _substitutions,
        "functions": lambda task: f"- !GetAtt {task.function}.Arn\n",
        "versions": lambda task: f"- !Sub ${{{task.function}.Arn}}:*\n",
        "functions and versions": lambda task: f'- !GetAtt {task.function}.Arn\n- !Sub "${{{task.function}.Arn}}:*"\n',
        "functions and live": lambda task: f'- !GetAtt {task.function}.Arn\n- !Sub "${{{task.function}.Arn}}:live"\n',
        "alarms": lambda task: f"- !GetAtt {task.alarm}.Arn\n",
        "all alarms": lambda task: f"- !GetAtt {task.alarm}.Arn\n- !GetAtt Predict{task.words}Unavailable.Arn\n",
        "SSM parameters": lambda task: f"- !Sub {_SSM}${{{task.model_path_name}}}\n",
        "endpoints": lambda task: f"- !Sub {_SAGEMAKER}:endpoint/${{AWS::StackName}}-{_hyphens(task)}\n",
        "registries": lambda task: f"- !Sub ${{DataBucket.Arn}}/{task.models_prefix}registry/*\n",
        "variants": lambda task: f"- !Sub ${{DataBucket.Arn}}/{task.models_prefix}variants/*\n",
        "outputs": _outputs,
    }
)
"""Each part by its name: what stands in the template for a task."""
