// Numbers, moments and axes of charts.

export const DAY = 86_400;
const YEAR = 330 * DAY;
const PACES: [number, string][] = [[60, "minute"], [300, "5 minutes"], [3600, "hour"], [DAY, "day"]];

/** A moment as seconds since the epoch, and a value. */
export type Point = [number, number];

/** A value in few characters. */
export function short(value: number): string {
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const)
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  return `${Number(value.toPrecision(3))}`;
}

/** How a point is named that stands at a moment, in seconds. */
export type Name = (seconds: number) => string;

/** A moment in the reader's own time. */
export function moment(seconds: number, month: "short" | "numeric" = "short"): string {
  return new Date(seconds * 1000).toLocaleString(undefined, { month, day: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** A day of the calendar, by the noon that stands for it: `noon`. */
export function date(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString(undefined, { month: "short", day: "numeric" });
}

/** The noon of a day, `2026-11-28`, where the page is read: the name of the day is right below it wherever that is. */
export const noon = (day: string) => Date.parse(`${day}T12:00:00`) / 1000;

/** The length of a period: "hour", "5 minutes". */
export function paceOf(period: number): string {
  return PACES.find(([seconds]) => seconds === period)?.[1] ?? `${period.toLocaleString()} s`;
}

/** The ends of the axis: round, and nought between or at one of them. */
export function bounds(values: number[]): { low: number; high: number } {
  const least = values.reduce((one, other) => Math.min(one, other), 0);
  const most = values.reduce((one, other) => Math.max(one, other), 0);
  const span = most - least;
  if (span <= 0) return { low: 0, high: 1 };
  const power = 10 ** Math.floor(Math.log10(span / 2));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 4) ?? power;
  return { low: Math.floor(least / step) * step, high: Math.ceil(most / step) * step };
}

/** Pixels from which on an axis has room for a moment in its middle, and for a month's name. */
const ROOM = 330;

/** Moments of an axis that is `width` pixels long: the hour, with its day where that is another one than before; of more than two days the day. */
export function ticks(start: number, end: number, width: number): [number, string][] {
  const span = end - start;
  const isWide = width >= ROOM;
  const moments = isWide ? [start, start + span / 2, end] : [start, end];
  const dayOf = (seconds: number) => new Date(seconds * 1000).toDateString();
  return moments.map((seconds, place) => {
    const date = new Date(seconds * 1000);
    if (span > 2 * DAY)
      return [seconds, date.toLocaleDateString(undefined, { month: "short", day: "numeric", ...(span > YEAR && { year: "numeric" }) })];
    const isSameDay = place > 0 && dayOf(moments[place - 1]!) === dayOf(seconds);
    const hour = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
    return [seconds, isSameDay ? hour : moment(seconds, isWide ? "short" : "numeric")];
  });
}

/** Points that belong together: a line ends where nothing was measured for more than a period. */
export function runs(points: Point[], period: number): Point[][] {
  const parts: Point[][] = [];
  points.forEach((point, place) => {
    const before = points[place - 1];
    if (before && point[0] - before[0] <= 1.5 * period) parts[parts.length - 1]!.push(point);
    else parts.push([point]);
  });
  return parts;
}
