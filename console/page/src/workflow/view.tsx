// The workflow view: state machines, the history of their executions, and the execution that is looked at.

import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api";
import { Empty, message, Status, Trouble, Windowed } from "../parts";
import { between, duration, moment } from "../words";
import { Compare } from "./compare";
import { ExecutionView } from "./execution";
import { GraphPicture } from "./graph";
import { Start } from "./start";
import type { Change, Machine, Summary } from "./types";

interface Props {
  /** What the event stream has told of executions, by ARN. */
  changes: Map<string, Change>;
  tasks: string[];
}

export function WorkflowView({ changes, tasks }: Props) {
  const [machines, setMachines] = useState<Machine[]>([]);
  const [chosen, setChosen] = useState("");
  const [open, setOpen] = useState("");
  const [compared, setCompared] = useState("");
  const [starting, setStarting] = useState(false);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    get<Machine[]>("workflow/machines")
      .then((all) => (setMachines(all), setChosen(all[0]?.arn ?? "")))
      .catch((fault: unknown) => setTrouble(message(fault)));
  }, []);
  const machine = machines.find((each) => each.arn === chosen);
  const history = useHistory(chosen, changes);
  // What runs is opened by itself, until somebody has chosen.
  const running = history.executions.find((each) => each.status === "RUNNING") ?? history.executions[0];
  const shown = open || running?.arn || "";
  const change = changes.get(shown);
  const choose = (arn: string) => {
    setChosen(arn);
    setOpen("");
    setCompared("");
  };
  if (trouble) return <Trouble message={trouble} />;
  if (!machine) return <p class="quiet">Asking Step Functions for the workflows …</p>;
  return (
    <div class="workflow">
      <aside aria-label="Executions">
        <div class="tabs" role="tablist" aria-label="Workflows">
          {machines.map((each) => (
            <button key={each.arn} type="button" role="tab" aria-selected={each.arn === chosen} onClick={() => choose(each.arn)}>
              {each.name}
              {[...changes.values()].some((one) => one.machine === each.arn && one.status === "RUNNING") && (
                <span class="dot" title="runs now" />
              )}
            </button>
          ))}
        </div>
        {machine.name === "retrain" && (
          <p class="buttons">
            <button type="button" class="main" onClick={() => setStarting(true)}>
              Start a retraining …
            </button>
          </p>
        )}
        <Trouble message={history.trouble} />
        {history.executions.length === 0 && history.done && <Empty>{none(machine.name)}</Empty>}
        <Windowed
          rows={history.executions}
          height={56}
          label={`Executions of ${machine.name}, the newest first`}
          render={(each) => (
            <div class={`line${each.arn === shown ? " chosen" : ""}`}>
              <button type="button" class="row" aria-pressed={each.arn === shown} onClick={() => (setOpen(each.arn), setCompared(""))}>
                <Status code={each.status} />
                <span class="name">{each.name}</span>
                <span class="quiet">
                  {moment(each.started)}, {duration(between(each.started, each.ended))}
                </span>
              </button>
              {each.arn !== shown && (
                <button type="button" class="small" title={`Compare with ${each.name}`} onClick={() => setCompared(each.arn)}>
                  compare
                </button>
              )}
            </div>
          )}
        />
        {history.more && (
          <button type="button" onClick={history.more}>
            List older ones
          </button>
        )}
      </aside>
      <div class="main-part">
        {compared && shown ? (
          <Compare arns={[shown, compared]} close={() => setCompared("")} />
        ) : shown ? (
          <ExecutionView arn={shown} version={`${change?.status} ${change?.events} ${change?.redrives}`} machines={machines} open={setOpen} />
        ) : (
          <GraphPicture machine={machine} states={[]} selected="" select={() => undefined} />
        )}
      </div>
      {starting && <Start tasks={tasks} started={setOpen} close={() => setStarting(false)} />}
    </div>
  );
}

function none(machine: string): string {
  if (machine === "retrain") return "No retraining has been started yet. Start one here, or by `make retrain RIDES=data/rides`.";
  if (machine === "monitor") return "No day has been monitored yet. The schedule does it each day, `wildrydes monitor` at once.";
  return `No execution of ${machine} yet: a retraining starts it when its model is better than the champion.`;
}

interface History {
  executions: Summary[];
  done: boolean;
  more: (() => void) | null;
  trouble: string;
}

/** The executions of a state machine, the newest first: what was listed, with what the event stream has told since. */
function useHistory(machine: string, changes: Map<string, Change>): History {
  const [listed, setListed] = useState<Summary[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [done, setDone] = useState(false);
  const [trouble, setTrouble] = useState("");
  const wanted = useRef("");
  const ask = (token: string) =>
    get<{ executions: Summary[]; nextToken: string | null }>("workflow/executions", { stateMachineArn: machine, nextToken: token })
      .then((page) => {
        // An answer about the workflow that was chosen before comes too late.
        if (wanted.current !== machine) return;
        setListed((before) => [...(token ? before : []), ...page.executions]);
        setNext(page.nextToken);
        setDone(true);
        setTrouble("");
      })
      .catch((fault: unknown) => setTrouble(message(fault)));
  useEffect(() => {
    wanted.current = machine;
    setListed([]);
    setNext(null);
    setDone(false);
    if (machine) void ask("");
  }, [machine]);
  const all = new Map<string, Summary>(listed.map((each) => [each.arn, each]));
  for (const change of changes.values()) if (change.machine === machine) all.set(change.arn, change);
  const executions = [...all.values()].sort((one, other) => Date.parse(other.started) - Date.parse(one.started));
  return { executions, done, more: next ? () => void ask(next) : null, trouble };
}
