// Many series as a small picture each, below each other on one axis of time, the highest first.

import { type Axis, markClass, type Place, Times } from "./axis";
import { Rest } from "./bars";
import { type Group, list, ranked } from "./series";
import { alike, type Point, runs, short } from "./scale";

const MOST = 8;
const HEIGHT = 28;
const EDGE = 4;
/** How many times as high as another row one may be, so that both are still read on one scale. */
const MOST_APART = 12;

export function Rows({ axis }: { axis: Axis }) {
  const { groups, width, start, end } = axis;
  const all = ranked(groups);
  const shown = all.slice(0, MOST);
  const words = alike(all.map((each) => each.highest[1]));
  const top = (group: Group) => Math.max(group.highest[1], ...group.points.map(([, value]) => Math.abs(value)));
  const tops = shown.map(top);
  const isOneScale = Math.max(...tops) <= MOST_APART * Math.min(...tops);
  const x: Place = (at) => EDGE + ((at - start) / (end - start)) * (width - 2 * EDGE);
  return (
    <>
      <ul class="rows">
        {shown.map((group, place) => (
          <li key={group.names[0]}>
            <span>{list(group.names)}</span>{" "}
            <span class="quiet">
              highest <strong>{words(group.highest[1])}</strong>
            </span>
            <Row axis={axis} group={group} x={x} most={isOneScale ? Math.max(...tops) : tops[place]!} />
          </li>
        ))}
      </ul>
      <svg class="axis" width={width} height={16} viewBox={`0 0 ${width} 16`} aria-hidden="true">
        <Times axis={axis} room={width} x={x} y={12} />
      </svg>
      <p class="quiet">{isOneScale ? `All on one scale, from 0 to ${short(Math.max(...tops))}.` : "Each on a scale of its own, from 0 to its highest."}</p>
      <Rest groups={all.slice(MOST)} words={words} />
    </>
  );
}

interface RowProps {
  axis: Axis;
  group: Group;
  x: Place;
  most: number;
}

function Row({ axis, group, x, most }: RowProps) {
  const { name, width, period } = axis;
  const y: Place = (value) => HEIGHT - EDGE - (Math.abs(value) / most) * (HEIGHT - 2 * EDGE);
  const [at, value] = group.highest;
  const coordinates = (points: Point[]) => points.map((point) => `${x(point[0]).toFixed(1)},${y(point[1]).toFixed(1)}`).join(" ");
  return (
    <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${list(group.names)}: highest ${short(value)} at ${name(at)}`}>
      <line class="grid" x1={0} x2={width} y1={HEIGHT - EDGE} y2={HEIGHT - EDGE} />
      <g class="series s0">
        {runs(group.points, period).map((run, number) => (
          <polyline key={number} points={coordinates(run)} />
        ))}
        {group.points.map((point) => (
          <circle key={point[0]} class={markClass(point[0], axis)} cx={x(point[0])} cy={y(point[1])} r={2}>
            <title>{`${short(point[1])} at ${name(point[0])}`}</title>
          </circle>
        ))}
      </g>
    </svg>
  );
}
