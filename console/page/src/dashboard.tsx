// Charts of the stack's CloudWatch dashboard, below their headings, over a time to choose.

import { useState } from "preact/hooks";
import { WidgetChart, type Widget } from "./lines";
import "./charts.css";
import { Panel } from "./panel";

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

interface Props {
  title: string;
  sections: string[];
  /** How many hours are shown until somebody chooses others: one of `SPANS`. */
  hours: string;
  /** Which of the charts are wanted, by their place among all. */
  keep?: (widget: Widget, place: number, all: Widget[]) => boolean;
}

export function Charts({ title, sections, hours: first, keep = () => true }: Props) {
  const [hours, setHours] = useState(first);
  const [looks, setLooks] = useState(0);
  return (
    <Panel<Dashboard>
      title={title}
      path="operations/widgets"
      query={{ hours, sections: sections.join(",") }}
      asking="Asking CloudWatch for the dashboard's points …"
      version={looks}
    >
      {(answer) => (
        <>
          <p class="buttons">
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
            <span class="quiet">until {new Date(answer.end * 1000).toLocaleTimeString()}, by the dashboard {answer.name}</span>
          </p>
          <Drawn charts={answer.widgets.filter((each) => each.kind === "metric").filter(keep)} start={answer.start} end={answer.end} />
        </>
      )}
    </Panel>
  );
}

/** The charts that have points; of the others the names. */
function Drawn({ charts, start, end }: { charts: Widget[]; start: number; end: number }) {
  const isEmpty = (chart: Widget) => (chart.series ?? []).every((each) => each.points.length === 0);
  const empty = charts.filter(isEmpty);
  return (
    <>
      <div class="charts">
        {charts.filter((each) => !isEmpty(each)).map((each) => (
          <WidgetChart key={each.title} widget={each} start={start} end={end} />
        ))}
      </div>
      {empty.length > 0 && <p class="quiet">No points in this time: {empty.map((each) => each.title).join(", ")}.</p>}
    </>
  );
}
