// What became of a retraining that has succeeded.

import { saidThen } from "../words";
import type { Execution } from "./types";

interface Props {
  execution: Execution;
  open: (arn: string) => void;
}

/** In the gate's words; of one that yielded, to which. */
export function Became({ execution, open }: Props) {
  const { outcome: code, verdict } = execution;
  if (code === "yielded") return <Yielded execution={execution} open={open} />;
  return (
    <section class={`verdict${code === "promoted" ? " yes" : ""}`} aria-label="What became of it">
      <p>
        <strong>{code === "promoted" ? "The model went live." : "The model did not go live."}</strong>{" "}
        {code === "kept" && verdict?.promote && (
          <>
            The model would have gone live, but it was started without <code>promote</code>.{" "}
          </>
        )}
        {saidThen(verdict?.reason ?? "")}
      </p>
    </section>
  );
}

function Yielded({ execution, open }: Props) {
  const holder = execution.yielded_to;
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
}
