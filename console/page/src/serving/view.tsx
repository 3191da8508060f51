// The serving view: what callers ask the champions, what they get, and whether that is still what was promised.

import { useState } from "preact/hooks";
import { Charts } from "../charts/dashboard";
import { Grid } from "../charts/grid";
import { Lines } from "../charts/lines";
import { noteOf } from "../charts/notes";
import { noon, type Point } from "../charts/scale";
import { TryRide } from "../models/try";
import { Panel } from "../panel";
import { Empty, Tabs } from "../parts";
import type { Go } from "../places";
import { Table } from "../table";
import { count } from "../words";

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

interface Served {
  measure: number;
  low: number;
  high: number;
  promised: number;
  worse: boolean;
}

interface Newest {
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

interface Watched {
  task: string;
  newest: Newest | null;
}

interface Standing {
  task: string;
  model: string;
  requests: number;
  errors: number;
  p50: number | null;
  p99: number | null;
  log_loss?: number | null;
  rmse?: number | null;
  live: boolean;
}

const DAY = 86_400;

interface Props {
  version: number;
  champions: Record<string, string | null>;
  go: Go;
}

export function ServingView({ version, champions, go }: Props) {
  const [chosen, setChosen] = useState("");
  const tasks = Object.keys(champions);
  const task = chosen || tasks.find((each) => champions[each]) || tasks[0] || "";
  return (
    <div class="serving">
      <Tabs label="Tasks" all={tasks} chosen={task} name={(each) => each} choose={setChosen} panel="serving-panel" />
      <div id="serving-panel" role="tabpanel" aria-label={`Serving of ${task}`}>
      {task && champions[task] && <TryRide key={`${task} ${champions[task]}`} task={task} />}
      {task && !champions[task] && (
        <section class="sheet" aria-label="Try the champion">
          <h2>Try the champion</h2>
          <Empty>There is no model of {task} yet.</Empty>
          <p class="buttons">
            <button type="button" class="main" onClick={() => go("Workflows", { start: JSON.stringify({ task }) })}>
              Start a retraining of it …
            </button>
          </p>
        </section>
      )}
      <Charts title="Requests, errors and latency" sections={["API"]} hours="1" />
      <Charts
        title="What it answered"
        sections={["Models"]}
        hours="168"
        // What the monitor found is below, by the days that it is about.
        keep={(each) => each.title.endsWith(`: ${task}`) && !/^(Drift|Served)/.test(each.title)}
      />
      <Panel<Watched[]> title="Drift and quality" path="serving/watched" asking="Reading what the monitor has found …" version={version}>
        {(answer) => <Watch task={task} newest={answer.find((each) => each.task === task)?.newest ?? null} />}
      </Panel>
      <Panel<Standing[]> title="Leaderboard" path="serving/leaderboard" asking="Asking CloudWatch what callers measured …" version={version}>
        {(answer) => <Leaderboard task={task} standings={answer.filter((each) => each.task === task)} />}
      </Panel>
      </div>
    </div>
  );
}

function Watch({ task, newest }: { task: string; newest: Newest | null }) {
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
          ? `${newest.outcomes.toLocaleString()} truths are known. Measured ${served.measure.toFixed(4)} (${served.low.toFixed(4)} to ${served.high.toFixed(4)}), promised ${served.promised.toFixed(4)}: ${served.worse ? "worse than promised." : "no worse than promised, beyond chance."}`
          : `${count(newest.outcomes, "truth is", "truths are")} known: too few to say how good the champion is.`}
      </p>
      {newest.remarks.map((each) => (
        <p class="quiet" key={each}>
          {each.charAt(0).toUpperCase() + each.slice(1)}.
        </p>
      ))}
      {newest.predictions > 0 && (
        <p class="quiet">
          PSI says how far the day's values lie from those of training: 0 is not at all, 0.1 a little, 0.25 far. Chance is the probability
          that days without any change are as far apart: only where it is small is a feature called drifted.
        </p>
      )}
      <Table
        label="Features"
        head={["Feature", "PSI", "Chance", "Missing values", "Finding"]}
        rows={[...Object.entries(newest.features), ...(newest.scores ? [["the champion's scores", newest.scores] as const] : [])].map(
          ([name, each]) => [
            name,
            each.psi === null ? "" : each.psi.toFixed(3),
            each.chance === null ? "" : each.chance.toPrecision(2),
            each.missing === null ? "" : each.missing.toLocaleString(),
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
    { label: "the scores", points: pointsOf(days, (each) => each.scores) },
  ];
  return [
    <Lines key="psi" title="How far from training" note={noteOf("How far")} series={psi} {...spanOf(days)} />,
    <Lines key="drifted" title="Features that drifted" note={noteOf("Features that drifted")} series={[{ label: "features", points: pointsOf(days, (each) => each.features) }]} {...spanOf(days)} />,
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
  return compared.drifted ? <span class="status caught">drifted</span> : <span class="status succeeded">as in training</span>;
}

function Leaderboard({ task, standings }: { task: string; standings: Standing[] }) {
  if (!standings.length)
    return <Empty>Callers have measured nothing of {task} yet: `wildrydes edge` asks rows whose truth it knows, and measures.</Empty>;
  const measure = standings.some((each) => each.log_loss !== undefined) ? "Log loss" : "RMSE";
  const figure = (value: number | null | undefined, digits: number) => (value === null || value === undefined ? "" : value.toFixed(digits));
  return (
    <Table
      label={`Models of ${task}, the best first`}
      head={["Model", "Requests", "Errors", measure, "p50, ms", "p99, ms", "Now"]}
      rows={standings.map((each) => [
        each.model,
        each.requests.toLocaleString(),
        each.errors.toLocaleString(),
        figure(each.log_loss ?? each.rmse, 4),
        figure(each.p50, 1),
        figure(each.p99, 1),
        each.live ? <span class="status succeeded">live</span> : "",
      ])}
    />
  );
}
