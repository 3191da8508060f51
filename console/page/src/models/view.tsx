// The models view: each task's champions with the models beside them, and their numbers.

import { useState } from "preact/hooks";
import { useAnswer } from "../answer";
import { post } from "../api";
import type { Go, Target } from "../places";
import { Ask, Empty, Refused, Tabs } from "../parts";
import { saidThen } from "../words";
import { CardView } from "./card";
import { key, ModelList } from "./list";
import "./models.css";
import type { Change } from "../workflow/types";
import type { ModelLine, Task } from "./types";

interface Rollback {
  arn: string;
  from: string;
  to: string;
}

interface Props {
  version: number;
  /** What the event stream has told of executions, by ARN. */
  changes: Map<string, Change>;
  target: Target;
  go: Go;
}

export function ModelsView({ version, changes, target, go }: Props) {
  const { value: tasks, trouble, again } = useAnswer<Task[]>("models/list", {}, version);
  const [chosen, setChosen] = useState(target.task ?? "");
  const [open, setOpen] = useState("");
  const [back, setBack] = useState<ModelLine | null>(null);
  const [sent, setSent] = useState<Rollback | null>(null);
  const [paired, setPaired] = useState(false);
  // Beside what has been read, not in its place: a dialog may be open.
  const refused = trouble && <Refused message={trouble} again={again} />;
  if (!tasks) return refused || <p class="quiet">Reading the models' cards …</p>;
  const task = tasks.find((each) => each.task === chosen) ?? tasks.find((each) => each.lines.length) ?? tasks[0]!;
  const line = task.lines.find((each) => key(each) === open) ?? task.lines.find((each) => !open && each.execution === target.execution) ?? task.lines.find((each) => each.live) ?? task.lines[0];
  const champion = task.lines.find((each) => each.live && each.execution !== line?.execution);
  return (
    <div class="workflow of-models">
      <aside aria-label="Models">
        <Tabs
          label="Tasks"
          all={tasks}
          chosen={task}
          name={(each) => each.task}
          choose={(each) => (setChosen(each.task), setOpen(""), setSent(null))}
          panel="models-panel"
        />
        {sent && <p role="status">{progress(task, sent, changes.get(sent.arn)?.status)}</p>}
        {task.lines.length === 0 && (
          <>
            <Empty>There is no model of {task.task} yet.</Empty>
            <p class="buttons">
              <button type="button" class="main" onClick={() => go("Workflows", { start: JSON.stringify({ task: task.task }) })}>
                Start a retraining of it …
              </button>
            </p>
          </>
        )}
        <ModelList lines={task.lines} unit={task.unit} chosen={line} choose={(each) => setOpen(key(each))} rollBack={setBack} />
      </aside>
      <div class="main-part" id="models-panel" role="tabpanel" aria-label={`Models of ${task.task}`}>
        {refused}
        {line && !line.until && (
          <p class="quiet">
            It was never live: {saidThen(line.why).replace(/\.$/, "")}. Only the gate of a retraining makes a new model live; no command does it past the gate.
          </p>
        )}
        {champion && (
          <label class="beside">
            <input type="checkbox" checked={paired} onChange={(event) => setPaired(event.currentTarget.checked)} /> beside the champion,{" "}
            {champion.execution}
          </label>
        )}
        {line && (
          <div class={champion && paired ? "pair" : ""}>
            <CardView task={task.task} execution={line.execution} lives={lives(task, line)} go={go} />
            {champion && paired && (
              <CardView task={task.task} execution={champion.execution} lives={lives(task, champion)} go={go} role="the champion" />
            )}
          </div>
        )}
      </div>
      {back && (
        <Ask
          title={`Make the model of ${back.execution} the champion again?`}
          confirm="Roll back"
          act={async () => {
            setSent(await post<Rollback>("models/rollback", { task: back.task, to: back.execution }));
          }}
          close={() => setBack(null)}
        >
          <p>
            The workflow promote tests it with the request and the answer that the registry has, and then gives it all requests at
            once. No request fails meanwhile.
          </p>
        </Ask>
      )}
    </div>
  );
}

/** How far a rollback is: it has begun, or it is done, or it has failed. */
function progress(task: Task, { arn, from, to }: Rollback, status = "RUNNING"): string {
  const live = task.lines.find((each) => each.live)?.execution;
  const begun = `A promotion has been started, from ${from} back to ${to}`;
  if (!["RUNNING", "SUCCEEDED"].includes(status))
    return `${begun}, and has failed: ${arn.slice(arn.lastIndexOf(":") + 1)} in the tab promote under Workflows says why.`;
  return live === to ? `${begun}, and is done: that is the champion again.` : `${begun}: the tab promote under Workflows shows it.`;
}

function lives(task: Task, line: ModelLine): ModelLine[] {
  return task.lines.filter((each) => each.execution === line.execution && each.until);
}
