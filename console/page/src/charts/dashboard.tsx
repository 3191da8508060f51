// Charts of the stack's CloudWatch dashboard, below their headings, over a time to choose.

import { useState } from "preact/hooks";
import { Panel } from "../panel";
import { idOf, Jumps } from "../jumps";
import "./charts.css";
import { Grid } from "./grid";
import { Lines } from "./lines";
import { Ranges } from "./ranges";
import { noteOf } from "./notes";
import { short } from "./scale";
import { type Chart, draw, type Widget } from "./series";

interface Dashboard {
  name: string;
  start: number;
  end: number;
  widgets: Widget[];
}

const SPANS: [string, string][] = [
  ["1", "the last hour"],
  ["24", "the last day"],
  ["168", "the last 7 days"],
  ["720", "the last 30 days"],
];

/** The share of the time without a point, from which on the charts begin with the first one. */
const LEAST_EMPTY = 0.2;

interface Props {
  title: string;
  sections: string[];
  /** Another one asks again. */
  version: number;
  /** How many hours are shown until somebody chooses others: one of `SPANS`. */
  hours: string;
  /** Which of the charts are wanted. */
  keep?: (widget: Widget) => boolean;
  /** What all of its numbers are of. */
  about?: string;
  /** What the answers no and yes of a task mean. */
  answers?: string[];
}

export function Charts({ title, sections, version, hours: first, keep = () => true, about, answers = [] }: Props) {
  const [hours, setHours] = useState(first);
  const [looks, setLooks] = useState(0);
  return (
    <Panel<Dashboard>
      title={title}
      path="operations/widgets"
      query={{ hours, sections: sections.join(",") }}
      asking="Asking CloudWatch for the dashboard's points …"
      version={`${version} ${looks}`}
      controls={
        <>
          <select aria-label={`Time of ${title}`} value={hours} onChange={(event) => setHours(event.currentTarget.value)}>
            {SPANS.map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </select>
          <button type="button" onClick={() => setLooks(looks + 1)}>
            Look again
          </button>
        </>
      }
    >
      {(answer) => (
        <>
          <p class="quiet">
            {spanOf(answer)} until {new Date(answer.end * 1000).toLocaleTimeString()}, by the dashboard {answer.name}
          </p>
          {about && <p class="quiet">{about}</p>}
          <Drawn
            charts={answer.widgets.filter((each) => each.kind !== "metric" || keep(each))}
            start={answer.start}
            end={answer.end}
            answers={answers}
          />
        </>
      )}
    </Panel>
  );
}

/** The time that an answer is of, in the words of the control that chooses it. */
function spanOf({ start, end }: Dashboard): string {
  const word = SPANS.find(([hours]) => Number(hours) === Math.round((end - start) / 3600))?.[1] ?? "the time";
  return word[0]!.toUpperCase() + word.slice(1);
}

/** The charts that have points, below their headings; the last values; and the names of those without any. */
function Drawn({ charts, start, end, answers }: { charts: Widget[]; start: number; end: number; answers: string[] }) {
  const isEmpty = (chart: Widget) => (chart.series ?? []).every((each) => each.points.length === 0);
  const metrics = charts.filter((each) => each.kind === "metric");
  const empty = metrics.filter(isEmpty);
  const isBars = metrics.some((each) => each.view !== "singleValue" && !each.medians && each.outline?.form === "bars");
  const sections = sectionsOf(charts);
  const parts = sections.filter((each) => !each.charts.every(isEmpty));
  const first = firstOf(metrics);
  // What is but a corner of the time would be a few dots at the edge.
  const from = first - start > (end - start) * LEAST_EMPTY && first < end ? first : start;
  return (
    <>
      {from > start && Number.isFinite(first) && (
        <p class="quiet">There are no points before {new Date(first * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}: the charts begin there.</p>
      )}
      {isBars && <p class="quiet">A chart of bars is of the only period that has values in this time: it is named beside the title.</p>}
      {parts.length > 1 && <Jumps label="Parts of the dashboard" to={parts.map(({ heading }) => [heading, idOf("charts", heading)])} />}
      {sections.map(({ heading, charts: ofSection }) => {
        const full = ofSection.filter((each) => !isEmpty(each));
        const single = full.filter((each) => each.view === "singleValue");
        if (full.length === 0) return null;
        return (
          <div key={heading} class="section" id={idOf("charts", heading)} tabIndex={-1}>
            {sections.length > 1 && <h3>{heading}</h3>}
            <Grid
              charts={full.filter((each) => each.view !== "singleValue").map((each) => {
                const shown = { title: each.title, ...chartOf(each), start: from, end, period: each.period ?? 60, now: end };
                return each.medians ? (
                  <Ranges key={each.title} {...shown} medians={each.medians} answers={answers} />
                ) : (
                  <Lines key={each.title} {...shown} note={noteOf(each.title)} />
                );
              })}
            />
            {single.length > 0 && (
              <dl class="scores">
                {single.map((each) => (
                  <div key={each.title}>
                    <dt>{each.title}</dt>
                    {each.series?.map((one) => <dd key={one.label}>{one.points.length > 0 && short(one.points.at(-1)![1])}</dd>)}
                    {noteOf(each.title) && <dd class="quiet">{noteOf(each.title)}</dd>}
                  </div>
                ))}
              </dl>
            )}
          </div>
        );
      })}
      {empty.length > 0 && (
        <div class="without">
          <h3>Charts without points in this time</h3>
          <p class="quiet">{empty.map((each) => each.title).join(", ")}.</p>
        </div>
      )}
    </>
  );
}

/** The moment of the first point of all that is drawn over time, in seconds; Infinity where there is none. */
function firstOf(charts: Widget[]): number {
  const drawings = charts.filter((each) => each.view !== "singleValue").map((each) => draw(chartOf(each)));
  const moments = drawings.filter((each) => ["lines", "rows"].includes(each.form)).flatMap((each) => each.moments);
  return moments.reduce((least, each) => Math.min(least, each), Infinity);
}

const NOTHING: Chart = { series: [], outline: { form: "sentence", groups: [], zeros: [] } };

function chartOf({ series, outline }: Widget): Chart {
  return series && outline ? { series, outline } : NOTHING;
}

interface Section {
  heading: string;
  charts: Widget[];
}

/** Charts by the heading above them; those of a dashboard without headings by an empty one. */
function sectionsOf(widgets: Widget[]): Section[] {
  const sections: Section[] = [{ heading: "", charts: [] }];
  for (const each of widgets) {
    if (each.kind === "metric") sections.at(-1)!.charts.push(each);
    else if (each.text?.startsWith("#")) sections.push({ heading: each.text.replace(/^[# ]+/, "").trim(), charts: [] });
  }
  return sections.filter((each) => each.charts.length > 0);
}

