// What the pictures of series on an axis of time share.

import type { Group } from "./series";
import { type Name, ticks } from "./scale";

/** Series that stand on one axis of time; moments are in seconds, the width is in pixels. */
export interface Axis {
  name: Name;
  groups: Group[];
  width: number;
  start: number;
  end: number;
  /** Seconds from a point to the next. */
  period: number;
  /** What begins less than a period before is not over yet. */
  now: number;
}

/** A value that the reader holds others against, and what it means. */
export type Level = [number, string];

export type Place = (value: number) => number;

/** Pixels from an end of the axis within which a label would run over it. */
const NEAR = 45;

/** The moments below a picture, whose baseline is at `y`; `room` is the pixels that they have. */
export function Times({ axis, room, x, y }: { axis: Axis; room: number; x: Place; y: number }) {
  const { start, end, period, groups } = axis;
  const moments = groups.flatMap((each) => each.points.map(([at]) => at));
  const [left, right] = [x(start), x(end)];
  return ticks({ start, end, period, moments }, room).map(([at, words]) => (
    <g key={at}>
      <line class="grid" x1={x(at)} x2={x(at)} y1={y - 15} y2={y - 11} />
      <text class="tick" x={x(at)} y={y} text-anchor={x(at) - left < NEAR ? "start" : right - x(at) < NEAR ? "end" : "middle"}>
        {words}
      </text>
    </g>
  ));
}

/** The class of a point's mark: hollow where the time of the point is not over yet. */
export const markClass = (at: number, { period, now }: Pick<Axis, "period" | "now">) => (at + period > now ? "mark open" : "mark");
