// One stop of the tab key for a list whose rows have controls: the arrow keys go from row to row, and within a row.

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Listed {
  /** All rows, of which those in the page begin with that of the number `first`. */
  rows: { arn: string }[];
  first: number;
  /** Pixels of a row. */
  height: number;
  /** Draws the rows at a place, in pixels from the first one's. */
  show: (top: number) => void;
}

interface Handlers {
  onKeyDown: (event: KeyboardEvent) => void;
  onFocusCapture: (event: FocusEvent) => void;
}

const PAGE = 10;

/** By its key, from which row to which a step goes. */
const STEPS: Record<string, (place: number, last: number) => number> = {
  ArrowDown: (place) => place + 1,
  ArrowUp: (place) => place - 1,
  PageDown: (place) => place + PAGE,
  PageUp: (place) => place - PAGE,
  Home: () => 0,
  End: (_, last) => last,
};
const WITHIN: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };

/** The stop is the row that had the focus last, else the one that is pressed, else the first in sight. Rows keep it as they move. */
export function useStops(frame: RefObject<HTMLElement | null>, { rows, first, height, show }: Listed): Handlers {
  const stop = useRef("");
  const wanted = useRef("");
  const at = (arn: string) => itemsOf(frame.current!)[rows.findIndex((each) => each.arn === arn) - first];
  // A row that is not in the page yet is focused once it is drawn.
  const focusWanted = () => {
    const item = wanted.current && at(wanted.current);
    if (!item) return;
    wanted.current = "";
    controlsOf(item)[0]?.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    const box = frame.current!;
    const items = itemsOf(box);
    const item =
      at(stop.current) ??
      items.find((each) => each.querySelector("[aria-pressed='true']")) ??
      items[Math.ceil(box.scrollTop / height) - first] ??
      items[0];
    mark(items, item);
    focusWanted();
  });
  const go = (place: number) => {
    const box = frame.current!;
    const row = rows[Math.min(Math.max(0, place), rows.length - 1)]!;
    stop.current = row.arn;
    wanted.current = row.arn;
    const top = rows.indexOf(row) * height;
    box.scrollTop = Math.min(top, Math.max(box.scrollTop, top + height - box.clientHeight));
    show(box.scrollTop);
    focusWanted();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const control = event.target as HTMLElement;
    const item = control.closest("li");
    if (!item) return;
    const step = STEPS[event.key];
    const shift = WITHIN[event.key];
    if (step) go(step(first + itemsOf(frame.current!).indexOf(item), rows.length - 1));
    else if (shift) controlsOf(item)[controlsOf(item).indexOf(control) + shift]?.focus();
    else return;
    event.preventDefault();
  };
  const onFocusCapture = (event: FocusEvent) => {
    const item = (event.target as HTMLElement).closest("li");
    const items = itemsOf(frame.current!);
    if (!item) return;
    stop.current = rows[first + items.indexOf(item)]?.arn ?? "";
    mark(items, item);
  };
  return { onKeyDown, onFocusCapture };
}

const itemsOf = (box: HTMLElement) => [...box.querySelectorAll<HTMLElement>("li")];

const controlsOf = (item: HTMLElement) => [...item.querySelectorAll<HTMLElement>("button")];

/** Gives the stop to the first control of an item. */
function mark(items: HTMLElement[], item: HTMLElement | undefined): void {
  for (const each of items) controlsOf(each).forEach((control, place) => (control.tabIndex = each === item && place === 0 ? 0 : -1));
}
