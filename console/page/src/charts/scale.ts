// Numbers, moments and axes of charts.

import { number } from "../words";

export const DAY = 86_400;
const YEAR = 330 * DAY;
const PACES: [number, string][] = [[60, "minute"], [300, "5 minutes"], [3600, "hour"], [DAY, "day"]];

/** A moment as seconds since the epoch, and a value. */
export type Point = [number, number];

/** A value to three figures, or whole from 1,000 on; millions have a letter. What JSON has no number for comes as null. */
export function short(value: number | null): string {
  if (value === null) return "no number";
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"]] as const)
    if (Math.abs(value) >= size) return `${number(value / size, { maximumSignificantDigits: 3 })}${letter}`;
  return number(value, Math.abs(value) < 1000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });
}

/** Words for values that are compared: all with the decimals that give the largest its three figures. */
export function alike(values: number[]): (value: number) => string {
  const most = Math.max(...values.map(Math.abs));
  if (most >= 1e6 || most === 0 || values.every(Number.isInteger)) return short;
  const decimals = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(most))));
  const least = 10 ** -decimals;
  const words = (value: number) => number(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return (value) => (value !== 0 && Math.abs(value) < least / 2 ? `under ${words(least)}` : words(value));
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

/** Which is the one period that has values, and whether it still runs. `period` is null where a point is of a day of the calendar. */
export function soleOf(seconds: number, period: number | null, isOpen: boolean): string {
  const still = isOpen ? " so far" : "";
  const run = isOpen ? ", still running" : "";
  if (period === null) return `only one day has values${still}: ${date(seconds)}${run}`;
  const end = new Date((seconds + period) * 1000);
  const isSameDay = end.toDateString() === new Date(seconds * 1000).toDateString();
  const until = isSameDay ? end.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }) : moment(seconds + period);
  return `only one ${period === 300 ? "period of 5 minutes" : paceOf(period)} has values${still}: ${moment(seconds)} to ${until}${run}`;
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

/** The time of an axis, what its points stand for, and where they stand, in seconds. */
export interface Span {
  start: number;
  end: number;
  period: number;
  moments: number[];
}

/** A moment with its words. */
export type Tick = [number, string];

/**
 * Moments of an axis that is `width` pixels long, in the order in which to try them: the later ones are fewer, for where the
 * words of the others overlap. Each stands where its words say: at a point, or at the beginning of a minute, a period or a day.
 */
export function ticks(axis: Span, width: number): Tick[][] {
  const { start, end } = axis;
  const ends = [start, end].map((seconds) => stand(axis, seconds));
  const middle = stand(axis, start + (end - start) / 2);
  const all = width >= ROOM ? [[ends[0]!, middle, ends[1]!], ends] : [ends];
  return [...all, ends.slice(0, 1)].map((moments) => words([...new Set(moments)], axis, width >= ROOM));
}

/** The hour of each moment, with its day where that is another one than before; of more than two days the day. */
function words(moments: number[], { start, end, period }: Span, isWide: boolean): Tick[] {
  const span = end - start;
  const dayOf = (seconds: number) => new Date(seconds * 1000).toDateString();
  return moments.map((seconds, place) => {
    const date = new Date(seconds * 1000);
    if (span > 2 * DAY || period >= DAY)
      return [seconds, date.toLocaleDateString(undefined, { month: "short", day: "numeric", ...(span > YEAR && { year: "numeric" }) })];
    const isSameDay = place > 0 && dayOf(moments[place - 1]!) === dayOf(seconds);
    const hour = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
    return [seconds, isSameDay ? hour : moment(seconds, isWide ? "short" : "numeric")];
  });
}

/** The moment nearest to one of an axis at which a label of it may stand. */
function stand({ start, end, period, moments }: Span, seconds: number): number {
  const isNearer = (one: number, other: number) => Math.abs(one - seconds) < Math.abs(other - seconds);
  if (period >= DAY) return moments.reduce((best, each) => (isNearer(each, best) ? each : best), moments[0] ?? seconds);
  const step = end - start > 2 * DAY ? DAY : Math.min(Math.max(period, 60), 3600);
  // Days begin at midnight where the page is read.
  const shift = step === DAY ? new Date(seconds * 1000).getTimezoneOffset() * 60 : 0;
  const [before, after] = [Math.floor((seconds - shift) / step) * step + shift, Math.ceil((seconds - shift) / step) * step + shift];
  if (before < start) return after <= end ? after : seconds;
  return after > end || isNearer(before, after) ? before : after;
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
