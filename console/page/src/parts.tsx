// Pieces that every view is made of.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "./api";
import { status as statusWord } from "./words";

/** A status as a word with a mark: never by colour alone. */
export function Status({ code }: { code: string }) {
  return <span class={`status ${code.toLowerCase()}`}>{statusWord(code)}</span>;
}

/** What there is to say where there is nothing to show, and what to do next. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** A refusal or a fault, in the words of whoever refused. */
export function Trouble({ message }: { message: string }) {
  return message ? (
    <p class="trouble" role="alert">
      {message}
    </p>
  ) : null;
}

export function message(fault: unknown): string {
  return fault instanceof Refusal || fault instanceof Error ? fault.message : String(fault);
}

interface Asking {
  title: string;
  confirm: string;
  children: ComponentChildren;
  act: () => Promise<void>;
  close: () => void;
  /** Whether whoever asks takes the dialog away once it has acted. */
  stay?: boolean;
}

/** Asks before a change, and says what it will do. Escape and Cancel leave everything as it is. */
export function Ask({ title, confirm, children, act, close, stay = false }: Asking) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const confirmed = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      await act();
      if (!stay) close();
    } catch (fault) {
      setTrouble(message(fault));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="ask-title" onClose={close}>
      <form onSubmit={confirmed}>
        <h2 id="ask-title">{title}</h2>
        {children}
        <Trouble message={trouble} />
        <p class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={busy}>
            {busy ? "Asking AWS …" : confirm}
          </button>
        </p>
      </form>
    </dialog>
  );
}

/** JSON with its lines and indents, or the text as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

interface Windowed<T> {
  rows: T[];
  height: number;
  label: string;
  render: (row: T) => ComponentChildren;
}

/** A list of which only what is in sight is in the page: thousands of rows stay fluid. */
export function Windowed<T>({ rows, height, label, render }: Windowed<T>) {
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.floor(top / height) - 10);
  const shown = rows.slice(first, first + 60);
  return (
    <div class="windowed" tabIndex={0} role="group" aria-label={label} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <ol style={{ height: `${rows.length * height}px` }}>
        {shown.map((row, place) => (
          <li key={first + place} style={{ top: `${(first + place) * height}px`, height: `${height}px` }}>
            {render(row)}
          </li>
        ))}
      </ol>
    </div>
  );
}
