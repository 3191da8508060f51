// A part of a view that asks for itself: what it cannot get it says in its own place, and the other parts stay.

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { useAnswer } from "./answer";
import { idOf } from "./jumps";
import { Refused } from "./parts";

interface Props<T> {
  title: string;
  path: string;
  query?: Record<string, string>;
  /** What is being done while there is no answer yet. */
  asking: string;
  /** Another one asks again. */
  version?: number | string;
  /** The words of a button that asks: nothing is asked for before somebody chooses it. */
  button?: string;
  /** What the button gives, what it takes and what it costs: there is nothing else to see before. */
  about?: string;
  /** What chooses another query: it is there before there is an answer, and where one is refused. */
  controls?: ComponentChildren;
  children: (answer: T) => ComponentChildren;
}

export function Panel<T>({ title, path, query = {}, asking, version, button, about, controls, children }: Props<T>) {
  const [wants, setWants] = useState(!button);
  const { value, trouble, gone, isAsking, again } = useAnswer<T>(path, wants ? query : null, version);
  // The last answer stays until there is another one; not beside a refusal, which is of another query, or without a stack.
  const last = useRef<T | null>(null);
  last.current = gone || trouble ? value : (value ?? last.current);
  return (
    <section class="sheet" aria-label={title} id={idOf("panel", title)} tabIndex={-1}>
      <h2>{title}</h2>
      {wants && controls && (
        <div class="buttons">
          {controls}
          <span class="quiet" role="status">
            {isAsking && (last.current !== null || trouble) && asking}
          </span>
        </div>
      )}
      {trouble && <Refused message={trouble} again={again} />}
      {!wants && about && <p class="quiet">{about}</p>}
      {!wants && (
        <p class="buttons">
          <button type="button" onClick={() => setWants(true)}>
            {button}
          </button>
        </p>
      )}
      {wants && last.current === null && !trouble && <p class="quiet">{asking}</p>}
      {last.current !== null && children(last.current)}
    </section>
  );
}
