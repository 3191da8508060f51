// What the series of a chart have to say. In which form it is shown, the server has decided.

import { type Name, type Point } from "./scale";

export interface Series {
  label: string;
  points: Point[];
}

/** Series, and how they are drawn. */
export interface Chart {
  series: Series[];
  outline: Outline;
}

/** Some fields are of charts alone. */
export interface Widget extends Partial<Chart> {
  kind: string;
  title: string;
  text?: string;
  view?: string;
  period?: number;
  /** Of the probabilities that were answered: the median of each answer. */
  medians?: Chart;
}

/** Series with the same points: they are drawn once. */
export interface Group {
  names: string[];
  points: Point[];
  highest: Point;
}

/** The form, and the places of series: of those with the same points, and of those that are 0 each time. */
export interface Outline {
  form: Form;
  groups: number[][];
  zeros: number[];
}

export interface Drawing {
  form: Form;
  /** What is drawn, in the order of the dashboard. */
  groups: Group[];
  /** The names of the series that are 0 each time: they are named, not drawn. */
  nought: string[];
  /** The moments at which any of the groups has a point. */
  moments: number[];
}

/**
 * `sentence` where nothing is to be drawn; `bars` of a single moment, at which a line would be a heap of points; `lines` in
 * one picture, where they are few; else `rows`, a small picture for each.
 */
export type Form = "sentence" | "bars" | "lines" | "rows";

/** The series without the points whose value is no number: NaN and Infinity, which JSON has not, come as null. */
export function numbersOf(series: Series[]): Series[] {
  return series.map((each) => ({ ...each, points: each.points.filter(([, value]) => Number.isFinite(value)) }));
}

/** What is drawn of a chart; points that are no number are not. */
export function draw(chart: Chart): Drawing {
  const series = numbersOf(chart.series);
  const groups = chart.outline.groups.map((places) => {
    const { points } = series[places[0]!]!;
    return { names: places.map((each) => series[each]!.label), points, highest: points.reduce((best, point) => (point[1] > best[1] ? point : best)) };
  });
  const moments = [...new Set(groups.flatMap((each) => each.points.map(([at]) => at)))];
  return { form: chart.outline.form, groups, nought: chart.outline.zeros.map((each) => series[each]!.label), moments };
}

/** Names as one reads them: "a, b and c". */
export function list(names: string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "");
}

/** The groups, the one with the highest point first. */
export function ranked(groups: Group[]): Group[] {
  return [...groups].sort((one, other) => other.highest[1] - one.highest[1]);
}

/** What a picture of few lines says in words: the highest point of each. */
export function summary(groups: Group[], name: Name, words: (value: number) => string): string {
  return ranked(groups)
    .map(({ names, points, highest: [at, most] }) => `${list(names)}: ${points.length > 1 ? "highest " : ""}${words(most)} at ${name(at)}`)
    .join("; ");
}

/** What is the same in a picture of few lines: series that are one line, and points that lie on each other. */
export function coincidences(groups: Group[]): string[] {
  const merged = groups.filter((each) => each.names.length > 1).map(({ names }) => `${list(names)} have the same values: they are one line`);
  const pairs = groups.flatMap((one, place) => groups.slice(place + 1).map((other) => [one, other] as const));
  const partly = pairs.flatMap(([one, other]) => {
    const values = new Map(one.points);
    const same = other.points.filter(([at, value]) => values.get(at) === value).length;
    const times = same === 1 ? "one time" : `${same} times`;
    return same > 0 ? [`${one.names[0]} and ${other.names[0]} have the same value at ${times}: one mark lies around the other`] : [];
  });
  return [...merged, ...partly];
}
