// The graph that an execution is drawn on: that of the definition it runs with, whatever was deployed since.

import { useAnswer } from "../answer";
import type { Execution, Machine } from "./types";

/** By its digest each graph that was asked for: executions of one definition have one, and it is asked for once. */
const graphs = new Map<string, Omit<Machine, "name" | "arn">>();

interface Definition {
  /** Undefined until it is there. */
  graph: Machine | undefined;
  trouble: string;
}

/** The graph of an execution of `machine`, which is the workflow as the page knows it: mostly that has the same one. */
export function useDefinition(execution: Execution | null, machine: Machine | undefined): Definition {
  const digest = execution?.definition ?? "";
  const isOfMachine = digest === "" || machine?.digest === digest;
  const isMissing = execution !== null && machine !== undefined && !isOfMachine && !graphs.has(digest);
  const { value, trouble } = useAnswer<Omit<Machine, "name" | "arn">>("workflow/graph", isMissing ? { execution: execution.arn } : null);
  if (value) graphs.set(value.digest, value);
  const own = graphs.get(digest) ?? value;
  const nowadays = execution?.definition_trouble && `The graph is that of the workflow as it is now: ${execution.definition_trouble}`;
  return { graph: isOfMachine ? machine : machine && own ? { ...machine, ...own } : undefined, trouble: nowadays || trouble };
}
