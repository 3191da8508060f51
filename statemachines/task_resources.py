"""What the template has of one task: its function with logs and capture, its alarms, and the leave for the API to ask.

`statemachines.template_parts` puts it between the comments of the template.
"""

from textwrap import dedent, indent

from wildrydes.tasks import TASKS, Task

EXECUTE_API = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}"
SAGEMAKER = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}"


def resources(task: Task) -> str:
    """The resources of a task, an empty line after each."""
    parts = (_function, _logs, _error_alarm, _unavailable_alarm, _permission)
    return "".join(part(task) for part in parts)


def _function(task: Task) -> str:
    """The function that serves the task."""
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
            # A promotion moves it from version to version; a deployment publishes its code with the champion's path.
            AutoPublishAlias: live
            Environment:
              Variables:
                TASK: {task.name}
                MODEL_PATH: !Ref {task.model_path}
                # The execution that promotes a model, or did so last.
                PROMOTION: none
                # What is asked where the model's card says that an endpoint serves it.
                ENDPOINT: !Sub ${{AWS::StackName}}-{hyphens(task)}
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
                    Resource: !Sub {SAGEMAKER}:endpoint/${{AWS::StackName}}-{hyphens(task)}

        """)


def _logs(task: Task) -> str:
    """Its logs, and what is captured of them."""
    kebab = _kebab(task)
    return dedent(f"""\
        Predict{task.words}Logs:
          Type: AWS::Logs::LogGroup
          Properties:
            LogGroupName: !Sub "/aws/lambda/${{AWS::StackName}}-predict{kebab}"
            RetentionInDays: !Ref LogRetentionDays
            KmsKeyId: !If [HasKey, !Ref KmsKeyArn, !Ref AWS::NoValue]

        Predict{task.words}Capture:
          Type: AWS::Logs::SubscriptionFilter
          # AWS tests the delivery when the filter is created.
          DependsOn: [CaptureFilterPolicy]
          Properties:
            LogGroupName: !Ref Predict{task.words}Logs
            FilterPattern: "{{ $.capture = 1 }}"
            DestinationArn: !GetAtt PredictionsStream.Arn
            RoleArn: !GetAtt CaptureFilterRole.Arn

        """)


def _error_alarm(task: Task) -> str:
    """The alarm on its errors, which ends a promotion that bakes."""
    kebab = _kebab(task)
    return dedent(f"""\
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

        """)


def _unavailable_alarm(task: Task) -> str:
    """The alarm on answers that no model is there to give."""
    kebab = _kebab(task)
    return dedent(f"""\
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

        """)


def _permission(task: Task) -> str:
    """The leave for the API to ask it."""
    return dedent(f"""\
        {task.words}ApiPermission:
          Type: AWS::Lambda::Permission
          Properties:
            Action: lambda:InvokeFunction
            FunctionName: !Ref {task.function}.Alias
            Principal: apigateway.amazonaws.com
            SourceArn: !Sub {EXECUTE_API}:${{Api}}/${{Stage}}/*

        """)


def _kebab(task: Task) -> str:
    """What its function's names end with; nothing of the default task."""
    return "" if task.is_default else f"-{hyphens(task)}"


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


def hyphens(task: Task) -> str:
    """The task's name as SageMaker takes one, without underscores."""
    return task.name.replace("_", "-")
