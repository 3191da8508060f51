// Pieces that every view is made of.

import { type ComponentChildren, toChildArray } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { Refusal } from "./api";
import { useEdges } from "./edges";
import { useStops } from "./stops";
import { Hint } from "./hints";
import { Outcomes } from "./outcomes";
import { status as statusWord } from "./words";

/** A status as a word with a mark: never by colour alone. A retraining that has only yielded has done nothing. */
export function Status({ code, outcome = null }: { code: string; outcome?: string | null }) {
  const shown = outcome === "yielded" ? outcome : code;
  return <span class={`status ${shown.toLowerCase()}`}>{statusWord(shown)}</span>;
}

/** What there is to say where there is nothing to show, and what to do next. */
export function Empty({ children }: { children: ComponentChildren }) {
  const parts = toChildArray(children);
  const isText = parts.every((each) => typeof each === "string" || typeof each === "number");
  return <p class="empty">{isText ? <Hint text={parts.join("")} /> : children}</p>;
}

/** A refusal or a fault, in the words of whoever refused. */
export function Trouble({ message }: { message: string }) {
  return message ? (
    <p class="trouble" role="alert">
      <Hint text={message} />
    </p>
  ) : null;
}

/** What could not be had, with a way to ask for it once more. */
export function Refused({ message, again }: { message: string; again: () => void }) {
  return (
    <>
      <Trouble message={message} />
      <p class="buttons">
        <button type="button" onClick={again}>
          Ask again
        </button>
      </p>
    </>
  );
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
  /** Called with each refusal; returns whether it is shown elsewhere, as at a field. */
  refused?: (fault: unknown) => boolean;
}

/**
 * Asks before a change, and says what it will do. Escape and Cancel leave everything as it is: once the change is under
 * way they do nothing, since neither would take it back, and what comes of it has to be seen.
 */
export function Ask({ title, confirm, children, act, close, refused }: Asking) {
  const dialog = useRef<HTMLDialogElement>(null);
  const say = useContext(Outcomes);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  // Not the state alone: a second event may come before the page is drawn again.
  const sent = useRef(false);
  useEffect(() => dialog.current?.showModal(), []);
  // Not `close` itself: a dialog that is closed gives the focus back to what has opened it.
  const leave = () => dialog.current?.close();
  const confirmed = async (event: Event) => {
    event.preventDefault();
    if (sent.current) return;
    sent.current = true;
    setBusy(true);
    setTrouble("");
    try {
      await act();
      sent.current = false;
      if (dialog.current) leave();
      else say({ title, refusal: "" });
    } catch (fault) {
      if (!dialog.current) say({ title, refusal: message(fault) });
      if (!refused?.(fault)) setTrouble(message(fault));
      sent.current = false;
      setBusy(false);
    }
  };
  // Browsers let a second Escape close a dialog whatever its page says.
  const closed = () => (sent.current ? dialog.current?.showModal() : close());
  // What is right and wrong the server says, in the command's words.
  return (
    <dialog ref={dialog} aria-labelledby="ask-title" onCancel={(event) => sent.current && event.preventDefault()} onClose={closed}>
      <form onSubmit={confirmed} noValidate>
        <h2 id="ask-title">{title}</h2>
        {children}
        <Trouble message={trouble} />
        <p class="buttons">
          <button type="button" onClick={leave} disabled={busy}>
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

interface Tabs<T> {
  label: string;
  all: T[];
  chosen: T;
  name: (tab: T) => ComponentChildren;
  choose: (tab: T) => void;
  /** The id of what the tabs show. */
  panel: string;
}

const STEPS: Record<string, (place: number, count: number) => number> = {
  ArrowRight: (place, count) => (place + 1) % count,
  ArrowLeft: (place, count) => (place + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Tabs with one stop of the tab key: arrows go from one to the next. */
export function Tabs<T>({ label, all, chosen, name, choose, panel }: Tabs<T>) {
  const list = useRef<HTMLDivElement>(null);
  const step = (event: KeyboardEvent, place: number) => {
    const next = STEPS[event.key]?.(place, all.length);
    if (next === undefined) return;
    event.preventDefault();
    choose(all[next]!);
    list.current?.querySelectorAll("button")[next]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list}>
      {all.map((each, place) => (
        <button
          key={place}
          type="button"
          role="tab"
          aria-selected={each === chosen}
          aria-controls={panel}
          tabIndex={each === chosen ? 0 : -1}
          onClick={() => choose(each)}
          onKeyDown={(event) => step(event, place)}
        >
          {name(each)}
        </button>
      ))}
    </div>
  );
}

/** Levels beyond which indents would be longer than all they indent. */
const MOST_DEEP = 100;
const TOKEN = /"(?:[^"\\]|\\.)*"|[^\s",:{}[\]]+|[{[]\s*[}\]]|[,:{}[\]]/g;

/**
 * JSON with its lines and indents, or the text as it is. Numbers stay as they are written, and names in their order, also
 * those that come twice: JavaScript's own would show another value in the place of 1e999 or of 12345678901234567890.
 */
export function pretty(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const parts: string[] = [];
  let depth = 0;
  const line = () => parts.push("\n", "  ".repeat(depth));
  for (const [token] of text.matchAll(TOKEN)) {
    const isEnd = token === "}" || token === "]";
    if (isEnd) {
      depth -= 1;
      line();
    }
    if (token.length > 1 && "{[".includes(token[0]!)) parts.push(token[0]!, token.at(-1)!);
    else parts.push(token.includes("\\") ? JSON.stringify(JSON.parse(token)) : token === ":" ? ": " : token);
    if (token === "{" || token === "[") {
      depth += 1;
      line();
    }
    if (depth > MOST_DEEP) return text;
    if (token === ",") line();
  }
  return parts.join("");
}

interface Windowed<T> {
  rows: T[];
  height: number;
  label: string;
  render: (row: T) => ComponentChildren;
  /** Called where the end comes near, if there is more than `rows`. */
  more?: (() => void) | null;
  /** Called with the rows in sight, once nobody has scrolled for a moment. */
  rest?: (rows: T[]) => void;
}

const MARGIN = 10;
const NEAR = 40;
const REST = 200;
const KEYS = "The arrow keys go from one to the next, and to the right to what else can be done with one.";

/** A list of which only what is in sight is in the page: thousands of rows stay fluid. A new row moves the others down, with
 *  the focus and a click that has begun on one of them. */
export function Windowed<T extends { arn: string }>({ rows, height, label, render, more = null, rest }: Windowed<T>) {
  const [top, setTop] = useState(0);
  const frame = useRef<HTMLDivElement>(null);
  useEdges(frame);
  // As many as the window may show, and some before and after them.
  const length = Math.ceil(innerHeight / height) + 2 * MARGIN;
  const first = Math.max(0, Math.floor(top / height) - MARGIN);
  const shown = rows.slice(first, first + length);
  const stops = useStops(frame, { rows, first, height, show: setTop });
  const isNear = more !== null && first + length + NEAR > rows.length;
  useEffect(() => {
    if (isNear) more?.();
  }, [isNear, rows.length]);
  useEffect(() => {
    const room = frame.current?.clientHeight ?? 0;
    const place = Math.floor(top / height);
    const timer = setTimeout(() => rest?.(rows.slice(place, place + Math.ceil(room / height) + 1)), REST);
    return () => clearTimeout(timer);
  }, [top, rows]);
  return (
    <div class="windowed" style={{ "--row": `${height}px` }} {...stops} ref={frame} tabIndex={-1} role="group" aria-label={label} aria-description={KEYS} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      <ol style={{ height: `${rows.length * height}px` }}>
        {shown.map((row, place) => (
          <li key={row.arn} aria-setsize={more ? -1 : rows.length} aria-posinset={first + place + 1} style={{ top: `${(first + place) * height}px`, height: `${height}px` }}>
            {render(row)}
          </li>
        ))}
      </ol>
    </div>
  );
}
