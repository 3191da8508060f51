// The way that an execution has taken through a state machine: the states that it entered, and how it came to each.

import type { GraphEdge, Machine, State } from "./types";

/** The part of a state machine that was entered, with what the states are in. */
export function wayTaken(machine: Machine, states: State[]): Machine {
  const parents = new Map(machine.nodes.map((node) => [node.name, node.parent]));
  const entered = new Set<string>();
  for (const state of states)
    for (let name = state.name; name; name = parents.get(name) ?? "") entered.add(name);
  const steps = stepsOf(states, parents);
  const isTaken = (edge: GraphEdge) => steps.has(step(edge.source, edge.target, edge.kind === "catch"));
  return { ...machine, nodes: machine.nodes.filter((node) => entered.has(node.name)), edges: machine.edges.filter(isTaken) };
}

/** A step from a state to the next: a state that was entered twice may have failed once, and was then left another way. */
const step = (source: string, target: string, isCaught: boolean) => JSON.stringify([source, target, isCaught]);

/** Which state was entered after which, of each Map's iteration and each level by itself. */
function stepsOf(states: State[], parents: Map<string, string>): Set<string> {
  const steps = new Set<string>();
  const last = new Map<string, State>();
  for (const state of states) {
    const course = JSON.stringify([parents.get(state.name) ?? "", state.iteration]);
    const before = last.get(course);
    if (before) steps.add(step(before.name, state.name, before.status === "CAUGHT"));
    last.set(course, state);
  }
  return steps;
}
