// Two executions of a workflow side by side: state by state how each ended, and how long it took.

import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { message, Status, Trouble } from "../parts";
import { between, dollars, duration, moment } from "../words";
import type { Execution, State } from "./types";

export function Compare({ arns, close }: { arns: [string, string]; close: () => void }) {
  const [pair, setPair] = useState<[Execution, Execution] | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    Promise.all(arns.map((arn) => get<Execution>("workflow/execution", { arn })))
      .then(([first, second]) => setPair([first!, second!]))
      .catch((fault: unknown) => setTrouble(message(fault)));
  }, arns);
  if (trouble) return <Trouble message={trouble} />;
  if (!pair) return <p class="quiet">Asking Step Functions for both executions …</p>;
  const names = [...new Set(pair.flatMap((each) => each.states.map((state) => state.name)))];
  return (
    <article aria-label="Two executions side by side">
      <p class="buttons">
        <button type="button" onClick={close}>
          Back to one
        </button>
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="The comparison">
        <table>
          <caption>Seconds in each state, of its last entry</caption>
          <thead>
            <tr>
              <th scope="col">State</th>
              {pair.map((each) => (
                <th scope="col" key={each.arn}>
                  {each.name}
                  <br />
                  <span class="quiet">{moment(each.started)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">All of it</th>
              {pair.map((each) => (
                <td key={each.arn}>
                  <Status code={each.status} /> {duration(between(each.started, each.ended))}
                  {each.cost !== null && `, ${dollars(each.cost)}`}
                </td>
              ))}
            </tr>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {pair.map((each) => (
                  <td key={each.arn}>{last(each.states.filter((state) => state.name === name))}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </article>
  );
}

function last(entered: State[]) {
  const state = entered.at(-1);
  if (!state) return <span class="quiet">not entered</span>;
  return (
    <>
      <Status code={state.status} /> {duration(between(state.entered, state.left))}
    </>
  );
}
