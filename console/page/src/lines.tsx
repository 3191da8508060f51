// Series over time as lines, with what was highest when, and the points as a table.

import { useState } from "preact/hooks";
import { colorOf, markOf } from "./marks";
import { Table } from "./table";

export interface Series {
  label: string;
  /** Seconds since the epoch, and a value. */
  points: [number, number][];
}

export interface Widget {
  kind: string;
  title: string;
  text?: string;
  view?: string;
  period?: number;
  series?: Series[];
}

const WIDTH = 420;
const HEIGHT = 156;
const LEFT = 48;
const RIGHT = 10;
const BOTTOM = 24;
const TOP = 8;
const MOST_ROWS = 500;
const MOST_SAID = 3;
const MOST_MARKS = 120;
const YEAR = 330 * 86_400;
const DAY = 86_400;
const PACES: [number, string][] = [[60, "minute"], [300, "5 minutes"], [3600, "hour"], [DAY, "day"]];

/** A value in few characters. */
export function short(value: number): string {
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const)
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  return `${Number(value.toPrecision(3))}`;
}

interface Props {
  title: string;
  series: Series[];
  start: number;
  end: number;
  /** Seconds from a point to the next; where they are further apart, nothing was measured between them. */
  period: number;
  /** The moment of the question, in seconds: what a point counts up to then is not all of its period. */
  now?: number;
  /** What the numbers are. */
  note?: string;
}

export function Lines({ title, series, start, end: wanted, period, now = Infinity, note }: Props) {
  const drawn = series.filter((each) => each.points.length > 0);
  const values = drawn.flatMap((each) => each.points.map(([, value]) => value));
  // The minute that is under way may begin after the question.
  const end = drawn.reduce((last, each) => Math.max(last, each.points.at(-1)![0]), wanted);
  const { low, high } = bounds(values);
  const x = (moment: number) => LEFT + 6 + ((moment - start) / (end - start)) * (WIDTH - LEFT - RIGHT - 6);
  const y = (value: number) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const said = summary(drawn);
  const isOpen = drawn.some((each) => each.points.at(-1)![0] + period > now);
  return (
    <figure class="lines">
      <figcaption>
        <strong>{title}</strong> <span class="quiet">{pace(period)}</span>
      </figcaption>
      {note && <p class="quiet">{note}</p>}
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${title}. ${said}.`}>
        {[low, (low + high) / 2, high].map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={WIDTH - 2} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={LEFT - 5} y={y(tick) + 4} text-anchor="end">
              {short(tick)}
            </text>
          </g>
        ))}
        {ticks(start, end).map(([at, words], place) => (
          <text key={at} class="tick" x={x(at)} y={HEIGHT - 6} text-anchor={(["start", "middle", "end"] as const)[place]}>
            {words}
          </text>
        ))}
        {drawn.map((each, place) => (
          <Drawn key={each.label} series={each} place={place} x={x} y={y} period={period} now={now} />
        ))}
      </svg>
      {drawn.length > 1 && (
        <ul class="legend">
          {drawn.map((each, place) => (
            <li key={each.label}>
              <svg viewBox="0 0 30 10" aria-hidden="true" class={`series ${colorOf(place)}`}>
                <polyline points="0,5 30,5" />
                <path class="mark" d={markOf(place)} transform="translate(15 5)" />
              </svg>
              {each.label}
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">
        {said}.{isOpen && " Hollow: that time is not over yet."}
      </p>
      <Numbers title={title} series={drawn} />
    </figure>
  );
}

interface DrawnProps {
  series: Series;
  place: number;
  x: (moment: number) => number;
  y: (value: number) => number;
  period: number;
  now: number;
}

/** A series as its line, and its points as marks: all of them, or of many some, by which it is told from the others. */
function Drawn({ series, place, x, y, period, now }: DrawnProps) {
  const every = Math.ceil(series.points.length / MOST_MARKS);
  const marked = series.points.filter((_, number) => number % every === 0 || number === series.points.length - 1);
  return (
    <g class={`series ${colorOf(place)}`}>
      {runs(series.points, period).map((run, number) => (
        <polyline key={number} points={run.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ")} />
      ))}
      {marked.map(([at, value]) => (
        <path
          key={at}
          class={at + period > now ? "mark open" : "mark"}
          d={markOf(place)}
          transform={`translate(${x(at).toFixed(1)} ${y(value).toFixed(1)})`}
        >
          <title>{`${series.label}: ${short(value)} at ${moment(at)}`}</title>
        </path>
      ))}
    </g>
  );
}

/** The points as a table, the newest first. It is made when somebody opens it. */
function Numbers({ title, series }: { title: string; series: Series[] }) {
  const [open, setOpen] = useState(false);
  const columns = open ? series.map((each) => new Map(each.points)) : [];
  const moments = [...new Set(columns.flatMap((each) => [...each.keys()]))].sort((one, other) => other - one);
  const rows = moments.slice(0, MOST_ROWS);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The numbers</summary>
      {open && (
        <>
          <Table
            tall
            label={`Numbers of ${title}`}
            head={["Time", ...series.map((each) => each.label)]}
            rows={rows.map((at) => [moment(at), ...columns.map((each) => (each.has(at) ? short(each.get(at)!) : ""))])}
          />
          {moments.length > MOST_ROWS && (
            <p class="quiet">
              The newest {MOST_ROWS} of {moments.length.toLocaleString()} times. <code>wildrydes dashboard --json</code> has all.
            </p>
          )}
        </>
      )}
    </details>
  );
}

/** Points that belong together: a line ends where nothing was measured for more than a period. */
function runs(points: [number, number][], period: number): [number, number][][] {
  const parts: [number, number][][] = [];
  points.forEach((point, place) => {
    const before = points[place - 1];
    if (before && point[0] - before[0] <= 1.5 * period) parts[parts.length - 1]!.push(point);
    else parts.push([point]);
  });
  return parts;
}

/** What a chart says in words: the highest series with their highest points, and those that are nought. */
function summary(drawn: Series[]): string {
  const most = ({ points }: Series) => points.reduce((best, [, value]) => Math.max(best, value), -Infinity);
  const isNought = ({ points }: Series) => points.every(([, value]) => value === 0);
  const ordered = drawn.filter((each) => !isNought(each)).sort((one, other) => most(other) - most(one));
  const nought = drawn.filter(isNought).map((each) => each.label);
  const more = ordered.length - MOST_SAID;
  const names = nought.length > MOST_SAID ? `${nought.length} ${ordered.length > 0 ? "others" : "series"}` : nought.join(", ");
  return [
    ...ordered.slice(0, MOST_SAID).map(highest),
    ...(more > 0 ? [`${more} more, not as high`] : []),
    ...(nought.length > 0 ? [`${names}: 0 each time`] : []),
  ].join("; ");
}

function highest({ label, points }: Series): string {
  const [at, most] = points.reduce((best, point) => (point[1] > best[1] ? point : best));
  return `${label}: ${points.length > 1 ? "highest " : ""}${short(most)} at ${moment(at)}`;
}

/** The ends of the axis: round, and nought between or at one of them. */
function bounds(values: number[]): { low: number; high: number } {
  const least = values.reduce((one, other) => Math.min(one, other), 0);
  const most = values.reduce((one, other) => Math.max(one, other), 0);
  const span = most - least;
  if (span <= 0) return { low: 0, high: 1 };
  const power = 10 ** Math.floor(Math.log10(span / 2));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 4) ?? power;
  return { low: Math.floor(least / step) * step, high: Math.ceil(most / step) * step };
}

/** A moment in the reader's own time. */
function moment(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** Moments of the axis: the hour, with its day where that is another one than before; of more than two days the day. */
function ticks(start: number, end: number): [number, string][] {
  const span = end - start;
  const moments = [start, start + span / 2, end];
  const dayOf = (seconds: number) => new Date(seconds * 1000).toDateString();
  return moments.map((seconds, place) => {
    const date = new Date(seconds * 1000);
    if (span > 2 * DAY)
      return [seconds, date.toLocaleDateString(undefined, { month: "short", day: "numeric", ...(span > YEAR && { year: "numeric" }) })];
    const isSameDay = place > 0 && dayOf(moments[place - 1]!) === dayOf(seconds);
    return [seconds, isSameDay ? date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }) : moment(seconds)];
  });
}

/** What time a point is of. */
function pace(period: number): string {
  const [, word] = PACES.find(([seconds]) => seconds === period) ?? [0, `${period.toLocaleString()} s`];
  return `a point for each ${word}`;
}
