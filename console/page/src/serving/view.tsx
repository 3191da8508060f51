// The serving view: what callers ask the champions, what they get, and whether that is still what was promised.

import { useState } from "preact/hooks";
import { useAnswer } from "../answer";
import { Charts } from "../charts/dashboard";
import { Up } from "../jumps";
import { TryRide } from "../models/try";
import type { Champion } from "../models/types";
import { Panel } from "../panel";
import { Empty, Tabs } from "../parts";
import type { Go } from "../places";
import { type Newest, Watch } from "./drift";
import { Leaderboard, type Standing } from "./leaderboard";

interface Watched {
  task: string;
  newest: Newest | null;
}

interface Props {
  version: number;
  champions: Record<string, string | null>;
  go: Go;
}

export function ServingView({ version, champions, go }: Props) {
  const [chosen, setChosen] = useState("");
  const tasks = Object.keys(champions);
  const task = chosen || tasks.find((each) => champions[each]) || tasks[0] || "";
  const key = `${task} ${champions[task] ?? ""}`;
  // Of another champion the fields are other ones.
  const { value: champion, trouble } = useAnswer<Champion>("models/fields", task && champions[task] ? { task } : null, key);
  return (
    <div class="serving">
      <Tabs label="Tasks" all={tasks} chosen={task} name={(each) => each} choose={setChosen} panel="serving-panel" />
      <div id="serving-panel" role="tabpanel" aria-label={`Serving of ${task}`}>
      {task && champions[task] && <TryRide key={key} task={task} champion={champion} trouble={trouble} />}
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
      <Charts
        title="Requests, errors and latency"
        sections={["API"]}
        hours="1"
        about="Of the whole API: every request to it counts, of all tasks."
      />
      <Charts
        title="What it answered"
        sections={["Models"]}
        hours="168"
        about={`Of the answers of ${task} alone, whoever asked.`}
        answers={champion?.answers}
        // What the monitor found is below, by the days that it is about; when the champion was trained is above.
        keep={(each) => each.title.endsWith(`: ${task}`) && !/^(Drift|Served|Age)/.test(each.title)}
      />
      <Panel<Watched[]> title="Drift and quality" path="serving/watched" asking="Reading what the monitor has found …" version={version}>
        {(answer) => <Watch task={task} newest={answer.find((each) => each.task === task)?.newest ?? null} />}
      </Panel>
      <Panel<Standing[]> title="Leaderboard" path="serving/leaderboard" asking="Asking CloudWatch what callers measured …" version={version}>
        {(answer) => <Leaderboard task={task} standings={answer.filter((each) => each.task === task)} />}
      </Panel>
      </div>
      <Up />
    </div>
  );
}

