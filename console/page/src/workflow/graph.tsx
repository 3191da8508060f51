// The graph of a state machine, its states in the colours of where an execution is.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useEdges } from "../edges";
import { count, status as statusWord } from "../words";
import { type Box, curve, layout } from "./layout";
import type { GraphNode, Machine, State } from "./types";
import { wayTaken } from "./way";

interface Props {
  machine: Machine;
  states: State[];
  /** Whether the execution had ended when it was opened: then only the way that it took is drawn, of a large graph. */
  ended: boolean;
  /** The states in which a failure began: a Choice that leads to it has succeeded all the same. */
  began?: string[];
  selected: string;
  /** The state to be seen first; empty where that is the start. What runs is seen in its place. */
  inSight?: string;
  /** Whether it is known which states were entered. */
  hasHistory?: boolean;
  select: (name: string) => void;
}

/** States of a graph that is read at a glance. */
const SMALL = 20;

/** By its name the status of a state: of one that ran in many iterations the one that matters most. */
function statuses(states: State[]): Map<string, string> {
  const order = ["SUCCEEDED", "CAUGHT", "ABORTED", "FAILED", "RUNNING"];
  const byName = new Map<string, string>();
  for (const each of states) {
    const before = byName.get(each.name);
    const matters = !each.iteration || before === undefined || order.indexOf(each.status) > order.indexOf(before);
    if (matters) byName.set(each.name, each.status);
  }
  return byName;
}

const ZOOMS = [0.35, 0.5, 0.7, 0.85, 1, 1.25];

export function GraphPicture({ machine, states, ended, began = [], selected, inSight = "", hasHistory = true, select }: Props) {
  const [way, setWay] = useState(ended && machine.nodes.length > SMALL);
  const [catches, setCatches] = useState(false);
  const [zoom, setZoom] = useState(3);
  const frame = useRef<HTMLDivElement>(null);
  useEdges(frame);
  const entered = new Set(states.map((state) => state.name)).size;
  const drawn = useMemo(() => (way && entered > 0 ? wayTaken(machine, states) : machine), [machine, way, way && states]);
  const placed = useMemo(() => layout(drawn, catches || drawn !== machine), [drawn, catches]);
  const [stop, setStop] = useState("");
  const now = statuses(states);
  const running = states.filter((state) => state.status === "RUNNING").at(-1)?.name ?? "";
  const scale = ZOOMS[zoom] ?? 1;
  // Not from its upper left corner, which may be empty.
  const shown = running || inSight || (machine.nodes.find((each) => each.is_start && !each.parent)?.name ?? "");
  useEffect(() => {
    const box = placed.boxes.find((each) => each.node.name === shown);
    const room = frame.current;
    if (!box || !room) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = box.y * scale;
    room.scrollTo({
      left: (box.x + box.width / 2) * scale - room.clientWidth / 2,
      top: top + (Math.min(box.height, 60) / 2) * scale - room.clientHeight / 2,
      behavior: calm ? "auto" : "smooth",
    });
  }, [shown, placed, scale]);
  const names = placed.boxes.map((box) => box.node.name);
  const tabStop = [stop, selected].find((name) => names.includes(name)) ?? names[0] ?? "";
  const go = (box: Box, key: string): boolean => {
    const next = key === "Home" ? placed.boxes[0] : key === "End" ? placed.boxes.at(-1) : nearest(placed.boxes, box, key);
    if (!next) return false;
    setStop(next.node.name);
    elements.current.get(next.node.name)?.focus();
    return true;
  };
  const elements = useRef(new Map<string, SVGGElement>());
  const state = (box: Box) => (
    <State
      key={box.node.name}
      box={box}
      code={now.get(box.node.name)}
      hasHistory={hasHistory}
      isOrigin={began.includes(box.node.name)}
      chosen={selected}
      select={select}
      bar={children.get(box.node.name)}
      isStop={tabStop === box.node.name}
      go={go}
      hold={(element) => (element ? elements.current.set(box.node.name, element) : elements.current.delete(box.node.name))}
    />
  );
  const children = new Map(states.filter((each) => each.children).map((each) => [each.name, each.children!]));
  return (
    <section class="graph" aria-label={`The workflow ${machine.name}`}>
      <p class="tools">
        {entered > 0 && (
          <label>
            <input type="checkbox" checked={way} onChange={(event) => setWay(event.currentTarget.checked)} /> only the way
            taken{way && ` (${drawn.nodes.length} of ${count(machine.nodes.length, "state", "states")})`}
          </label>
        )}
        {drawn === machine && (
          <label>
            <input type="checkbox" checked={catches} onChange={(event) => setCatches(event.currentTarget.checked)} /> ways of errors
            (Catch)
          </label>
        )}
        <button type="button" disabled={zoom === 0} onClick={() => setZoom(zoom - 1)} aria-label="Make the graph smaller">
          −
        </button>
        <button
          type="button"
          disabled={zoom === ZOOMS.length - 1}
          onClick={() => setZoom(zoom + 1)}
          aria-label="Make the graph larger"
        >
          +
        </button>
      </p>
      <div class="edged">
        <div class="frame" ref={frame} role="group" aria-label="States and the ways between them. The arrow keys go from one to the next.">
          <svg
            width={placed.width * scale}
            height={placed.height * scale}
            viewBox={`0 0 ${placed.width} ${placed.height}`}
            role="group"
            aria-label={count(drawn.nodes.length, "state", "states")}
          >
            <defs>
              <marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="9" markerHeight="9" orient="auto">
                <path d="M0,0 L8,4 L0,8 z" />
              </marker>
            </defs>
            {placed.boxes
              .filter((box) => box.inner)
              .map(state)}
            {placed.lines.map((line) => (
              <path
                key={JSON.stringify(line.edge)}
                class={`edge ${line.edge.kind}`}
                d={curve(line.points)}
                marker-end="url(#arrow)"
              >
                <title>
                  {line.edge.source} → {line.edge.target}
                  {line.edge.label ? ` (${line.edge.label})` : ""}
                </title>
              </path>
            ))}
            {placed.lines.map(
              ({ edge, label }) =>
                label && (
                  <g key={JSON.stringify(edge)} class="answer-label" aria-hidden="true">
                    <rect x={label.x - label.width / 2} y={label.y - label.height / 2 - 1} width={label.width} height={label.height + 2} rx={3} />
                    <text class="middle">
                      {label.texts.map((text, line) => (
                        <tspan key={line} x={label.x} y={label.y + (line + 0.5 - label.texts.length / 2) * (label.height / label.texts.length) + 3.5}>
                          {`${text} `}
                        </tspan>
                      ))}
                    </text>
                    <title>{edge.label}</title>
                  </g>
                ),
            )}
            {placed.boxes
              .filter((box) => !box.inner)
              .map(state)}
          </svg>
        </div>
      </div>
      <Legend states={drawn.nodes.map((each) => [each, now.get(each.name), began.includes(each.name)])} hasChosen={selected !== ""} />
    </section>
  );
}

interface LegendProps {
  /** Each state with its status, and whether a failure began there. */
  states: [GraphNode, string | undefined, boolean][];
  hasChosen: boolean;
}

const COLOURS: [string, string][] = [
  ["succeeded", "succeeded"],
  ["running", "running"],
  ["failed", "failed, or the failure began here"],
  ["caught", "failed, and the error was caught"],
  ["aborted", "stopped"],
  ["idle", "not entered"],
];

/** What the colours and forms say that are there. */
function Legend({ states, hasChosen }: LegendProps) {
  const colours = new Set(states.map(([, code, isOrigin]) => (isOrigin || code === "TIMED_OUT" ? "failed" : (code ?? "idle").toLowerCase())));
  const shown = COLOURS.filter(([colour]) => colours.has(colour));
  return (
    <ul class="meanings quiet" aria-label="What the colours and forms mean">
      {shown.map(([colour, meaning]) => (
        <li key={colour} class={colour}>
          {meaning}
        </li>
      ))}
      {hasChosen && <li class="chosen">shown in the panel</li>}
      {states.some(([{ kind }]) => kind === "Choice") && <li class="choice">chooses the way</li>}
    </ul>
  );
}

interface StateProps {
  box: Box;
  code: string | undefined;
  hasHistory: boolean;
  /** Whether a failure began here. */
  isOrigin: boolean;
  chosen: string;
  select: (name: string) => void;
  bar: [number, number] | undefined;
  /** Whether the tab key stops here: of a graph at one state. */
  isStop: boolean;
  /** Goes on by an arrow key; returns whether there is a state. */
  go: (box: Box, key: string) => boolean;
  hold: (element: SVGGElement | null) => void;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

/** The state that an arrow key means: the closest one on that side, those straight ahead before those aside. */
function nearest(boxes: Box[], from: Box, key: string): Box | undefined {
  const [right, down] = ARROWS[key] ?? [0, 0];
  const middle = (box: Box) => ({ x: box.x + box.width / 2, y: box.y + Math.min(box.height, HEAD) / 2 });
  const start = middle(from);
  const distances = boxes.flatMap((box) => {
    const [x, y] = [middle(box).x - start.x, middle(box).y - start.y];
    const ahead = x * right + y * down;
    return box === from || ahead <= 1 ? [] : [[ahead + 2 * Math.abs(x * down) + 2 * Math.abs(y * right), box] as const];
  });
  return distances.sort(([one], [other]) => one - other)[0]?.[1];
}

const HEAD = 42;

function State({ box, code, hasHistory, isOrigin, chosen, select, bar, isStop, go, hold }: StateProps) {
  const { node } = box;
  const choose = () => select(node.name);
  const said = `${node.name}, ${node.kind}, ${code ? statusWord(code) : hasHistory ? "not entered" : "not known whether it was entered"}${isOrigin ? ", where the failure began" : ""}`;
  return (
    <g
      class={`state ${(code ?? "idle").toLowerCase()} ${node.kind.toLowerCase()}${isOrigin ? " origin" : ""}${chosen === node.name ? " chosen" : ""}`}
      transform={`translate(${box.x},${box.y})`}
      role="button"
      ref={hold}
      tabindex={isStop ? 0 : -1}
      aria-label={said}
      aria-pressed={chosen === node.name}
      onClick={choose}
      onKeyDown={(event) => {
        const isChoice = event.key === "Enter" || event.key === " ";
        if (isChoice) choose();
        if (isChoice || go(box, event.key)) event.preventDefault();
      }}
    >
      <title>{node.comment ? `${said}. ${node.comment}` : said}</title>
      <rect width={box.width} height={box.height} rx={node.kind === "Choice" ? 14 : 5} />
      <text x={box.inner ? 10 : box.width / 2} y={18} class={box.inner ? "" : "middle"}>
        {node.name}
      </text>
      {node.service && !box.inner && (
        <text x={box.width / 2} y={33} class="middle service">
          {node.service}
        </text>
      )}
      {bar && bar[1] > 0 && (
        <g class="bar" aria-hidden="true">
          <rect x={10} y={box.height - 9} width={box.width - 20} height={4} rx={2} />
          <rect class="done" x={10} y={box.height - 9} width={((box.width - 20) * bar[0]) / bar[1]} height={4} rx={2} />
        </g>
      )}
    </g>
  );
}
