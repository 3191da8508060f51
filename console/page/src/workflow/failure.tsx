// Why an execution failed: the state where it began, the cause, what to do next, and the end of the log of what ran there.

import { Pre } from "../edges";
import { Hint } from "../hints";
import { Trouble } from "../parts";
import { count, status as statusWord } from "../words";
import type { Execution, Failure } from "./types";

/** What a failure is said to have begun in where all that was entered only reports one. */
const NO_STATE = "no state";

/** What stands between a state and the one that failed in the execution that it started. */
const WITHIN = " → ";

/** The states in which a failure began: in this execution first, and then in what that state started. */
export function statesOf(failure: Failure | null): string[] {
  return failure && failure.state !== NO_STATE ? failure.state.split(WITHIN) : [];
}

interface Props {
  execution: Execution;
  /** Null while it is looked for. */
  failure: Failure | null;
  trouble: string;
  select: (name: string) => void;
  open: (arn: string) => void;
}

export function Why({ execution, failure, trouble, select, open }: Props) {
  const { child } = failure ?? {};
  return (
    <section class="why" aria-label="Why it failed">
      <p>
        <strong>{execution.error || `${statusWord(execution.status)}, without an error's name`}</strong>
        {failure && <Origin execution={execution} failure={failure} select={select} open={open} />}
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
      {failure && failure.log.length > 0 && <Log failure={failure} />}
      <Trouble message={trouble || failure?.log_trouble || ""} />
    </section>
  );
}

interface OriginProps extends Omit<Props, "failure" | "trouble"> {
  failure: Failure;
}

/** The state where it began: a button each for this execution's, and for that of the execution that it had started. */
function Origin({ execution, failure, select, open }: OriginProps) {
  const [own, ...inner] = statesOf(failure);
  if (!own) return null;
  const isElsewhere = failure.began_in !== execution.arn;
  const there = failure.began_in.split(":").at(-1);
  return (
    <>
      {" in the state "}
      <button type="button" title="Show this state in the graph" onClick={() => select(own)}>
        {own}
      </button>
      {inner.map((name, place) => (
        <>
          {WITHIN}
          {isElsewhere && place === inner.length - 1 ? (
            <button type="button" title={`Open ${there}, in which it began`} onClick={() => open(failure.began_in)}>
              {name === NO_STATE ? there : name}
            </button>
          ) : (
            name
          )}
        </>
      ))}
    </>
  );
}

function Log({ failure }: { failure: Failure }) {
  return (
    <details>
      <summary>
        The end of the log {failure.log_group}{" "}
        <span class="quiet">
          {failure.log.length} of {failure.log_lines.toLocaleString()} lines{!failure.log_is_whole && ", which are the first of more"}
        </span>
      </summary>
      <Pre label={`The end of ${failure.log_group}`} text={failure.log.join("\n")} />
    </details>
  );
}
