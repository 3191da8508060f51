"""The sections of docs/tasks.md, one a task, rendered from `wildrydes.tasks` between two comments of the page."""

from wildrydes.tasks import BINARY, RIDES, TASKS, Task, features_of

_BEGIN, _END = "<!-- One section a task, by `make render`. -->\n", "<!-- The end of the tasks. -->\n"


def rendered(page: str) -> str:
    """The page with its sections as the tasks have them."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{''.join(map(section, TASKS.values()))}{_END}{after}"


def section(task: Task) -> str:
    """What there is to know of one task."""
    kind = (
        "a label of 0 or 1, measured by log loss"
        if task.kind == BINARY
        else f"a value in {task.unit}, measured by RMSE"
    )
    source = "rides with the weather of their day" if task.source == RIDES else "samples of a fulfilment centre"
    features = features_of(task.source)
    rows = "".join(f"| `{name}` | {features[name].unit} | {features[name].meaning} |\n" for name in task.features)
    return f"""## {task.name}
{task.meaning}: {kind}.
The label is the column `{task.label}` of {source}.

    make run TASK={task.name}

| feature | unit | meaning |
|---|---|---|
{rows}
| part | name |
|---|---|
| function that serves it, with the alias `live` | `{task.function}` |
| alarm on its errors | `{task.alarm}` |
| SSM parameter, named by the template's parameter `{task.model_path_name}` | `{task.parameter}` |
| prefix of its models, cards and registry in the bucket | `{task.models_prefix}` |

"""
