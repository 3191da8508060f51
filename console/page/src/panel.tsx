// A part of a view that asks for itself: what it cannot get it says in its own place, and the other parts stay.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "./api";
import { message, Trouble } from "./parts";

interface Props<T> {
  title: string;
  path: string;
  query?: Record<string, string>;
  /** What is being done while there is no answer yet. */
  asking: string;
  /** Another one asks again. */
  version?: number;
  /** The words of a button that asks: nothing is asked for before somebody chooses it. */
  button?: string;
  children: (answer: T) => ComponentChildren;
}

export function Panel<T>({ title, path, query = {}, asking, version = 0, button, children }: Props<T>) {
  const [answer, setAnswer] = useState<T | null>(null);
  const [trouble, setTrouble] = useState("");
  const [wants, setWants] = useState(!button);
  const [tries, setTries] = useState(0);
  const text = JSON.stringify(query);
  useEffect(() => {
    if (!wants) return;
    let wanted = true;
    get<T>(path, query)
      .then((got) => wanted && (setAnswer(() => got), setTrouble("")))
      .catch((fault: unknown) => wanted && setTrouble(message(fault)));
    return () => {
      wanted = false;
    };
  }, [path, text, version, wants, tries]);
  return (
    <section class="sheet" aria-label={title}>
      <h2>{title}</h2>
      <Trouble message={trouble} />
      {trouble && (
        <p class="buttons">
          <button type="button" onClick={() => (setTrouble(""), setTries(tries + 1))}>
            Ask again
          </button>
        </p>
      )}
      {!wants && (
        <p class="buttons">
          <button type="button" onClick={() => setWants(true)}>
            {button}
          </button>
        </p>
      )}
      {wants && answer === null && !trouble && <p class="quiet">{asking}</p>}
      {answer !== null && children(answer)}
    </section>
  );
}
