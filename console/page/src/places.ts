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

export type Go = (view: View, target: Target) => void;
