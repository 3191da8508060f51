"""Why a command could not do what it was asked.

CommandError            every fault that a command expects
├─ ServerError          the embedded AWS did not start, is not there, or did not stop (`server_record`)
├─ DeploymentError      CloudFormation refused the stack, or the SAM CLI failed (`deploy`, `sam`)
├─ IncompleteStackError  resources of a stack are gone and cannot be put back (`missing_resources`)
├─ DestroyError         something of a stack could not be removed (`removal`)
├─ StageError           a stack may not be called so, or would share a name (`stages`)
├─ BadParameterError    a parameter of the template is none, or may not have that value (`template_parameters`)
├─ NoSamError           the SAM CLI is not installed (`sam`)
├─ InterpreterError     the environment of an interpreter could not be made (`interpreters`)
├─ NoStackError         there is no such stack (`stack`)
├─ NoExecutionError     there is no such execution (`executions`)
├─ AnotherRunsError     another retraining of the task has its turn (`redrive_turn`)
├─ NotRedrivableError   an execution cannot go on where it failed (`redrive`)
├─ UnreadableFileError  a file of rides, weather, samples or an event cannot be read (`ride_files`, `weather`, …)
│  └─ WeatherFileError  a weather file is not what it should be (`weather`)
├─ UnwritableFolderError  a folder that a command writes to takes no files (`run_folders`)
├─ NoFunctionError      there is no such function (`invoke`)
├─ NotPublishedError    SNS did not take messages (`publish`)
├─ QueryError           a query of Athena failed (`athena`)
├─ NoRecordError        a dead letter holds no event to send again (`replay`)
├─ NoModelError         there is no such model (`models`), or no such task (`console`)
├─ NoRowsError          there are no rows whose truth is known to send (`edge`)
├─ NoAnswerError        the API refused a request, or did not answer (`api`)
├─ BadValueError        a value of a weather file is none of its shape (`weather`)
├─ WeatherError         the weather could not be put in place (`weather`)
├─ PricingError         there is nothing to compare prices on (`pricing`)
├─ NoDashboardError     the stack has no dashboard (`dashboard`)
├─ UnreadableDashboardError  a dashboard's body is none that can be drawn (`dashboard_widgets`)
├─ UnexplainedError     there is nothing to explain (`explain`)
├─ RetrainingError      a model could not be trained again (`explain`)
├─ NoStateError         the execution did not enter such a state (`recorded_states`)
├─ UnrecordedValueError  the history does not have the value of a path (`context_values`)
├─ UntriableError       TestState does not run such a state (`try_state`)
├─ NoLogError           nothing of that name writes a log (`logs`)
├─ ConsoleError         the console did not start (`console_process`)
├─ BadFieldError        a field of a request is missing, or of another type (`console`)
├─ BusyError            too many requests wait for AWS already (`console`)
├─ PortTakenError       somebody listens on the console's port (`console`)
├─ NoFailureError       the execution has not failed (`console`)
├─ TooManyError         more is asked for at once than is answered at once (`console`)
├─ TakenKeyError        another file has the key of an upload already (`console`)
└─ TrialError           an execution or a query of a trial failed (`trial`)
"""


class CommandError(Exception):
    """A command cannot do what it was asked; the message says what was wrong, where, and what to do."""

    exit_code = 1


class UnreadableFileError(CommandError):
    """A file cannot be read, or is not what it should be; the message says which and where."""
