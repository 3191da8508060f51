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
  return failure && failure.state !== NO_STATE ? failure.states : [];
}

interface Props {
  execution: Execution;
  /** Null while it is looked for. */
  failure: Failure | null;
  trouble: string;
  /** Whether another like it can be started here. */
  isRetraining: boolean;
  select: (name: string) => void;
  open: (arn: string) => void;
}

export function Why({ execution, failure, trouble, isRetraining, select, open }: Props) {
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
      <Cause text={failure ? failure.cause : (execution.cause?.text ?? "")} />
      {failure ? (
        <p class="next">
          <Hint text={failure.next_step} />
        </p>
      ) : (
        !trouble && <p class="quiet">Looking for the state where it began, its log, and what to do next …</p>
      )}
      {(failure || execution.why_not_redrivable) && <Buttons execution={execution} isRetraining={isRetraining} hasFields={/--[a-z]/.test(failure?.next_step ?? "")} />}
      {failure && failure.log.length > 0 && <Log failure={failure} />}
      <Trouble message={trouble || failure?.log_trouble || ""} />
    </section>
  );
}

/** Characters of a cause that are read at a glance. */
const SHORT = 240;

/** A cause: its first sentence, and of a long one the rest on a click. A full stop ends a sentence before a capital. */
function Cause({ text }: { text: string }) {
  const first = text.length > SHORT ? (/^[^]{20,400}?[.!?](?=\s+[A-Z])/.exec(text)?.[0] ?? "") : "";
  if (!first) return <p>{text}</p>;
  return (
    <>
      <p>{first}</p>
      <details>
        <summary>The rest of the cause</summary>
        {text
          .slice(first.length)
          .split(/(?<=[.!?])\s+(?=[A-Z])/)
          .map((each, place) => (
            <p key={place}>{each}</p>
          ))}
      </details>
    </>
  );
}

/** What the buttons above it do about a failure. */
function Buttons({ execution, isRetraining, hasFields }: { execution: Execution; isRetraining: boolean; hasFields: boolean }) {
  const isRedrivable = !execution.why_not_redrivable;
  return (
    <p class="quiet">
      {isRedrivable && (
        <>
          <em>Redrive</em> lets this execution go on at the state that failed, with the same input.{" "}
        </>
      )}
      {isRetraining && (
        <>
          <em>Start another like it</em> opens a form with the same input: change {hasFields ? "the fields named here" : "what you like"}, and start.{" "}
        </>
      )}
      <Hint text={execution.why_not_redrivable} />
    </p>
  );
}

interface OriginProps extends Omit<Props, "failure" | "trouble" | "isRetraining"> {
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
