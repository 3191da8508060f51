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

export type Place = (value: number) => number;

/** The moments below a picture, whose baseline is at `y`; `room` is the pixels that they have. */
export function Times({ axis: { start, end }, room, x, y }: { axis: Pick<Axis, "start" | "end">; room: number; x: Place; y: number }) {
  return ticks(start, end, room).map(([at, words], place, every) => (
    <text key={at} class="tick" x={x(at)} y={y} text-anchor={place === 0 ? "start" : place === every.length - 1 ? "end" : "middle"}>
      {words}
    </text>
  ));
}

/** The class of a point's mark: hollow where the time of the point is not over yet. */
export const markClass = (at: number, { period, now }: Pick<Axis, "period" | "now">) => (at + period > now ? "mark open" : "mark");
