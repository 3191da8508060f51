// What came of a change whose dialog has gone meanwhile, with the view that it was of, say: the page says it at its head.

import { createContext } from "preact";
import { useState } from "preact/hooks";
import { Trouble } from "./parts";

export interface Outcome {
  /** The question that the dialog asked. */
  title: string;
  /** Why it was refused; empty where it was done. */
  refusal: string;
}

export const Outcomes = createContext<(outcome: Outcome) => void>(() => undefined);

/** The outcomes that nobody has put away, and what adds one. */
export function useOutcomes() {
  const [outcomes, setOutcomes] = useState<Outcome[]>([]);
  return {
    outcomes,
    add: (outcome: Outcome) => setOutcomes((before) => [...before, outcome]),
    remove: (outcome: Outcome) => setOutcomes((before) => before.filter((each) => each !== outcome)),
  };
}

export function OutcomeList({ outcomes, remove }: { outcomes: Outcome[]; remove: (outcome: Outcome) => void }) {
  return outcomes.map((each, place) => (
    <section key={place} aria-label="What came of a change">
      {each.refusal ? <Trouble message={`${each.title} ${each.refusal}`} /> : <p role="status">{each.title} It is done.</p>}
      <p class="buttons">
        <button type="button" onClick={() => remove(each)}>
          Put it away
        </button>
      </p>
    </section>
  ));
}
