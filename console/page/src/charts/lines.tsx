// Series over time in the form in which they are read best, what they say in words, and the points as a table.

import { useState } from "preact/hooks";
import { Table } from "../table";
import type { Level } from "./axis";
import { Bars } from "./bars";
import { Plot } from "./plot";
import { Rows } from "./rows";
import { date, moment, type Name, paceOf, short, soleOf } from "./scale";
import { count } from "../words";
import { type Chart, draw, list, numbersOf, type Series } from "./series";
import { useWidth } from "./width";

const MOST_ROWS = 500;

/** What each chart over a time is given. */
export interface Charted extends Chart {
  title: string;
  start: number;
  end: number;
  /** Seconds from a point to the next; where they are further apart, nothing was measured between them. */
  period: number;
}

interface Props extends Charted {
  /** The moment of the question, in seconds: what a point counts up to then is not all of its period. */
  now?: number;
  /** What the numbers are. */
  note?: string;
  /** Whether a point is of a day of the calendar, by `noon`, and not of the period that begins at its moment. */
  isOfDays?: boolean;
  /** Values that the reader holds others against. */
  levels?: Level[];
}

export function Lines({ title, series, outline, start, end: wanted, period, now = Infinity, note, isOfDays = false, levels = [] }: Props) {
  const [figure, width] = useWidth<HTMLElement>();
  const measured = numbersOf(series).filter((each) => each.points.length > 0);
  const without = pointsIn(series) - pointsIn(measured);
  const parts = draw({ series, outline });
  const { form } = parts;
  // The minute that is under way may begin after the question.
  const end = measured.reduce((last, each) => Math.max(last, each.points.at(-1)![0]), wanted);
  const isOpen = parts.groups.some((each) => each.points.at(-1)![0] + period > now);
  const last = parts.moments.reduce((one, other) => Math.max(one, other), -Infinity);
  const isOver = !isOfDays && (form === "lines" || form === "rows") && last + 2 * period < Math.min(end, now);
  const name = isOfDays ? date : moment;
  const axis = { name, groups: parts.groups, width, start, end, period, now };
  return (
    <figure class="lines" ref={figure}>
      <figcaption>
        <strong>{title}</strong> {form === "bars" && <span class="quiet">{soleOf(parts.moments[0]!, isOfDays ? null : period, isOpen)}</span>}
        {form !== "sentence" && form !== "bars" && <span class="quiet">a point for each {paceOf(period)}</span>}
      </figcaption>
      {note && <p class="quiet">{note}</p>}
      {form === "bars" && <Bars groups={parts.groups} levels={levels} />}
      {form === "lines" && <Plot title={title} axis={axis} levels={levels} />}
      {form === "rows" && <Rows axis={axis} />}
      {isOpen && form !== "bars" && <p class="quiet">Hollow: that {paceOf(period)} is not over yet.</p>}
      {isOver && <p class="quiet">Nothing was recorded after {name(last)}.</p>}
      {parts.nought.length > 0 && (
        <p class={form === "sentence" ? "" : "quiet"}>
          {list(parts.nought)}: 0{form === "sentence" ? ` ${span(measured, name, isOfDays ? null : period)}` : form === "bars" ? "" : " each time"}.
        </p>
      )}
      {measured.length === 0 && <p>No points in this time.</p>}
      {without > 0 && <p class="quiet">{count(without, "point is", "points are")} left out: no number.</p>}
      {measured.length > 0 && <Numbers title={title} series={measured} name={name} />}
    </figure>
  );
}

const pointsIn = (series: Series[]) => series.reduce((sum, each) => sum + each.points.length, 0);

/** When, or from when to when series have points. */
function span(series: Series[], name: Name, period: number | null): string {
  const moments = series.flatMap((each) => [each.points[0]![0], each.points.at(-1)![0]]);
  const [first, last] = [moments.reduce((one, other) => Math.min(one, other)), moments.reduce((one, other) => Math.max(one, other))];
  return first === last ? (period === null ? `on ${name(first)}` : `in the ${paceOf(period)} from ${name(first)}`) : `each time from ${name(first)} to ${name(last)}`;
}

/** The points as a table, the newest first. It is made when somebody opens it. */
export function Numbers({ title, series, name }: { title: string; series: Series[]; name: Name }) {
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
            rows={rows.map((at) => [name(at), ...columns.map((each) => (each.has(at) ? short(each.get(at)!) : ""))])}
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
