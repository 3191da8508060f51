// An execution: where it is in the graph, how it ended, and what may be done about it.

import { useEffect, useState } from "preact/hooks";
import { useAnswer, useAsked } from "../answer";
import { get, post } from "../api";
import { Hint } from "../hints";
import type { Go } from "../places";
import { Ask, message, Refused, Status, Trouble } from "../parts";
import { between, count, dollars, duration, moment, reason, status as statusWord, took } from "../words";
import { useDefinition } from "./definition";
import { GraphPicture } from "./graph";
import { isToBeAccounted } from "./listing";
import { StatePanel } from "./panel";
import { Text } from "./texts";
import type { Execution, Failure, Machine } from "./types";

interface Props {
  arn: string;
  /** Changes with every event of the execution: then all is asked for anew. */
  version: string;
  /** The workflow that it is an execution of, as it is now, once that is known. */
  machine: Machine | undefined;
  open: (arn: string) => void;
  /** Opens the form of a retraining with an input, as JSON; undefined of the other workflows. */
  startLike: ((input: string) => void) | undefined;
  go: Go;
}

const PAUSE = 1500;

export function ExecutionView({ arn, version, machine, open, startLike, go }: Props) {
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
  const hasFailed = execution !== null && !["RUNNING", "SUCCEEDED"].includes(execution.status);
  const failure = useAnswer<Failure>("workflow/failure", hasFailed ? { arn } : null, `${execution?.redrives} ${execution?.status}`);
  const { graph, trouble: ungraphed } = useDefinition(execution, machine);
  if (!execution) return refused || <p class="quiet">Asking Step Functions for the execution …</p>;
  const isRunning = execution.status === "RUNNING";
  const began = failure.value?.state.split(WITHIN).filter((name) => graph?.nodes.some((each) => each.name === name)) ?? [];
  const node = graph?.nodes.find((each) => each.name === (selected || began[0] || latest(execution)));
  return (
    <article class="execution" aria-label={`The execution ${execution.name}`}>
      {refused}
      <Head execution={execution} open={open} startLike={startLike} go={go} follow={isRunning && selected ? () => setSelected("") : undefined} />
      <Trouble message={execution.history_trouble && `What it went through: ${execution.history_trouble}`} />
      <Trouble message={ungraphed} />
      {execution.outcome && <Became execution={execution} open={open} />}
      {hasFailed && <Why execution={execution} failure={failure.value} trouble={failure.trouble} began={began[0] ?? ""} select={setSelected} open={open} />}
      <div class="split">
        {graph && <GraphPicture key={arn} machine={graph} states={execution.states} ended={!isRunning} began={began} selected={node?.name ?? ""} select={setSelected} />}
        <div class="side">
          {/* Whoever opens something of a state goes on reading it, while the execution goes on to others. */}
          {node && (
            <div onClickCapture={() => isRunning && setSelected(node.name)}>
              <StatePanel key={`${arn} ${node.name}`} node={node} execution={execution} isOrigin={began.includes(node.name)} openChild={open} select={setSelected} />
            </div>
          )}
          <section aria-label="Input and output of the execution">
            <h3>Input and output of all of it</h3>
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
  // What had failed before a redrive is mended.
  if (execution.status === "SUCCEEDED") return execution.states.at(-1)?.name ?? "";
  return last("RUNNING") ?? last("FAILED") ?? last("ABORTED") ?? execution.states.at(-1)?.name ?? "";
}

interface HeadProps {
  execution: Execution;
  open: (arn: string) => void;
  startLike: ((input: string) => void) | undefined;
  go: Go;
  /** Shows what runs again, where another state is looked at. */
  follow: (() => void) | undefined;
}

function Head({ execution, open, startLike, go, follow }: HeadProps) {
  const [trouble, setTrouble] = useState("");
  const another = async () => {
    const whole = execution.input?.is_cut
      ? await get<{ text: string }>("workflow/text", { arn: execution.arn, field: "input" }).catch((fault: unknown) => setTrouble(message(fault)))
      : execution.input;
    if (whole) startLike?.(whole.text);
  };
  const [asking, setAsking] = useState<"" | "stop" | "redrive">("");
  const ended = execution.status !== "RUNNING";
  const failed = ended && execution.status !== "SUCCEEDED";
  const close = () => setAsking("");
  return (
    <header class="head">
      <h2>
        {execution.name} <Status code={execution.status} outcome={execution.outcome} />
      </h2>
      {execution.item !== null && <p>{execution.item}</p>}
      <p class="quiet">
        Started {moment(execution.started)}
        {execution.reason !== null && ` by ${reason(execution.reason)}`}, {ended ? "took" : "runs for"}{" "}
        {execution.paused === null ? took(execution) : duration(between(execution.started, execution.ended) - execution.paused)}
        {!!execution.paused && ` of work, ${duration(execution.paused)} more before ${execution.redrives === 1 ? "its redrive" : "its redrives"}`}
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
        {ended && startLike && !execution.parent && (
          <button type="button" onClick={() => void another()}>
            Start another like it …
          </button>
        )}
        {ended && startLike && !execution.parent && execution.outcome !== "yielded" && (
          <button type="button" onClick={() => go("Data", { execution: execution.name })}>
            Its rides
          </button>
        )}
        {(execution.outcome === "promoted" || execution.outcome === "kept") && (
          <button type="button" onClick={() => go("Models", { task: execution.task!, execution: execution.name })}>
            Its model
          </button>
        )}
        {follow && (
          <button type="button" onClick={follow}>
            Follow what runs
          </button>
        )}
      </p>
      <Trouble message={trouble} />
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

/** What became of a retraining that has succeeded, in the gate's words. */
function Became({ execution, open }: { execution: Execution; open: (arn: string) => void }) {
  const { outcome: code, verdict, yielded_to: holder } = execution;
  if (code === "yielded")
    return (
      <section class="verdict" aria-label="What became of it">
        <p>
          <strong>It yielded</strong>{" "}
          {holder && (
            <>
              to{" "}
              <button type="button" title="Open this execution" onClick={() => open(holder)}>
                {holder.split(":").at(-1)}
              </button>
            </>
          )}
          , which was retraining {execution.task}: nothing was ingested or trained. Start another once that one has ended.
        </p>
      </section>
    );
  return (
    <section class={`verdict${code === "promoted" ? " yes" : ""}`} aria-label="What became of it">
      <p>
        <strong>{code === "promoted" ? "The model went live." : "The champion stays."}</strong>{" "}
        {code === "kept" && verdict?.promote && "The model would have gone live, but it was started without "}
        {code === "kept" && verdict?.promote && <><code>promote</code>. </>}
        {verdict?.reason}
      </p>
    </section>
  );
}

/** What a failure is said to have begun in where all that was entered only reports one. */
const NO_STATE = "no state";

/** What stands between a state and the one that failed in the execution that it started. */
const WITHIN = " → ";

interface WhyProps {
  execution: Execution;
  /** Null while it is looked for. */
  failure: Failure | null;
  trouble: string;
  /** The state of this execution where it began; empty where that is not known. */
  began: string;
  select: (name: string) => void;
  open: (arn: string) => void;
}

function Why({ execution, failure, trouble, began, select, open }: WhyProps) {
  const { child, state } = failure ?? {};
  return (
    <section class="why" aria-label="Why it failed">
      <p>
        <strong>{execution.error || `${statusWord(execution.status)}, without an error's name`}</strong>
        {failure && state !== NO_STATE && " in the state "}
        {began && (
          <button type="button" title="Show this state in the graph" onClick={() => select(began)}>
            {began}
          </button>
        )}
        {state !== NO_STATE && (state?.startsWith(began) ? state.slice(began.length) : state)}
      </p>
      {child && (
        <p>
          {child.failed.toLocaleString()} of {count(child.total, "child", "children")} failed, first that of {child.item}{" "}
          <button type="button" onClick={() => open(child.execution)}>
            Open it
          </button>
        </p>
      )}
      <p>{failure ? failure.cause : (execution.cause?.text ?? "")}</p>
      {failure ? (
        <p class="next">
          <Hint text={failure.next_step} />
        </p>
      ) : (
        !trouble && <p class="quiet">Looking for the state where it began, its log, and what to do next …</p>
      )}
      {execution.why_not_redrivable && (
        <p class="quiet">
          <Hint text={execution.why_not_redrivable} />
        </p>
      )}
      {failure && failure.log.length > 0 && (
        <details>
          <summary>
            The end of the log {failure.log_group}{" "}
            <span class="quiet">
              {failure.log.length} of {failure.log_lines.toLocaleString()} lines{!failure.log_is_whole && ", which are the first of more"}
            </span>
          </summary>
          <pre tabIndex={0}>{failure.log.join("\n")}</pre>
        </details>
      )}
      <Trouble message={trouble || failure?.log_trouble || ""} />
    </section>
  );
}
