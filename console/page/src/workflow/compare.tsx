// Two executions of a workflow side by side: what they were started with, and state by state what differs.

import { useState } from "preact/hooks";
import { useAnswer } from "../answer";
import { Refused, Status } from "../parts";
import { Table } from "../table";
import { between, count, dollars, duration, moment, outcome, status as statusWord } from "../words";
import type { Execution, State } from "./types";

export function Compare({ arns, close }: { arns: [string, string]; close: () => void }) {
  const first = useAnswer<Execution>("workflow/execution", { arn: arns[0] });
  const second = useAnswer<Execution>("workflow/execution", { arn: arns[1] });
  const refused = [first, second].filter((each) => each.trouble);
  return (
    <article aria-label="Two executions side by side">
      <p class="buttons">
        <button type="button" onClick={close}>
          Back to one
        </button>
      </p>
      {refused[0] && <Refused message={refused[0].trouble} again={() => refused.forEach((each) => each.again())} />}
      {first.value && second.value
        ? <Pair pair={[first.value, second.value]} />
        : !refused[0] && <p class="quiet">Asking Step Functions for both executions …</p>}
    </article>
  );
}

function Pair({ pair }: { pair: [Execution, Execution] }) {
  const [all, setAll] = useState(false);
  const names = [...new Set(pair.flatMap((each) => each.states.map((state) => state.name)))];
  const compared = names.map((name) => ({ name, ends: pair.map((each) => lastOf(each, name)) as Ends }));
  const apart = compared.filter((each) => difference(each.ends) !== "");
  return (
    <>
      <p>
        <label>
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} /> all{" "}
          {count(names.length, "state", "states")}, also those that do not differ
        </label>
      </p>
      <Table
        label="The comparison"
        caption={`Seconds in each state, of its last entry: ${count(apart.length, "state differs", "states differ")}`}
        head={["State", ...pair.map((each) => <Title execution={each} />), "The second, beside the first"]}
        names={["State", ...pair.map((each) => each.name), "The second, beside the first"]}
        rows={[
          ["All of it", ...pair.map((each) => <Whole execution={each} />), <strong>{apartBy(worked(pair[0]), worked(pair[1]))}</strong>],
          ["What became of it", ...pair.map((each) => (each.outcome ? outcome(each.outcome) : "")), ""],
          ...fieldsApart(pair).map(([name, ...values]) => [<code>{name}</code>, ...values.map((each) => <code>{each}</code>), <strong>another input</strong>]),
          ...(all ? compared : apart).map((each) => [each.name, ...each.ends.map((end) => <Last state={end} />), <strong>{difference(each.ends)}</strong>]),
        ]}
      />
    </>
  );
}

type Ends = [State | undefined, State | undefined];

function lastOf(execution: Execution, name: string): State | undefined {
  return execution.states.filter((state) => state.name === name).at(-1);
}

/** Seconds, and how many times as many, from which on two states took differently long. */
const LEAST_SECONDS = 0.5;
const LEAST_FACTOR = 1.5;

/** In which way the second state differs from the first; empty where it does not. */
function difference([first, second]: Ends): string {
  if (!first || !second) return first ? "not entered" : "entered";
  if (first.status !== second.status) return statusWord(second.status);
  return apartBy(secondsIn(first), secondsIn(second));
}

/** Seconds that an execution worked, so far as its history tells its pauses before redrives apart. */
const worked = (execution: Execution) => between(execution.started, execution.ended) - (execution.paused ?? 0);

const secondsIn = (state: State) => between(state.entered, state.left) - state.paused;

function apartBy(first: number, second: number): string {
  const more = second - first;
  const isApart = Math.abs(more) >= LEAST_SECONDS && Math.max(first, second) >= LEAST_FACTOR * Math.min(first, second);
  return isApart ? `${duration(Math.abs(more))} ${more > 0 ? "longer" : "shorter"}` : "";
}

/** The fields of the inputs that differ, with both values as JSON. */
function fieldsApart(pair: [Execution, Execution]): [string, string, string][] {
  const [first, second] = pair.map(fieldsOf) as [Record<string, unknown>, Record<string, unknown>];
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  const shown = (fields: Record<string, unknown>, name: string) => (Object.hasOwn(fields, name) ? JSON.stringify(fields[name]) : "its default");
  return names.map((name): [string, string, string] => [name, shown(first, name), shown(second, name)]).filter(([, one, other]) => one !== other);
}

/** An input's fields; of a text that is no object, or too long to be here whole, the text itself. */
function fieldsOf({ input }: Execution): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(input?.text ?? "{}");
    if (value && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said as it is, below.
  }
  return { input: input?.text };
}

function Title({ execution }: { execution: Execution }) {
  return (
    <>
      {execution.name}
      <br />
      <span class="quiet">{moment(execution.started)}</span>
    </>
  );
}

function Whole({ execution }: { execution: Execution }) {
  return (
    <>
      <Status code={execution.status} outcome={execution.outcome} /> {duration(worked(execution))}
      {execution.cost !== null && `, ${dollars(execution.cost)}`}
    </>
  );
}

function Last({ state }: { state: State | undefined }) {
  if (!state) return <span class="quiet">not entered</span>;
  return (
    <>
      <Status code={state.status} /> {duration(secondsIn(state))}
    </>
  );
}
