// Places for the states of a graph. The inside of a Map is laid out first: its size is then that of the Map's box.

import { Graph, layout as place } from "@dagrejs/dagre";
import type { GraphEdge, GraphNode, Machine } from "./types";

export interface Box {
  node: GraphNode;
  x: number;
  y: number;
  width: number;
  height: number;
  inner: boolean;
}

export interface Line {
  edge: GraphEdge;
  points: { x: number; y: number }[];
  /** Where its answer stands: the middle of the label, and its lines. */
  label: { x: number; y: number; width: number; height: number; texts: string[] } | null;
}

export interface Layout {
  boxes: Box[];
  lines: Line[];
  width: number;
  height: number;
}

const LINE = 22;
const PADDING = 14;
const HEADER = 26;
/** Characters of a line of a label, and lines that have room; pixels of a character and of a line. */
const MOST_LABEL = 30;
const MOST_LINES = 3;
const CHARACTER = 5.7;
const LABEL = 14;

/** What a way of a Choice answers, in lines, as far as there is room; all of it is the title of the way. */
function labelOf({ kind, label }: GraphEdge): string[] {
  if (kind !== "choice" || !label) return [];
  const lines: string[] = [];
  for (const word of label.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && longer.length <= MOST_LABEL) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), `${lines[MOST_LINES - 1]} …`] : lines;
}

export function layout(machine: Machine, catches: boolean): Layout {
  const edges = machine.edges.filter((edge) => catches || edge.kind !== "catch");
  return level(machine, edges, "");
}

/** The place that a label takes on its way; ways without one take none. */
const room = (texts: string[]) =>
  texts.length > 0 ? { width: Math.max(...texts.map((text) => text.length)) * CHARACTER + 6, height: texts.length * LABEL, labelpos: "c" } : {};

/** What dagre says of a way once all has its place. */
interface Labelled {
  points: { x: number; y: number }[];
  x?: number;
  y?: number;
  width?: number;
  height?: number;
}

/** The layout holds its nodes in plain objects, in which names such as `constructor` are taken. */
const idOf = (name: string) => `state ${name}`;

function level(machine: Machine, edges: GraphEdge[], parent: string): Layout {
  const nodes = machine.nodes.filter((node) => node.parent === parent);
  const names = new Set(nodes.map((node) => node.name));
  const insides = new Map<string, Layout>();
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 26, edgesep: 8, marginx: PADDING, marginy: PADDING });
  for (const node of nodes) {
    const size = { width: Math.max(110, node.name.length * 7.4 + 28, node.service.length * 6.2 + 20), height: node.service ? LINE * 1.9 : LINE * 1.4 };
    if (machine.nodes.some((each) => each.parent === node.name)) {
      const inside = level(machine, edges, node.name);
      insides.set(node.name, inside);
      size.width = Math.max(size.width, inside.width);
      size.height = inside.height + HEADER;
    }
    graph.setNode(idOf(node.name), size);
  }
  edges.forEach((edge, number) => {
    if (names.has(edge.source) && names.has(edge.target))
      graph.setEdge(idOf(edge.source), idOf(edge.target), { weight: edge.kind === "catch" ? 0 : 3, ...room(labelOf(edge)) }, String(number));
  });
  place(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const result: Layout = { boxes: [], lines: [], width, height };
  for (const node of nodes) {
    const at = graph.node(idOf(node.name)) as { x: number; y: number; width: number; height: number };
    const [x, y] = [at.x - at.width / 2, at.y - at.height / 2];
    const inside = insides.get(node.name);
    result.boxes.push({ node, x, y, width: at.width, height: at.height, inner: inside !== undefined });
    if (inside) {
      const left = x + (at.width - inside.width) / 2;
      result.boxes.push(...inside.boxes.map((box) => ({ ...box, x: box.x + left, y: box.y + y + HEADER })));
      result.lines.push(
        ...inside.lines.map((line) => ({
          ...line,
          points: line.points.map((point) => ({ x: point.x + left, y: point.y + y + HEADER })),
          label: line.label && { ...line.label, x: line.label.x + left, y: line.label.y + y + HEADER },
        })),
      );
    }
  }
  for (const each of graph.edges()) {
    const edge = edges[Number(each.name)];
    const { points, x, y, width: wide = 0, height: high = 0 } = graph.edge(each) as Labelled;
    const texts = edge ? labelOf(edge) : [];
    const hasLabel = texts.length > 0 && x !== undefined && y !== undefined;
    if (edge) result.lines.push({ edge, points, label: hasLabel ? { x, y, width: wide, height: high, texts } : null });
  }
  return result;
}

/** A curve through points, as the attribute `d` of a path has it. */
export function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x.toFixed(1)},${first.y.toFixed(1)}`;
  rest.forEach((point, number) => {
    const next = rest[number + 1];
    // The last piece is straight: an arrow's head has no direction where a curve bends at its own end.
    if (!next) path += `L${point.x.toFixed(1)},${point.y.toFixed(1)}`;
    else path += `Q${point.x.toFixed(1)},${point.y.toFixed(1)} ${((point.x + next.x) / 2).toFixed(1)},${((point.y + next.y) / 2).toFixed(1)}`;
  });
  return path;
}
