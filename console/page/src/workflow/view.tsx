// The workflow view: state machines, the history of their executions, and the execution that is looked at.

import { useMemo, useRef, useState } from "preact/hooks";
import { type Answer, useAnswer } from "../answer";
import { useFocusOn } from "../focus";
import { Empty, Refused, Status, Tabs, Windowed } from "../parts";
import { dollars, moment, outcome, reason, took } from "../words";
import { executionArn, isOf } from "./arns";
import { Compare } from "./compare";
import { ExecutionView } from "./execution";
import { GraphPicture } from "./graph";
import { useFacts, useListing } from "./listing";
import type { Go, Target } from "../places";
import { Start } from "./start";
import type { Change, Facts, Machine, Named, Summary } from "./types";

interface Props {
  /** What the event stream has told of executions, by ARN. */
  changes: Map<string, Change>;
  /** How often the event stream has begun anew: each time what was listed is listed again. */
  gaps: number;
  target: Target;
  go: Go;
}

export function WorkflowView({ changes, gaps, target, go }: Props) {
  const listed = useAnswer<Named[]>("workflow/machines", {});
  const machines = listed.value ?? [];
  const [chosen, setChosen] = useState("");
  const machine = machines.find((each) => (chosen ? each.arn === chosen : target.arn && isOf(each.arn, target.arn))) ?? machines[0];
  const { graph, drawn } = useGraph(machine);
  // The retraining that another view has led to.
  const [wanted] = useState(target.execution);
  const [open, setOpen] = useState(target.arn ?? "");
  // Whether somebody has chosen what is open: what the page has started itself makes way for what begins later.
  const [isChosen, setIsChosen] = useState(wanted !== undefined || target.arn !== undefined);
  // Whoever does something with an execution has chosen it too.
  const held = useRef("");
  const [compared, setCompared] = useState("");
  // The input that the form begins with, as JSON; null while it is closed.
  const [starting, setStarting] = useState<string | null>(target.start ?? null);
  const arn = machine?.arn ?? "";
  const news = useMemo(() => [...changes.values()].filter((each) => each.machine === arn), [changes, arn]);
  const history = useListing({ stateMachineArn: arn }, news, String(gaps), true);
  const inSight = useFacts();
  // What runs is opened by itself, until somebody has chosen.
  const running = history.executions.find((each) => each.status === "RUNNING") ?? history.executions[0];
  const first = wanted && machines[0] ? executionArn(machines[0].arn, wanted) : "";
  const shown = (isChosen ? open || first : held.current || untilAnother(history.executions, open)) || running?.arn || "";
  const panel = useFocusOn<HTMLDivElement>(`${shown} ${compared}`);
  const change = changes.get(shown);
  // What the list says of an execution that has ended is no other than what the event stream tells.
  const summary = change ?? history.executions.find((each) => each.arn === shown);
  // No state: what is drawn is the same, and a box that is checked would be drawn anew before it hears of it.
  const stay = () => void (held.current = shown);
  const choose = (arn: string) => {
    held.current = "";
    setChosen(arn);
    setOpen("");
    setIsChosen(false);
    setCompared("");
  };
  const show = (arn: string) => {
    // A retraining leads to its promotion, say, which is another workflow's.
    const its = machines.find((each) => isOf(each.arn, arn));
    if (its) setChosen(its.arn);
    held.current = "";
    setOpen(arn);
    setIsChosen(true);
    setCompared("");
  };
  const begun = (arn: string) => {
    held.current = "";
    setOpen(arn);
    setIsChosen(false);
    setCompared("");
  };
  // Beside what is there, not in its place: a dialog may be open, and what has been read is still of use.
  const refused = [listed, drawn].filter((each) => each.trouble);
  const again = refused[0] && <Refused message={refused[0].trouble} again={() => refused.forEach((each) => each.again())} />;
  if (again && !machine) return again;
  if (!machine) return <p class="quiet">Asking Step Functions for the workflows …</p>;
  return (
    <div class="workflow">
      <aside aria-label="Executions">
        <Tabs
          label="Workflows"
          all={machines}
          chosen={machine}
          name={(each) => (
            <>
              {each.name}
              {[...changes.values()].some((one) => one.machine === each.arn && one.status === "RUNNING") && (
                <span class="dot" title="runs now" />
              )}
            </>
          )}
          choose={(each) => choose(each.arn)}
          panel="workflow-panel"
        />
        {machine.name === "retrain" && (
          <p class="buttons">
            <button type="button" class="main" onClick={() => setStarting("{}")}>
              Start a retraining …
            </button>
          </p>
        )}
        {history.trouble && <Refused message={history.trouble} again={history.again} />}
        {inSight.trouble && <Refused message={`What started them, and their cost: ${inSight.trouble}`} again={inSight.again} />}
        {history.executions.length === 0 && history.done && <Empty>{none(machine.name)}</Empty>}
        {history.executions.length > 1 && <p class="quiet">Compare shows another execution beside the one that is open.</p>}
        <Windowed
          rows={history.executions}
          height={machine.name === "retrain" ? 95 : 77}
          more={history.more}
          rest={inSight.seen}
          label={`Executions of ${machine.name}, the newest first`}
          render={(each) => (
            <div class={`line${each.arn === shown ? " chosen" : ""}`}>
              <button type="button" class="row" aria-pressed={each.arn === shown} onClick={() => show(each.arn)}>
                <Status code={each.status} outcome={inSight.facts.get(each.arn)?.outcome} />
                <span class="name">{each.name}</span>
                <span class="quiet">
                  {moment(each.started)}, {took(each)}
                </span>
                {origin(inSight.facts.get(each.arn)).map((line) => (
                  <span key={line} class="quiet" title={line}>
                    {line}
                  </span>
                ))}
              </button>
              {each.arn !== shown && (
                <button type="button" class="small" title={`Compare with ${each.name}`} onClick={() => (stay(), setCompared(each.arn))}>
                  Compare
                </button>
              )}
            </div>
          )}
        />
        {history.executions.length > 20 && (
          <p class="quiet" aria-live="polite">
            {history.executions.length.toLocaleString()} listed{history.more && ", older ones as you scroll"}
          </p>
        )}
      </aside>
      <div class="main-part" id="workflow-panel" ref={panel} tabIndex={-1} role="tabpanel" aria-label={`The workflow ${machine.name}, or one of its executions`}>
        {again}
        {compared && shown ? (
          <Compare arns={[shown, compared]} close={() => setCompared("")} />
        ) : shown ? (
          <ExecutionView
            arn={shown}
            version={`${summary?.status} ${change?.events ?? null} ${summary?.redrives}`}
            isFollowed={change?.status === "RUNNING"}
            machine={graph}
            open={show}
            startLike={machine.name === "retrain" ? setStarting : undefined}
            go={go}
            stay={stay}
          />
        ) : !graph || !(history.done || history.trouble) ? (
          !again && <p class="quiet">Asking Step Functions for the workflow …</p>
        ) : (
          <GraphPicture key={machine.arn} machine={graph} states={[]} ended={false} selected="" select={() => undefined} />
        )}
      </div>
      {starting !== null && <Start input={starting} started={begun} close={() => setStarting(null)} />}
    </div>
  );
}

/** The graph of a workflow, asked for once; and the answer that it comes by. */
function useGraph(machine: Named | undefined): { graph: Machine | undefined; drawn: Answer<Omit<Machine, keyof Named>> } {
  const graphs = useRef(new Map<string, Machine>());
  const isMissing = machine !== undefined && !graphs.current.has(machine.arn);
  const drawn = useAnswer<Omit<Machine, keyof Named>>("workflow/graph", isMissing ? { arn: machine.arn } : null);
  if (isMissing && drawn.value) graphs.current.set(machine.arn, { ...machine, ...drawn.value });
  return { graph: machine && graphs.current.get(machine.arn), drawn };
}

function none(machine: string): string {
  if (machine === "retrain") return "No retraining has been started yet. Drop a ride file under Data and start one here; or `make retrain RIDES=data/rides` does both.";
  if (machine === "monitor") return "No day has been monitored yet. The schedule does it each day, `wildrydes monitor` at once.";
  if (machine === "restore") return "No execution of restore yet: a retraining starts it when its promotion has failed or was stopped.";
  return `No execution of ${machine} yet: a retraining starts it when its model is better than the champion.`;
}

/** What the page has started, until another execution begins after its end; empty then. */
function untilAnother(executions: Summary[], started: string): string {
  const ended = executions.find((each) => each.arn === started)?.ended;
  return ended && executions.some((each) => Date.parse(each.started) > Date.parse(ended)) ? "" : started;
}

/** In a line each: for what an execution was started and what became of it; its cost, and what started it. So far as they are known. */
function origin(facts: Facts | undefined): string[] {
  if (!facts) return [];
  const became = facts.outcome !== null && facts.outcome !== "yielded" && outcome(facts.outcome);
  const cost = facts.cost !== null && dollars(facts.cost);
  const started = facts.reason !== null && `by ${reason(facts.reason)}`;
  const lines = facts.is_accounted ? [[facts.task, became], [facts.why_not, cost, started]] : [[facts.task, cost, started]];
  return lines.map((line) => line.filter(Boolean).join(" · ")).filter(Boolean);
}
