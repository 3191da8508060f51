// One state of an execution: each time it was entered, with input, output, errors, attempts and seconds.

import { useState } from "preact/hooks";
import { post } from "../api";
import { Pre } from "../edges";
import { Ask, Empty, Refused, Status, Trouble, Windowed } from "../parts";
import { between, count, duration, moment, took } from "../words";
import { useFacts, useListing } from "./listing";
import { Evidence } from "./evidence";
import { Text } from "./texts";
import type { Execution, GraphEdge, GraphNode, MapRun, State, Summary } from "./types";

interface Props {
  node: GraphNode;
  /** The ways from this state. */
  ways: GraphEdge[];
  execution: Execution;
  /** Whether a failure began in this state. */
  isOrigin: boolean;
  /** Whether it is shown since it was the last one, and nobody has chosen another. */
  isLast: boolean;
  openChild: (arn: string) => void;
  select: (name: string) => void;
}

const MOST_ENTRIES = 20;

export function StatePanel({ node, ways, execution, isOrigin, isLast, openChild, select }: Props) {
  const entered = execution.states.filter((state) => state.name === node.name);
  const [trying, setTrying] = useState(false);
  const [tried, setTried] = useState<Tried | null>(null);
  // Before its end there is nothing recorded to run it on.
  const hasRun = entered.length > 0 && entered.at(-1)!.left !== null;
  const hasWorked = entered.length > 0 && entered.every((state) => state.status === "SUCCEEDED");
  const [all, setAll] = useState(false);
  const answers = (state: State) => (node.kind === "Choice" ? answer(state, ways, execution) : null);
  // A state of a loop is entered again and again.
  const shown = all ? entered : entered.slice(-MOST_ENTRIES);
  return (
    <section class="panel" aria-label={`The state ${node.name}`}>
      <h3>{node.name}</h3>
      <p class="quiet">
        A state of the type {node.kind}
        {node.service && `, ${node.service}`}
        {node.parent && `, in ${node.parent}`}
      </p>
      {isLast && <p class="quiet">It was the last one: choose any other in the diagram.</p>}
      {node.comment && <p>{node.comment}</p>}
      {isOrigin && <p class="next">{hasWorked ? "This state itself worked. What it found led to the failure." : "The failure began here."}</p>}
      {entered.length === 0 && <Empty>{absence(node, execution)}</Empty>}
      {entered.length === 0 && isOfChildren(node, execution) && (
        <p class="buttons">
          <button type="button" onClick={() => select(node.parent)}>
            Show {node.parent}
          </button>
        </p>
      )}
      {shown.length < entered.length && (
        <p>
          Entered {entered.length.toLocaleString()} times. The last {shown.length} are here.{" "}
          <button type="button" onClick={() => setAll(true)}>
            Show all
          </button>
        </p>
      )}
      {entered.some((state) => state.is_distributed) && (
        <>
          <Trouble message={execution.children_trouble} />
          {execution.map_runs.map((run) => (
            <Children key={run.arn} run={run} open={openChild} />
          ))}
        </>
      )}
      {shown.map((state) => (
        <Entry key={state.place} node={node} state={state} execution={execution} only={entered.length === 1} isOrigin={isOrigin} answer={answers(state)} />
      ))}
      {hasRun && node.kind === "Task" && (
        <>
          <p class="buttons">
            <button type="button" onClick={() => (select(node.name), setTrying(true))}>
              Run this state again …
            </button>
          </p>
          <p class="quiet">
            Runs this one state on the same input, and shows what comes of it: {hasWorked ? "to repeat its work" : "to see whether its fault is mended"}. The
            execution stays as it is.
          </p>
        </>
      )}
      {trying && <Try node={node} execution={execution} show={setTried} close={() => setTrying(false)} />}
      {tried && <Outcome tried={tried} />}
    </section>
  );
}

function isOfChildren(node: GraphNode, execution: Execution): boolean {
  return execution.states.some((state) => state.name === node.parent && state.is_distributed);
}

function absence(node: GraphNode, execution: Execution): string {
  if (execution.history_trouble) return "Whether the execution came here is in its history, which may not be read.";
  if (execution.status === "RUNNING") return "The execution has not come here yet.";
  if (isOfChildren(node, execution)) return `The children of ${node.parent} have histories of their own: choose one of them there.`;
  return "The execution went another way.";
}

/** The way that a Choice took; null where none is seen. */
function answer(state: State, ways: GraphEdge[], execution: Execution): GraphEdge | null {
  const next = execution.states.slice(state.place + 1).find((each) => each.iteration === state.iteration);
  return ways.find((way) => way.target === next?.name) ?? null;
}

interface EntryProps {
  node: GraphNode;
  state: State;
  execution: Execution;
  /** Whether the state was entered this one time. */
  only: boolean;
  /** Whether a failure began in this state: then those that failed are open. */
  isOrigin: boolean;
  /** Of a Choice the way that it took. */
  answer: GraphEdge | null;
}

function Entry({ node, state, execution, only, isOrigin, answer }: EntryProps) {
  const text = (field: string) => ({ arn: execution.arn, place: String(state.place), field });
  const body = (
    <>
      <dl class="facts">
        {/* That it worked is said in words where it led to a failure: a green mark there would say that all is well. */}
        {!(isOrigin && state.status === "SUCCEEDED") && (
          <>
            <dt>Status</dt>
            <dd>
              <Status code={state.status} />
            </dd>
          </>
        )}
        {answer && (
          <>
            <dt>Its answer</dt>
            <dd>
              {answer.label === "otherwise" ? "no condition was met" : answer.label}: on to <strong>{answer.target}</strong>
            </dd>
          </>
        )}
        <dt>Entered</dt>
        <dd>
          {moment(state.entered)}
          {node.kind !== "Choice" && `, for ${duration(between(state.entered, state.left) - state.paused)}`}
          {state.paused > 0 && `, and ${duration(state.paused)} before a redrive`}
        </dd>
        {state.attempts > 0 && (
          <>
            <dt>Attempts</dt>
            <dd>{state.attempts}</dd>
          </>
        )}
        {state.children && (
          <>
            <dt>Iterations</dt>
            <dd>
              {state.children[0].toLocaleString()} of {state.children[1].toLocaleString()} ended
            </dd>
          </>
        )}
      </dl>
      {state.failures.map((failure, number) => (
        <div class="failure" key={number}>
          <p>
            <strong>{failure.error || "An error without a name"}</strong>, attempt {number + 1}
          </p>
          <Text title="Cause" excerpt={failure.cause} open whole={{ ...text("cause"), attempt: String(number) }} />
        </div>
      ))}
      <Text title="Input" excerpt={state.input} whole={text("input")} />
      {passesOn(node, state) ? (
        <p class="quiet">It passes its input on as its output.</p>
      ) : (
        <Text title="Output" excerpt={state.output} open={only && !state.is_distributed} whole={text("output")} />
      )}
      <Evidence arn={execution.arn} state={state} />
    </>
  );
  if (only) return body;
  return (
    <details class="entry" open={isOrigin && ["FAILED", "CAUGHT"].includes(state.status)}>
      <summary>
        {state.iteration || moment(state.entered)} <Status code={state.status} />
      </summary>
      {body}
    </details>
  );
}

/** Whether a Choice's output is its input, so far as both are seen. */
function passesOn(node: GraphNode, { input, output }: State): boolean {
  return node.kind === "Choice" && input !== null && output !== null && input.text === output.text && input.length === output.length;
}

function Children({ run, open }: { run: MapRun; open: (arn: string) => void }) {
  const total = run.counts.total ?? 0;
  // Whatever has changed of them, the newest are asked for anew; once all have ended, every one that was listed.
  const { executions, more, trouble, again } = useListing({ mapRunArn: run.arn }, NONE, JSON.stringify(run.counts), run.status !== "RUNNING");
  const inSight = useFacts();
  return (
    <section aria-label="Children of the Map">
      <h4>
        {count(total, "child", "children")}
        {executions.length < total && <span class="quiet">, {executions.length.toLocaleString()} listed: more as you scroll</span>}
      </h4>
      {trouble && <Refused message={trouble} again={again} />}
      {inSight.trouble && <Refused message={`What each was given: ${inSight.trouble}`} again={inSight.again} />}
      {total === 0 && <Empty>The Map had no items: there was nothing to do.</Empty>}
      <Windowed
        rows={executions}
        height={58}
        label="Children, the newest first"
        more={more}
        rest={inSight.seen}
        render={(child) => (
          <button type="button" class="row" title={child.name} onClick={() => open(child.arn)}>
            <Status code={child.status} />
            <span class="name">{inSight.facts.get(child.arn)?.item ?? child.name}</span>
            <span class="quiet">{took(child)}</span>
          </button>
        )}
      />
    </section>
  );
}

const NONE: Summary[] = [];

interface Tried {
  status: string;
  output: unknown;
  error: string | null;
  cause: string | null;
  next_state: string | null;
  missing_grant: { role: string; action: string; resource: string } | null;
}

interface TryProps {
  node: GraphNode;
  execution: Execution;
  /** Shows what came of it; null takes away what came of an earlier time. */
  show: (tried: Tried | null) => void;
  close: () => void;
}

function Try({ node, execution, show, close }: TryProps) {
  const run = async () => {
    show(null);
    show(await post<Tried>("workflow/try", { arn: execution.arn, state: node.name }));
  };
  return (
    <Ask title={`Run ${node.name} again?`} confirm="Run it" act={run} close={close}>
      <p>
        TestState runs the state once, as the workflow has it now, on the input that <code>{execution.name}</code> gave it
        last, as the workflow's role. What the state writes is written. The execution stays as it is.
      </p>
    </Ask>
  );
}

function Outcome({ tried }: { tried: Tried }) {
  return (
    <div class="tried" role="status">
      <h4>Run again: {tried.status === "SUCCEEDED" ? "succeeded" : "failed"}</h4>
      {tried.error && (
        <p>
          <strong>{tried.error}</strong> {tried.cause}
        </p>
      )}
      {tried.missing_grant && (
        <p>
          {tried.missing_grant.role} may not {tried.missing_grant.action}
          {tried.missing_grant.resource && ` on ${tried.missing_grant.resource}`}.
        </p>
      )}
      {tried.output !== null && <Pre label="Its output" text={JSON.stringify(tried.output, null, 2)} />}
      {tried.next_state && <p>{tried.next_state} would be next.</p>}
    </div>
  );
}
