// The serving view: what callers ask the champions, what they get, and whether that is still what was promised.

import { useState } from "preact/hooks";
import { useAnswer } from "../answer";
import { Charts } from "../charts/dashboard";
import { Up } from "../jumps";
import { TryRide } from "../models/try";
import type { Champion } from "../models/types";
import { Panel } from "../panel";
import { Empty, Refused, Tabs } from "../parts";
import type { Go } from "../places";
import { type Newest, Watch } from "./drift";
import { Leaderboard, type Standing } from "./leaderboard";
import { OddObjects } from "./odd";

interface Watched {
  task: string;
  /** Keys of objects where days should be, which are none. */
  odd: string[];
  newest: Newest | null;
}

interface Props {
  version: number;
  /** Null until they are known. A task whose champion may not be read is left out, and `trouble` says why. */
  champions: Record<string, string | null> | null;
  trouble: string;
  go: Go;
}

export function ServingView({ version, champions: answer, trouble, go }: Props) {
  const [chosen, setChosen] = useState("");
  const listed = useAnswer<string[]>("serving/tasks", {});
  const tasks = listed.value ?? [];
  const champions = answer ?? {};
  const task = chosen || tasks.find((each) => champions[each]) || tasks[0] || "";
  const key = `${task} ${champions[task] ?? ""}`;
  // Of another champion the fields are other ones.
  const fields = useAnswer<Champion>("models/fields", task && champions[task] ? { task } : null, key);
  if (!task) return listed.trouble ? <Refused message={listed.trouble} again={listed.again} /> : <p class="quiet">Asking the console for the tasks …</p>;
  return (
    <div class="serving">
      <Tabs label="Tasks" all={tasks} chosen={task} name={(each) => each} choose={setChosen} panel="serving-panel" />
      <div id="serving-panel" role="tabpanel" aria-label={`Serving of ${task}`}>
        {champions[task] ? (
          <TryRide key={key} task={task} champion={fields.value} trouble={fields.trouble} />
        ) : (
          <NothingToTry task={task} isNone={champions[task] === null} hasReply={answer !== null || trouble !== ""} go={go} />
        )}
        <Charts
          title="Requests, errors and latency"
          sections={["API"]}
          version={version}
          hours="1"
          about="Of the whole API: every request to it counts, of all tasks."
        />
        <Charts
          title="What it answered"
          sections={["Models"]}
          version={version}
          hours="168"
          about={`Of the answers of ${task} alone, whoever asked.`}
          answers={fields.value?.answers}
          // What the monitor found is below, by the days that it is about; when the champion was trained is above.
          keep={(each) => each.title.endsWith(`: ${task}`) && !/^(Drift|Served|Age)/.test(each.title)}
        />
        <Panel<Watched[]> title="Drift and quality" path="serving/watched" asking="Reading what the monitor has found …" version={version}>
          {(days) =>
            days
              .filter((each) => each.task === task)
              .map(({ newest, odd }) => (
                <>
                  <Watch task={task} newest={newest} />
                  <OddObjects keys={odd} />
                </>
              ))
          }
        </Panel>
        <Panel<Standing[]> title="Leaderboard" path="serving/leaderboard" asking="Asking CloudWatch what callers measured …" version={version}>
          {(standings) => <Leaderboard task={task} standings={standings.filter((each) => each.task === task)} unit={fields.value?.unit ?? ""} />}
        </Panel>
      </div>
      <Up />
    </div>
  );
}

interface NothingProps {
  task: string;
  /** Whether it is known that there is no champion. */
  isNone: boolean;
  /** Whether the question for champions has an answer, or was refused. */
  hasReply: boolean;
  go: Go;
}

/** In the place of a champion: that there is none, that it may not be read, or that it is being asked for. */
function NothingToTry({ task, isNone, hasReply, go }: NothingProps) {
  return (
    <section class="sheet" aria-label="Try the champion">
      <h2>Try the champion</h2>
      {isNone && (
        <>
          <Empty>There is no model of {task} yet.</Empty>
          <p class="buttons">
            <button type="button" class="main" onClick={() => go("Workflows", { start: JSON.stringify({ task }) })}>
              Start a retraining of it …
            </button>
          </p>
        </>
      )}
      {!isNone && hasReply && <Empty>{`The champion of ${task} may not be read, or could not be: the page says above why.`}</Empty>}
      {!isNone && !hasReply && <p class="quiet">Asking Lambda for the champion of {task} …</p>}
    </section>
  );
}
