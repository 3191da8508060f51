// Where a control of one view leads to in another.

import { createContext } from "preact";
import { useContext } from "preact/hooks";

/** Whether the stack is on the embedded AWS, which costs nothing. */
export const Embedded = createContext(false);

export const useIsEmbedded = () => useContext(Embedded);

export const VIEWS = ["Workflows", "Data", "Models", "Serving", "Operations"] as const;

export type View = (typeof VIEWS)[number];

/** What a view begins with when another one has led to it. */
export interface Target {
  /** The name of a retraining. */
  execution?: string;
  task?: string;
  /** The ARN of an execution of any workflow. */
  arn?: string;
  /** The input of a retraining whose form is open, as JSON. */
  start?: string;
}

export interface Place {
  view: View;
  target: Target;
}

/** The place that an entry of the browser's history stands for; null of an entry that stands for none. An open form is not opened again. */
export function placeOf(state: unknown): Place | null {
  const { view, target } = (state ?? {}) as Partial<Place>;
  return view && VIEWS.includes(view) ? { view, target: { ...target, start: undefined } } : null;
}

export type Go = (view: View, target: Target) => void;
