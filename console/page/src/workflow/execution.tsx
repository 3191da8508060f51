// An execution: where it is in the graph, how it ended, and what may be done about it.

import { useEffect, useState } from "preact/hooks";
import { type Answer, useAnswer, useReading } from "../answer";
import { get } from "../api";
import { useFocusOn } from "../focus";
import type { Go } from "../places";
import { Refused, Trouble } from "../parts";
import { useDefinition } from "./definition";
import { statesOf, Why } from "./failure";
import { GraphPicture } from "./graph";
import { Head } from "./head";
import { isToBeAccounted } from "./listing";
import { Became } from "./outcome";
import { StatePanel } from "./panel";
import { Text } from "./texts";
import type { Execution, Failure, Machine } from "./types";

interface Props {
  arn: string;
  /** Changes with every event of the execution: then all is asked for anew. */
  version: string;
  /** Whether the event stream tells of it while it runs. */
  isFollowed: boolean;
  /** The workflow that it is an execution of, as it is now, once that is known. */
  machine: Machine | undefined;
  open: (arn: string) => void;
  /** Opens the form of a retraining with an input, as JSON; undefined of the other workflows. */
  startLike: ((input: string) => void) | undefined;
  go: Go;
  /** Called once somebody does something with it: from then on it stays, whatever begins. */
  stay: () => void;
}

const PAUSE = 1500;

export function ExecutionView({ arn, version, isFollowed, machine, open, startLike, go, stay }: Props) {
  const [selected, setSelected] = useState("");
  const select = (name: string) => (stay(), setSelected(name));
  useEffect(() => setSelected(""), [arn]);
  const { value: execution, trouble, again } = useExecution(arn, version, isFollowed);
  const article = useFocusOn<HTMLElement>(`${execution?.status} ${execution?.redrives}`);
  const hasFailed = execution !== null && !["RUNNING", "SUCCEEDED"].includes(execution.status);
  const failure = useAnswer<Failure>("workflow/failure", hasFailed ? { arn } : null, `${execution?.redrives} ${execution?.status}`);
  const definition = useDefinition(execution, machine);
  const refused = trouble && <Refused message={trouble} again={again} />;
  if (!execution) return refused || <p class="quiet">Asking Step Functions for the execution …</p>;
  const follow = execution.status === "RUNNING" && selected ? () => setSelected("") : undefined;
  return (
    <article class="execution" ref={article} tabIndex={-1} aria-label={`The execution ${execution.name}`} onClickCapture={stay}>
      {refused}
      <Head key={arn} execution={execution} open={open} startLike={startLike} go={go} follow={follow} again={again} />
      <Trouble message={execution.history_trouble && `What it went through: ${execution.history_trouble}`} />
      <Trouble message={definition.trouble} />
      {execution.outcome && <Became execution={execution} open={open} />}
      {hasFailed && <Why execution={execution} failure={failure.value} trouble={failure.trouble} select={select} open={open} isRetraining={startLike !== undefined && !execution.parent} />}
      <States execution={execution} graph={definition.graph} failure={failure.value} selected={selected} select={select} open={open} />
    </article>
  );
}

/** An execution as it goes on: asked for at each version, and by itself while something goes on that no event tells of. */
function useExecution(arn: string, version: string, isFollowed: boolean): Answer<Execution> {
  const [looks, setLooks] = useState(0);
  const ask = async (before: Execution | null) =>
    joined(before, await get<Execution>("workflow/execution", { arn, since: String(before?.events ?? 0) }));
  const answer = useReading(arn, ask, `${version} ${looks}`);
  const execution = answer.value;
  // The children of a Map that runs are executions of their own: nothing in this history says that they go on.
  // And of a child that runs the event stream says nothing, nor of another one before it has seen it run.
  const isCounting =
    execution?.status === "RUNNING" &&
    (!isFollowed || execution.states.some((each) => each.kind === "Map" && each.status === "RUNNING"));
  const isIncomplete = isCounting || (execution !== null && isToBeAccounted(execution));
  useEffect(() => {
    if (!isIncomplete) return;
    const timer = setTimeout(() => setLooks(looks + 1), PAUSE);
    return () => clearTimeout(timer);
  }, [isIncomplete, looks]);
  return answer;
}

/** What is known of an execution, with what an answer says of it that tells the states alone that have changed. */
function joined(before: Execution | null, answer: Execution): Execution {
  if (answer.since === 0 || before === null) return answer;
  const states = [...before.states];
  for (const each of answer.states) states[each.place] = each;
  return { ...answer, states };
}

interface StatesProps {
  execution: Execution;
  graph: Machine | undefined;
  /** Why it failed, once that is known. */
  failure: Failure | null;
  selected: string;
  select: (name: string) => void;
  open: (arn: string) => void;
}

/** The graph, beside the state that is chosen in it, and the execution's own input and output. */
function States({ execution, graph, failure, selected, select, open }: StatesProps) {
  const { arn } = execution;
  const isRunning = execution.status === "RUNNING";
  const hasSucceeded = execution.status === "SUCCEEDED";
  const began = statesOf(failure).filter((name) => graph?.nodes.some((each) => each.name === name));
  const node = graph?.nodes.find((each) => each.name === (selected || began[0] || latest(execution)));
  const side = useFocusOn<HTMLDivElement>(node?.name ?? "");
  return (
    <div class="split">
      {graph && (
        <GraphPicture
          key={arn}
          machine={graph}
          states={execution.states}
          ended={!isRunning}
          began={began}
          selected={node?.name ?? ""}
          inSight={node?.name}
          hasHistory={!execution.history_trouble}
          select={select}
        />
      )}
      <div class="side" ref={side} tabIndex={-1}>
        {/* Whoever opens something of a state goes on reading it, while the execution goes on to others. */}
        {node && (
          <div onClickCapture={() => isRunning && select(node.name)}>
            <StatePanel key={`${arn} ${node.name}`} node={node} ways={graph?.edges.filter((each) => each.source === node.name) ?? []} isLast={hasSucceeded && !selected} execution={execution} isOrigin={began.includes(node.name)} openChild={open} select={select} />
          </div>
        )}
        <section aria-label="Input and output of the execution">
          <h3>Of the whole execution</h3>
          <Text title="Input" excerpt={execution.input} whole={{ arn, field: "input" }} />
          <Text title="Output" excerpt={execution.output} whole={{ arn, field: "output" }} />
        </section>
      </div>
    </div>
  );
}

/** The state to show where nobody has chosen one: what runs, or what failed, or the last. */
function latest(execution: Execution): string {
  const last = (status: string) => execution.states.filter((state) => state.status === status).at(-1)?.name;
  // What had failed before a redrive is mended.
  if (execution.status === "SUCCEEDED") return execution.states.at(-1)?.name ?? "";
  return last("RUNNING") ?? last("FAILED") ?? last("ABORTED") ?? execution.states.at(-1)?.name ?? "";
}
