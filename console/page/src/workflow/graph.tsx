// The graph of a state machine, its states in the colours of where an execution is.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, status as statusWord } from "../words";
import { type Box, curve, layout } from "./layout";
import type { Machine, State } from "./types";

interface Props {
  machine: Machine;
  states: State[];
  selected: string;
  select: (name: string) => void;
}

/** By its name the status of a state: of one that ran in many iterations the one that matters most. */
function statuses(states: State[]): Map<string, string> {
  const order = ["SUCCEEDED", "CAUGHT", "ABORTED", "FAILED", "RUNNING"];
  const found = new Map<string, string>();
  for (const each of states) {
    const before = found.get(each.name);
    const matters = !each.iteration || before === undefined || order.indexOf(each.status) > order.indexOf(before);
    if (matters) found.set(each.name, each.status);
  }
  return found;
}

const ZOOMS = [0.35, 0.5, 0.7, 0.85, 1, 1.25];

export function GraphPicture({ machine, states, selected, select }: Props) {
  const [catches, setCatches] = useState(false);
  const [zoom, setZoom] = useState(3);
  const frame = useRef<HTMLDivElement>(null);
  const placed = useMemo(() => layout(machine, catches), [machine, catches]);
  const now = statuses(states);
  const running = states.filter((state) => state.status === "RUNNING").at(-1)?.name ?? "";
  const scale = ZOOMS[zoom] ?? 1;
  const shown = running || selected;
  useEffect(() => {
    const box = placed.boxes.find((each) => each.node.name === shown);
    const room = frame.current;
    if (!box || !room) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    room.scrollTo({
      left: (box.x + box.width / 2) * scale - room.clientWidth / 2,
      top: (box.y + Math.min(box.height, 60) / 2) * scale - room.clientHeight / 2,
      behavior: calm ? "auto" : "smooth",
    });
  }, [shown, placed, scale]);
  const children = new Map(states.filter((each) => each.children).map((each) => [each.name, each.children!]));
  return (
    <section class="graph" aria-label={`The workflow ${machine.name}`}>
      <p class="tools">
        <label>
          <input type="checkbox" checked={catches} onChange={(event) => setCatches(event.currentTarget.checked)} /> ways of
          errors (Catch)
        </label>
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
      <div class="frame" ref={frame} tabIndex={0} role="group" aria-label="States and the ways between them">
        <svg
          width={placed.width * scale}
          height={placed.height * scale}
          viewBox={`0 0 ${placed.width} ${placed.height}`}
          role="group"
          aria-label={count(machine.nodes.length, "state", "states")}
        >
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0,0 L8,4 L0,8 z" />
            </marker>
          </defs>
          {placed.boxes
            .filter((box) => box.inner)
            .map((box) => (
              <State key={box.node.name} box={box} code={now.get(box.node.name)} chosen={selected} select={select} bar={children.get(box.node.name)} />
            ))}
          {placed.lines.map((line) => (
            <path
              key={`${line.edge.source}|${line.edge.target}|${line.edge.kind}|${line.edge.label}`}
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
          {placed.boxes
            .filter((box) => !box.inner)
            .map((box) => (
              <State key={box.node.name} box={box} code={now.get(box.node.name)} chosen={selected} select={select} bar={children.get(box.node.name)} />
            ))}
        </svg>
      </div>
    </section>
  );
}

interface StateProps {
  box: Box;
  code: string | undefined;
  chosen: string;
  select: (name: string) => void;
  bar: [number, number] | undefined;
}

function State({ box, code, chosen, select, bar }: StateProps) {
  const { node } = box;
  const choose = () => select(node.name);
  const said = `${node.name}, ${node.kind}${code ? `, ${statusWord(code)}` : ", not entered"}`;
  return (
    <g
      class={`state ${(code ?? "idle").toLowerCase()} ${node.kind.toLowerCase()}${chosen === node.name ? " chosen" : ""}`}
      transform={`translate(${box.x},${box.y})`}
      role="button"
      tabIndex={0}
      aria-label={said}
      aria-pressed={chosen === node.name}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          choose();
        }
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
