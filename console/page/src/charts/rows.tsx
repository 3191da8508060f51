// Many series as a small picture each, below each other on one axis of time, the highest first; those of one point as a number.

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
  const { name, groups, width, start, end } = axis;
  const all = ranked(groups);
  const shown = all.slice(0, MOST);
  const words = alike(all.map((each) => each.highest[1]));
  const spans = shown.map(spanOf);
  // A single point is a number: a dot on a scale says no more.
  const lines = spans.filter((_, place) => shown[place]!.points.length > 1);
  const sizes = lines.map(({ low, high }) => high - low);
  const isOneScale = Math.max(...sizes) <= MOST_APART * Math.min(...sizes);
  const whole = { low: Math.min(...lines.map((each) => each.low)), high: Math.max(...lines.map((each) => each.high)) };
  const x: Place = (at) => EDGE + ((at - start) / (end - start)) * (width - 2 * EDGE);
  return (
    <>
      <ul class="rows">
        {shown.map((group, place) => (
          <li key={group.names[0]}>
            <span>{list(group.names)}</span>{" "}
            <span class="quiet">
              {group.points.length > 1 ? "highest " : `${name(group.highest[0])}: `}
              <strong>{words(group.highest[1])}</strong>
              {group.points.length > 1 && spans[place]!.low < 0 && <>, lowest <strong>{words(spans[place]!.low)}</strong></>}
            </span>
            {group.points.length > 1 && <Row axis={axis} group={group} x={x} span={isOneScale ? whole : spans[place]!} />}
          </li>
        ))}
      </ul>
      {lines.length > 0 && (
        <>
          <svg class="axis" width={width} height={16} viewBox={`0 0 ${width} 16`} aria-hidden="true">
            <Times axis={axis} room={width} x={x} y={12} />
          </svg>
          <p class="quiet">{scaleOf(isOneScale, whole)}</p>
        </>
      )}
      <Rest groups={all.slice(MOST)} words={words} />
    </>
  );
}

/** The lowest and the highest value; 0 is one of them, or between them. */
interface Span {
  low: number;
  high: number;
}

function spanOf({ points }: Group): Span {
  const values = points.map(([, value]) => value);
  return { low: values.reduce((one, other) => Math.min(one, other), 0), high: values.reduce((one, other) => Math.max(one, other), 0) };
}

function scaleOf(isOneScale: boolean, { low, high }: Span): string {
  if (isOneScale) return `All on one scale, from ${short(low)} to ${short(high)}.`;
  return low < 0 ? "Each on a scale of its own, which has 0 and all its values." : "Each on a scale of its own, from 0 to its highest.";
}

interface RowProps {
  axis: Axis;
  group: Group;
  x: Place;
  span: Span;
}

function Row({ axis, group, x, span: { low, high } }: RowProps) {
  const { name, width, period } = axis;
  const y: Place = (value) => EDGE + ((high - value) / (high - low)) * (HEIGHT - 2 * EDGE);
  const [at, value] = group.highest;
  const coordinates = (points: Point[]) => points.map((point) => `${x(point[0]).toFixed(1)},${y(point[1]).toFixed(1)}`).join(" ");
  return (
    <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={`${list(group.names)}: highest ${short(value)} at ${name(at)}${low < 0 ? `, lowest ${short(spanOf(group).low)}` : ""}`}>
      <line class="grid" x1={0} x2={width} y1={y(0)} y2={y(0)} />
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
