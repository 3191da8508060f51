// What the pictures of series on an axis of time share.

import type { Group } from "./series";
import { type Name, type Tick, ticks } from "./scale";
import { widthOf } from "./width";

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

/** Pixels between two labels, at least. */
const GAP = 8;

interface Label {
  at: number;
  words: string;
  anchor: "start" | "middle" | "end";
  /** Where its words begin and end, in pixels. */
  from: number;
  to: number;
}

/** The moments below a picture, whose baseline is at `y`; `room` is the pixels that they have. */
export function Times({ axis, room, x, y }: { axis: Axis; room: number; x: Place; y: number }) {
  const { start, end, period, groups } = axis;
  const moments = groups.flatMap((each) => each.points.map(([at]) => at));
  const choices = ticks({ start, end, period, moments }, room).map((each) => each.map((tick) => labelOf(tick, axis, x)));
  const labels = choices.find((each) => !isCrowded(each)) ?? choices.at(-1)!;
  return labels.map(({ at, words, anchor }) => (
    <g key={at}>
      <line class="grid" x1={x(at)} x2={x(at)} y1={y - 15} y2={y - 11} />
      <text class="tick" x={x(at)} y={y} text-anchor={anchor}>
        {words}
      </text>
    </g>
  ));
}

/** A label in the middle of its moment, or where that would be beyond the axis, at one side of it. */
function labelOf([at, words]: Tick, { start, end }: Axis, x: Place): Label {
  const width = widthOf(words);
  const from = x(at) - width / 2;
  if (from < x(start)) return { at, words, anchor: "start", from: x(at), to: x(at) + width };
  if (from + width > x(end)) return { at, words, anchor: "end", from: x(at) - width, to: x(at) };
  return { at, words, anchor: "middle", from, to: from + width };
}

/** Whether a label runs into the next one. */
const isCrowded = (labels: Label[]) => labels.some((each, place) => place > 0 && each.from - labels[place - 1]!.to < GAP);

/** The class of a point's mark: hollow where the time of the point is not over yet. */
export const markClass = (at: number, { period, now }: Pick<Axis, "period" | "now">) => (at + period > now ? "mark open" : "mark");
