// What the monitor found of a task's newest day: how far its requests lie from training, and how good the answers were.

import { Grid } from "../charts/grid";
import { Lines } from "../charts/lines";
import { noteOf } from "../charts/notes";
import { DAY, noon } from "../charts/scale";
import type { Outline } from "../charts/series";
import { Empty } from "../parts";
import { Table } from "../table";
import { count, number, tenths } from "../words";

interface Compared {
  psi: number | null;
  chance: number | null;
  drifted: boolean;
  missing: number | null;
}

/** A chart whose points stand on days, `2026-11-28`; it goes from the first to the last of them. */
interface Daily {
  name: string;
  first: string;
  last: string;
  series: { label: string; points: [string, number][] }[];
  outline: Outline;
}

/** What is no number, NaN say, comes as null. */
interface Served {
  measure: number | null;
  low: number | null;
  high: number | null;
  promised: number | null;
  worse: boolean;
}

export interface Newest {
  date: string;
  model: string;
  kind: string;
  unit: string;
  predictions: number;
  outcomes: number;
  drifted: string[];
  remarks: string[];
  /** From the model's training to the end of the day; 0 of a model that was trained later. */
  champion_age_days: number | null;
  /** By the day that was looked at: how far it lay from training, how many features drifted, and what was measured. */
  charts: Daily[];
  days: number;
  features: Record<string, Compared>;
  scores: Compared | null;
  served: Served | null;
}

/** The PSI up to which values are close to those of training, and that from which on they are far. */
const CLOSE = 0.1;
const FAR = 0.25;

/** A number to four digits. What JSON has no number for comes as null. */
const figure = (value: number | null) => value?.toFixed(4) ?? "no number";

export function Watch({ task, newest }: { task: string; newest: Newest | null }) {
  if (!newest)
    return (
      <Empty>
        No day of {task} has been looked at yet. `wildrydes monitor --task {task}` looks at yesterday; the parameter MonitorSchedule
        does it each day.
      </Empty>
    );
  const { served } = newest;
  return (
    <>
      <p>
        On {newest.date} the model of {newest.model} answered {newest.predictions.toLocaleString()} requests that were captured.{" "}
        {newest.drifted.length > 0 && (
          <strong>Beyond chance, these lie elsewhere than in training: {newest.drifted.join(", ")}.</strong>
        )}
        {newest.drifted.length === 0 && newest.predictions > 0 && "Nothing lies elsewhere than in training, beyond chance."}
        {newest.predictions === 0 && `There is nothing to compare: that no feature is called drifted is no good news. ${
            newest.champion_age_days === 0
              ? "The model was trained after that day: it could not answer yet."
              : "Nobody asked it on that day, or it was not live yet."
          }`}
      </p>
      <p class={served ? `verdict${served.worse ? "" : " yes"}` : ""}>
        {served
          ? `${newest.outcomes.toLocaleString()} truths are known. On them the ${measureOf(newest)} is ${figure(served.measure)}, and with 95% confidence ${figure(served.low)} to ${figure(served.high)}; lower is better. The test of the model promised ${figure(served.promised)}: the answers are ${served.worse ? "worse than promised." : "no worse than promised, beyond chance."}`
          : `${count(newest.outcomes, "truth is", "truths are")} known: too few to say how good the champion is.`}
      </p>
      {newest.remarks.map((each) => (
        <p class="quiet" key={each}>
          {each.charAt(0).toUpperCase() + each.slice(1)}.
        </p>
      ))}
      {newest.predictions > 0 && (
        <p class="quiet">
          PSI says how far the day's values lie from those of training: up to {CLOSE} they are close, above {FAR} far. The PSI of few
          requests is large by chance alone, so it decides nothing. <em>Chance</em> does: it is the probability that a day
          lies as far away though nothing has changed. A feature is called drifted only where that is small.
        </p>
      )}
      <Table
        label="Features"
        head={["Feature", "PSI", "Chance", "Missing values", "Finding"]}
        rows={[...Object.entries(newest.features), ...(newest.scores ? [["the champion's answers", newest.scores] as const] : [])].map(
          ([name, each]) => [
            name,
            each.psi === null ? "" : each.psi.toFixed(3),
            each.chance === null ? "" : tenths(each.chance),
            each.missing === null ? "" : number(each.missing),
            <Verdict compared={each} />,
          ],
        )}
      />
      <Grid charts={newest.charts.map(drawn)} />
      <p class="quiet">
        {count(newest.days, "day has", "days have")} been looked at; this is the newest. No control of the page looks at another day; <code>wildrydes monitor --date</code>, in a shell, does.
      </p>
    </>
  );
}

/** By the name of a chart its title, and the title by which the dashboard's notes know it. */
const TITLES: Record<string, [string, string?]> = {
  psi: ["How far from training", "How far"],
  drifted: ["Features that drifted", "Features that drifted"],
  measured: ["Measured on each day's truths"],
};

function drawn({ name, first, last, series, outline }: Daily) {
  const [title, note] = TITLES[name] ?? [name];
  const points = series.map((each) => ({ ...each, points: each.points.map(([day, value]) => [noon(day), value] as [number, number]) }));
  return (
    <Lines
      key={name}
      title={title}
      note={note && noteOf(note)}
      levels={name === "psi" ? [[CLOSE, "close"], [FAR, "far"]] : []}
      series={points}
      outline={outline}
      start={noon(first) - DAY / 2}
      end={noon(last) + DAY / 2}
      period={DAY}
      isOfDays
    />
  );
}

function Verdict({ compared }: { compared: Compared }) {
  if (compared.psi === null) return <span class="status idle">no rows</span>;
  if (compared.drifted) return <span class="status caught">drifted</span>;
  return <span class="status succeeded">no drift beyond chance</span>;
}

/** What the answers are judged by, with its unit. */
function measureOf({ kind, unit }: Newest): string {
  return kind.startsWith("binary") ? "log loss" : `RMSE${unit && `, in ${unit},`}`;
}
