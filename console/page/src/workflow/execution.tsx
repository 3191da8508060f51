// An execution: where it is in the graph, how it ended, and what may be done about it.

import { useEffect, useState } from "preact/hooks";
import { useAnswer, useAsked } from "../answer";
import { get, post } from "../api";
import { Ask, Refused, Status, Trouble } from "../parts";
import { between, dollars, duration, moment, reason } from "../words";
import { GraphPicture } from "./graph";
import { isToBeAccounted } from "./listing";
import { StatePanel } from "./panel";
import { Text } from "./texts";
import type { Execution, Failure, Machine } from "./types";

interface Props {
  arn: string;
  /** Changes with every event of the execution: then all is asked for anew. */
  version: string;
  /** What it is an execution of, once that is known. */
  machine: Machine | undefined;
  open: (arn: string) => void;
}

const PAUSE = 1500;

export function ExecutionView({ arn, version, machine, open }: Props) {
  const [selected, setSelected] = useState("");
  const [looks, setLooks] = useState(0);
  useEffect(() => setSelected(""), [arn]);
  const ask = async (before: Execution | null) =>
    joined(before, await get<Execution>("workflow/execution", { arn, since: String(before?.events ?? 0) }));
  const { value: execution, trouble, again } = useAsked(arn, ask, `${version} ${looks}`);
  // The children of a Map that runs are executions of their own: nothing in this history says that they go on.
  // And of a child that runs the event stream says nothing.
  const isCounting =
    execution?.status === "RUNNING" &&
    (execution.parent !== null || execution.states.some((each) => each.kind === "Map" && each.status === "RUNNING"));
  const isIncomplete = isCounting || (execution !== null && isToBeAccounted(execution));
  useEffect(() => {
    if (!isIncomplete) return;
    const timer = setTimeout(() => setLooks(looks + 1), PAUSE);
    return () => clearTimeout(timer);
  }, [isIncomplete, looks]);
  const refused = trouble && <Refused message={trouble} again={again} />;
  if (!execution) return refused || <p class="quiet">Asking Step Functions for the execution …</p>;
  const node = machine?.nodes.find((each) => each.name === (selected || latest(execution)));
  return (
    <article class="execution" aria-label={`The execution ${execution.name}`}>
      {refused}
      <Head execution={execution} open={open} />
      {execution.error !== null && execution.status !== "RUNNING" && <Why execution={execution} machine={machine} select={setSelected} />}
      <div class="split">
        {machine && <GraphPicture key={arn} machine={machine} states={execution.states} ended={execution.status !== "RUNNING"} selected={node?.name ?? ""} select={setSelected} />}
        <div class="side">
          {node && <StatePanel key={`${arn} ${node.name}`} node={node} execution={execution} openChild={open} />}
          <section aria-label="Input and output of the execution">
            <h3>The execution's own</h3>
            <Text title="Input" excerpt={execution.input} whole={{ arn, field: "input" }} />
            <Text title="Output" excerpt={execution.output} whole={{ arn, field: "output" }} />
          </section>
        </div>
      </div>
    </article>
  );
}

/** What is known of an execution, with what an answer says of it that tells the states alone that have changed. */
function joined(before: Execution | null, answer: Execution): Execution {
  if (answer.since === 0 || before === null) return answer;
  const states = [...before.states];
  for (const each of answer.states) states[each.place] = each;
  return { ...answer, states };
}

/** The state to show where nobody has chosen one: what runs, or what failed, or the last. */
function latest(execution: Execution): string {
  const last = (status: string) => execution.states.filter((state) => state.status === status).at(-1)?.name;
  return last("RUNNING") ?? last("FAILED") ?? last("ABORTED") ?? execution.states.at(-1)?.name ?? "";
}

function Head({ execution, open }: { execution: Execution; open: (arn: string) => void }) {
  const [asking, setAsking] = useState<"" | "stop" | "redrive">("");
  const ended = execution.status !== "RUNNING";
  const failed = ended && execution.status !== "SUCCEEDED";
  const close = () => setAsking("");
  return (
    <header class="head">
      <h2>
        {execution.name} <Status code={execution.status} />
      </h2>
      <p class="quiet">
        Started {moment(execution.started)}
        {execution.reason !== null && ` by ${reason(execution.reason)}`}, {ended ? "took" : "runs for"}{" "}
        {duration(between(execution.started, execution.ended))}
        {execution.cost !== null && `, cost ${dollars(execution.cost)} at AWS's list prices`}
        {execution.redrives > 0 && `, redriven ${execution.redrives === 1 ? "once" : `${execution.redrives} times`}`}
      </p>
      <p class="buttons">
        {execution.parent && (
          <button type="button" onClick={() => open(execution.parent!)}>
            Back to the execution of this child
          </button>
        )}
        {!ended && (
          <button type="button" onClick={() => setAsking("stop")}>
            Stop …
          </button>
        )}
        {failed && !execution.why_not_redrivable && (
          <button type="button" class="main" onClick={() => setAsking("redrive")}>
            Redrive …
          </button>
        )}
      </p>
      {execution.why_not_redrivable && <p class="quiet">{execution.why_not_redrivable}</p>}
      {asking === "stop" && (
        <Ask title={`Stop ${execution.name}?`} confirm="Stop it" act={() => post("workflow/stop", { arn: execution.arn })} close={close}>
          <p>
            The state that runs now is ended; what has finished stays. A redrive goes on from there, within 14 days. A promotion that
            has begun is put in order by the workflow restore: what was through by then counts.
          </p>
        </Ask>
      )}
      {asking === "redrive" && (
        <Ask
          title={`Redrive ${execution.name}?`}
          confirm="Redrive it"
          act={() => post("workflow/redrive", { arn: execution.arn })}
          close={close}
        >
          <p>It goes on at the state that did not succeed. What has succeeded is not run again.</p>
        </Ask>
      )}
    </header>
  );
}

interface WhyProps {
  execution: Execution;
  machine: Machine | undefined;
  select: (name: string) => void;
}

function Why({ execution, machine, select }: WhyProps) {
  const { value: failure, trouble } = useAnswer<Failure>(
    "workflow/failure",
    { arn: execution.arn },
    `${execution.redrives} ${execution.status}`,
  );
  return (
    <section class="why" aria-label="Why it failed">
      <p>
        <strong>{execution.error}</strong>
        {failure && " in the state "}
        {failure &&
          (machine?.nodes.some((each) => each.name === failure.state) ? (
            <button type="button" title="Show this state in the graph" onClick={() => select(failure.state)}>
              {failure.state}
            </button>
          ) : (
            failure.state
          ))}
      </p>
      <p>{failure ? failure.cause : (execution.cause?.text ?? "")}</p>
      {failure ? (
        <p class="next">{failure.next_step}</p>
      ) : (
        !trouble && <p class="quiet">Looking for the state where it began, its log, and what to do next …</p>
      )}
      {failure && failure.log.length > 0 && (
        <details>
          <summary>
            The end of the log {failure.log_group}{" "}
            <span class="quiet">
              {failure.log.length} of {failure.log_lines.toLocaleString()} lines
            </span>
          </summary>
          <pre tabIndex={0}>{failure.log.join("\n")}</pre>
        </details>
      )}
      <Trouble message={trouble} />
    </section>
  );
}
