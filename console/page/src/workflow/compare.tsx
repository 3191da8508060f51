// Two executions of a workflow side by side: state by state how each ended, and how long it took.

import { useAnswer } from "../answer";
import { Refused, Status } from "../parts";
import { Table } from "../table";
import { between, dollars, duration, moment } from "../words";
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

function Pair({ pair }: { pair: Execution[] }) {
  const names = [...new Set(pair.flatMap((each) => each.states.map((state) => state.name)))];
  return (
    <Table
      label="The comparison"
      caption="Seconds in each state, of its last entry"
      head={["State", ...pair.map((each) => <Title execution={each} />)]}
      rows={[
        ["All of it", ...pair.map((each) => <Whole execution={each} />)],
        ...names.map((name) => [name, ...pair.map((each) => <Last entered={each.states.filter((state) => state.name === name)} />)]),
      ]}
    />
  );
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
      <Status code={execution.status} /> {duration(between(execution.started, execution.ended))}
      {execution.cost !== null && `, ${dollars(execution.cost)}`}
    </>
  );
}

function Last({ entered }: { entered: State[] }) {
  const state = entered.at(-1);
  if (!state) return <span class="quiet">not entered</span>;
  return (
    <>
      <Status code={state.status} /> {duration(between(state.entered, state.left))}
    </>
  );
}
