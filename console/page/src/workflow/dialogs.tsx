// What ends an execution, and what lets it go on: each asks first, and says what it will do.

import { post } from "../api";
import { Hint } from "../hints";
import { Ask } from "../parts";
import type { Execution } from "./types";

interface Props {
  execution: Execution;
  /** Asks for the execution anew: of a redrive of an old one nothing else may tell. */
  again: () => void;
  close: () => void;
}

/** By the workflow, what a stop leaves and what goes on from there. */
const STOPS: Record<string, string> = {
  retrain:
    "What has finished stays. A redrive goes on from there, within 14 days. A promotion that has begun is put in order by the " +
    "workflow restore: what was through by then counts.",
  promote:
    "Nothing goes on from there: no promotion is redriven. The workflow restore puts in order what this one leaves: if the new " +
    "model answers already, it stays the champion, and else the one before does.",
  restore: "What the promotion left stays half done until a redrive goes on from there, within 14 days.",
  monitor: "What it has written stays. A redrive goes on from there, within 14 days; `wildrydes monitor` looks at the day once more.",
};
const OF_A_CHILD =
  "It is a child of a Map: the other children go on, and the Map may fail by it. It goes on only by a redrive of the execution that " +
  "the Map is in.";

export function StopDialog({ execution, again, close }: Props) {
  const effect = execution.parent ? OF_A_CHILD : (STOPS[execution.workflow] ?? "What has finished stays.");
  return (
    <Ask title={`Stop ${execution.name}?`} confirm="Stop it" act={() => post<void>("workflow/stop", { arn: execution.arn }).then(again)} close={close}>
      <p>
        The state that runs now is ended. <Hint text={effect} />
      </p>
    </Ask>
  );
}

export function RedriveDialog({ execution, again, close }: Props) {
  return (
    <Ask title={`Redrive ${execution.name}?`} confirm="Redrive it" act={() => post<void>("workflow/redrive", { arn: execution.arn }).then(again)} close={close}>
      <p>It goes on at the state that did not succeed. What has succeeded is not run again.</p>
    </Ask>
  );
}
