// What the monitor found of a task's newest day: how far its requests lie from training, and how good the answers were.

import { Grid } from "../charts/grid";
import { Lines } from "../charts/lines";
import { noteOf } from "../charts/notes";
import { DAY, noon, type Point } from "../charts/scale";
import { Empty } from "../parts";
import { Table } from "../table";
import { count, number, tenths } from "../words";

interface Compared {
  psi: number | null;
  chance: number | null;
  drifted: boolean;
  missing: number | null;
}

interface Day {
  day: string;
  model: string;
  predictions: number;
  outcomes: number;
  measure: number | null;
  low: number | null;
  high: number | null;
}

/** How far a day lies from training: of the feature that does most, and of the scores; and how many features do beyond chance. */
interface Drift {
  day: string;
  psi: number | null;
  scores: number | null;
  features: number;
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
  /** The days that were looked at, and had requests. */
  drift: Drift[];
  days: number;
  features: Record<string, Compared>;
  scores: Compared | null;
  served: Served | null;
  by_day: Day[];
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
  const measured = newest.by_day.filter((each) => each.measure !== null);
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
          ? `${newest.outcomes.toLocaleString()} truths are known. Measured ${figure(served.measure)} (${figure(served.low)} to ${figure(served.high)}), promised ${figure(served.promised)}: ${served.worse ? "worse than promised." : "no worse than promised, beyond chance."}`
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
          requests is large by chance alone, so it decides nothing. The column <em>Chance</em> does: it is the probability that a day
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
      <Grid charts={[...drifts(newest.drift), ...(measured.length > 0 ? [<Measured key="measured" days={measured} served={served} />] : [])]} />
      <p class="quiet">
        {count(newest.days, "day has", "days have")} been looked at; this is the newest. No control of the page looks at another day; <code>wildrydes monitor --date</code>, in a shell, does.
      </p>
    </>
  );
}

const spanOf = (days: { day: string }[]) => ({ start: noon(days[0]!.day) - DAY / 2, end: noon(days.at(-1)!.day) + DAY / 2, period: DAY, isOfDays: true });

function pointsOf<T extends { day: string }>(days: T[], value: (day: T) => number | null): Point[] {
  return days.flatMap((each) => (value(each) === null ? [] : [[noon(each.day), value(each)!] as Point]));
}

/** How far each day was from training, by the day that was looked at. */
function drifts(days: Drift[]) {
  if (days.length === 0) return [];
  const psi = [
    { label: "the feature farthest away", points: pointsOf(days, (each) => each.psi) },
    { label: "the champion's answers", points: pointsOf(days, (each) => each.scores) },
  ];
  return [
    <Lines key="psi" title="How far from training" levels={[[CLOSE, "close"], [FAR, "far"]]} note={noteOf("How far")} series={psi} {...spanOf(days)} />,
    <Lines key="drifted" title="Features that drifted" note={noteOf("Features that drifted")} series={[{ label: "features that drifted", points: pointsOf(days, (each) => each.features) }]} {...spanOf(days)} />,
  ];
}

function Measured({ days, served }: { days: Day[]; served: Served | null }) {
  const series = [
    { label: "measured", points: pointsOf(days, (each) => each.measure) },
    ...(served ? [{ label: "promised", points: pointsOf(days, () => served.promised) }] : []),
  ];
  return <Lines title="Measured on each day's truths" series={series} {...spanOf(days)} />;
}

function Verdict({ compared }: { compared: Compared }) {
  if (compared.psi === null) return <span class="status idle">no rows</span>;
  if (compared.drifted) return <span class="status caught">drifted</span>;
  return compared.psi > CLOSE ? <span class="status idle">no more than chance</span> : <span class="status succeeded">as in training</span>;
}

