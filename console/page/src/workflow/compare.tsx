// Two executions of a workflow side by side: what they were started with, and state by state what differs.

import { useState } from "preact/hooks";
import { useAnswer, useReading } from "../answer";
import { Refused, Status } from "../parts";
import { Table } from "../table";
import { between, count, dollars, duration, moment, outcome, status as statusWord } from "../words";
import { differences } from "./inputs";
import { wholeInput } from "./texts";
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
  const whole = () => Promise.all(pair.map(wholeInput));
  const inputs = useReading<(string | null)[]>(pair.map((each) => each.arn).join(" "), whole, "");
  const [first, second] = inputs.value ?? [null, null];
  const fields = inputs.value ? differences(first ?? "{}", second ?? "{}") : [];
  return (
    <>
      <p>
        <label>
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} /> all{" "}
          {count(names.length, "state", "states")}, also those that do not differ
        </label>
      </p>
      {inputs.trouble && <Refused message={`Their inputs: ${inputs.trouble}`} again={inputs.again} />}
      {!inputs.value && !inputs.trouble && <p class="quiet">Reading both inputs …</p>}
      {fields.length > MOST_FIELDS && (
        <p class="quiet">
          The first {MOST_FIELDS} of {fields.length.toLocaleString()} fields of the inputs that differ are here.
        </p>
      )}
      <Table
        label="The comparison"
        caption={`Seconds in each state, of its last entry: ${count(apart.length, "state differs", "states differ")}`}
        head={["State", ...pair.map((each) => <Title execution={each} />), "The second, beside the first"]}
        names={["State", ...pair.map((each) => each.name), "The second, beside the first"]}
        rows={[
          ["All of it", ...pair.map((each) => <Whole execution={each} />), <strong>{apartBy(worked(pair[0]), worked(pair[1]))}</strong>],
          ["What became of it", ...pair.map((each) => (each.outcome ? outcome(each.outcome) : "")), ""],
          ...fields
            .slice(0, MOST_FIELDS)
            .map(({ path, values }) => [<code>{path}</code>, ...values.map((each) => <code>{each}</code>), <strong>another input</strong>]),
          ...(all ? compared : apart).map((each) => [each.name, ...each.ends.map((end) => <Last state={end} />), <strong>{difference(each.ends)}</strong>]),
        ]}
      />
    </>
  );
}

/** Fields of the inputs that are shown. */
const MOST_FIELDS = 50;

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
