// The head of an execution: its status, when and for how long it ran, and what may be done with it.

import { useRef, useState } from "preact/hooks";
import { type Go, useIsEmbedded } from "../places";
import { message, Status, Trouble } from "../parts";
import { between, dollars, duration, moment, reason, status, took } from "../words";
import { RedriveDialog, StopDialog } from "./dialogs";
import { wholeInput } from "./texts";
import type { Execution } from "./types";

interface Props {
  execution: Execution;
  open: (arn: string) => void;
  /** Opens the form of a retraining with an input, as JSON; undefined of the other workflows. */
  startLike: ((input: string) => void) | undefined;
  go: Go;
  /** Shows what runs again, where another state is looked at. */
  follow: (() => void) | undefined;
  /** Asks for the execution anew, after a change. */
  again: () => void;
}

export function Head(props: Props) {
  const { execution, startLike } = props;
  const isEmbedded = useIsEmbedded();
  const [trouble, setTrouble] = useState("");
  const [asking, setAsking] = useState<"" | "stop" | "redrive">("");
  const close = () => setAsking("");
  const phase = `${execution.name}: ${status(execution.status)}`;
  const first = useRef(phase);
  const another = () =>
    wholeInput(execution).then(
      (text) => text !== null && startLike?.(text),
      (fault: unknown) => setTrouble(message(fault)),
    );
  return (
    <header class="head">
      <h2>
        {execution.name} <Status code={execution.status} outcome={execution.outcome} />
      </h2>
      <p class="unseen" role="status">
        {phase !== first.current && phase}
      </p>
      {execution.item !== null && <p>{execution.item}</p>}
      <p class="quiet">{course(execution, isEmbedded)}</p>
      <p class="buttons">
        <Steering execution={execution} open={props.open} ask={setAsking} />
        {startLike && !execution.parent && execution.status !== "RUNNING" && <OfRetraining {...props} another={() => void another()} />}
        {props.follow && (
          <button type="button" onClick={props.follow}>
            Follow what runs
          </button>
        )}
      </p>
      <Trouble message={trouble} />
      {asking === "stop" && <StopDialog execution={execution} again={props.again} close={close} />}
      {asking === "redrive" && <RedriveDialog execution={execution} again={props.again} close={close} />}
    </header>
  );
}

/** When it was started and by what, how long it worked, what it cost, and how often it was redriven. */
function course(execution: Execution, isEmbedded: boolean): string {
  const { started, ended, paused, redrives, cost } = execution;
  const time = paused === null ? took(execution) : duration(between(started, ended) - paused);
  return [
    `Started ${moment(started)}`,
    execution.reason !== null && ` by ${reason(execution.reason)}`,
    `, ${execution.status === "RUNNING" ? "runs for" : "took"} ${time}`,
    !!paused && ` of work, ${duration(paused)} more before ${redrives === 1 ? "its redrive" : "its redrives"}`,
    cost !== null && `, ${isEmbedded ? "would cost" : "cost"} ${dollars(cost)} at AWS's list prices${isEmbedded ? " (the embedded AWS costs nothing)" : ""}`,
    redrives > 0 && `, redriven ${redrives === 1 ? "once" : `${redrives} times`}`,
  ]
    .filter(Boolean)
    .join("");
}

interface SteeringProps {
  execution: Execution;
  open: (arn: string) => void;
  ask: (what: "stop" | "redrive") => void;
}

function Steering({ execution, open, ask }: SteeringProps) {
  const isRunning = execution.status === "RUNNING";
  const hasFailed = !isRunning && execution.status !== "SUCCEEDED";
  return (
    <>
      {execution.parent && (
        <button type="button" onClick={() => open(execution.parent!)}>
          Back to the execution of this child
        </button>
      )}
      {isRunning && (
        <button type="button" onClick={() => ask("stop")}>
          Stop …
        </button>
      )}
      {hasFailed && !execution.why_not_redrivable && (
        <button type="button" class="main" onClick={() => ask("redrive")}>
          Redrive …
        </button>
      )}
    </>
  );
}

/** What leads on from a retraining that has ended. */
function OfRetraining({ execution, go, another }: Props & { another: () => void }) {
  const { name, outcome } = execution;
  return (
    <>
      <button type="button" onClick={another}>
        Start another like it …
      </button>
      {outcome !== "yielded" && (
        <button type="button" onClick={() => go("Data", { execution: name })}>
          Its rides
        </button>
      )}
      {(outcome === "promoted" || outcome === "kept") && (
        <button type="button" onClick={() => go("Models", { task: execution.task!, execution: name })}>
          Its model
        </button>
      )}
    </>
  );
}
