// Series over time as lines, with what was highest when, and the points as a table.

import { useState } from "preact/hooks";
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
const HEIGHT = 150;
const LEFT = 48;
const BOTTOM = 22;
const TOP = 8;
const MOST_ROWS = 500;
const MOST_SAID = 3;
const YEAR = 330 * 86_400;

/** A value in few characters. */
export function short(value: number): string {
  for (const [size, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const)
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
  return `${Number(value.toPrecision(3))}`;
}

/** A chart of the dashboard: its lines, or its last value where it is one that shows that. */
export function WidgetChart({ widget, start, end }: { widget: Widget; start: number; end: number }) {
  const series = widget.series ?? [];
  if (widget.view === "singleValue")
    return (
      <figure>
        <figcaption>
          <strong>{widget.title}</strong>
        </figcaption>
        {series.map((each) => (
          <p class="big" key={each.label}>
            {each.points.length > 0 && short(each.points[each.points.length - 1]![1])}
          </p>
        ))}
      </figure>
    );
  return <Lines title={widget.title} series={series} start={start} end={end} period={widget.period ?? 60} />;
}

interface Props {
  title: string;
  series: Series[];
  start: number;
  end: number;
  /** Seconds from a point to the next; where they are further apart, nothing was measured between them. */
  period: number;
}

export function Lines({ title, series, start, end, period }: Props) {
  const drawn = series.filter((each) => each.points.length > 0);
  const values = drawn.flatMap((each) => each.points.map(([, value]) => value));
  const { low, high } = bounds(values);
  const x = (moment: number) => LEFT + ((moment - start) / (end - start)) * (WIDTH - LEFT - 8);
  const y = (value: number) => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const more = drawn.length - MOST_SAID;
  const said = drawn.slice(0, MOST_SAID).map(highest).join("; ") + (more > 0 ? `; ${more} more in the numbers` : "");
  return (
    <figure class="lines">
      <figcaption>
        <strong>{title}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${title}. ${said}.`}>
        {[low, (low + high) / 2, high].map((tick) => (
          <g key={tick}>
            <line class="grid" x1={LEFT} x2={WIDTH - 8} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={LEFT - 5} y={y(tick) + 4} text-anchor="end">
              {short(tick)}
            </text>
          </g>
        ))}
        {[0, 0.5, 1].map((share) => (
          <text key={share} class="tick" x={x(start + share * (end - start))} y={HEIGHT - 6} text-anchor={(["start", "middle", "end"] as const)[share * 2]}>
            {moment(start + share * (end - start), end - start)}
          </text>
        ))}
        {drawn.map((each, place) => (
          <g key={each.label} class={`series s${place % 6}`}>
            {runs(each.points, period).map((run, number) => (
              <polyline key={number} points={run.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ")} />
            ))}
            {each.points.length <= 120 &&
              each.points.map(([at, value]) => (
                <circle key={at} cx={x(at)} cy={y(value)} r={2.5}>
                  <title>{`${each.label}: ${short(value)} at ${moment(at, 0)}`}</title>
                </circle>
              ))}
          </g>
        ))}
      </svg>
      {drawn.length > 1 && (
        <ul class="legend">
          {drawn.map((each, place) => (
            <li key={each.label}>
              <svg viewBox="0 0 26 8" aria-hidden="true" class={`series s${place % 6}`}>
                <polyline points="0,4 26,4" />
              </svg>
              {each.label}
            </li>
          ))}
        </ul>
      )}
      <p class="quiet">{said}.</p>
      <Numbers title={title} series={drawn} />
    </figure>
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
            rows={rows.map((at) => [moment(at, 0), ...columns.map((each) => (each.has(at) ? short(each.get(at)!) : ""))])}
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

function highest({ label, points }: Series): string {
  const [at, most] = points.reduce((best, point) => (point[1] > best[1] ? point : best));
  return `${label}: highest ${short(most)} at ${moment(at, 0)}`;
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

/** A moment in the reader's own time: of the hour within two days, else of the day; both where `span` is 0. */
function moment(seconds: number, span: number): string {
  const date = new Date(seconds * 1000);
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  const day: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", ...(span > YEAR && { year: "numeric" }) };
  if (span === 0) return date.toLocaleString(undefined, { ...day, ...time });
  return span <= 2 * 86_400 ? date.toLocaleTimeString(undefined, time) : date.toLocaleDateString(undefined, day);
}
