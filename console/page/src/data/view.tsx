// The data view: what a retraining did with the rides, where the weather came from, and a place to drop files on.

import { useState } from "preact/hooks";
import { useAnswer } from "../answer";
import "../charts/charts.css";
import { Lines } from "../charts/lines";
import { noon } from "../charts/scale";
import { Panel } from "../panel";
import type { Go, Target } from "../places";
import { Empty, Trouble } from "../parts";
import { Table } from "../table";
import { moment, status } from "../words";
import { Ingestion, type Account } from "./ingestion";
import { StationMap, type Weather } from "./map";
import { Upload } from "./upload";
import "./data.css";

interface Retraining {
  name: string;
  status: string;
  started: string;
  is_yielded: boolean;
}

interface Path {
  objects: number;
  bytes: number;
}

interface Rides {
  by_day: [string, number][];
  paths: Record<string, Path>;
  /** Whether there are more objects than were counted. */
  is_cut: boolean;
}

const DAY = 86_400;

interface Props {
  version: number;
  target: Target;
  go: Go;
}

export function DataView({ version, target, go }: Props) {
  const { value: retrainings, trouble } = useAnswer<Retraining[]>("data/retrainings", {}, version);
  const [chosen, setChosen] = useState(target.execution ?? "");
  // What has ended well has all of it, unless it only yielded.
  const first = retrainings?.find((each) => each.status === "SUCCEEDED" && !each.is_yielded) ?? retrainings?.[0];
  const execution = chosen || first?.name || "";
  return (
    <div class="data">
      <Upload go={go} />
      <Trouble message={trouble} />
      {!retrainings && !trouble && <p class="quiet">Asking Step Functions for the retrainings …</p>}
      {retrainings?.length === 0 && (
        <Empty>Nothing has been ingested yet: drop a ride file above, and start a retraining under Workflows.</Empty>
      )}
      {execution && (
        <>
          <p>
            <label>
              What the retraining did{" "}
              <select value={execution} onChange={(event) => setChosen(event.currentTarget.value)}>
                {retrainings?.map((each) => (
                  <option key={each.name} value={each.name}>
                    {each.name}, {brief(each.started)}
                  </option>
                ))}
              </select>
            </label>{" "}
            <Chosen retraining={retrainings?.find((each) => each.name === execution)} />
          </p>
          <Panel<Account> key={`account ${execution}`} title="Rides" path="data/account" query={{ execution }} asking="Reading the account of its files …" version={version}>
            {(answer) => <Ingestion answer={answer} />}
          </Panel>
          <Panel<Weather>
            key={`weather ${execution}`}
            title="Weather"
            path="data/weather"
            query={{ execution }}
            asking="Asking Athena which station each day's weather came from …"
            button="Ask Athena where it came from"
            about="A map of the ground stations of this retraining, with the stations whose values filled the gaps of others. Athena, AWS's SQL engine over files, takes some seconds; on AWS it bills what it reads, 10 MB at least."
          >
            {(answer) => <StationMap weather={answer} />}
          </Panel>
          <Panel<Rides>
            title="Rides by day and path"
            path="data/rides"
            asking="Counting rides by Athena, and listing their objects …"
            button="Count all rides by Athena"
            about="All rides that the stack holds, of every retraining, by the day of the ride and by the path that they came. Athena takes some seconds; on AWS it bills what it reads, 10 MB at least."
          >
            {(answer) => <RidesByDay rides={answer} />}
          </Panel>
        </>
      )}
    </div>
  );
}

/** How the retraining ended that the cards below are of. */
function Chosen({ retraining }: { retraining: Retraining | undefined }) {
  if (!retraining) return null;
  return (
    <span class="quiet">
      {retraining.is_yielded ? "yielded" : status(retraining.status)}, started {moment(retraining.started)}
    </span>
  );
}

/** A moment in few words: a list of choices is as wide as a telephone. */
function brief(text: string): string {
  return new Date(text).toLocaleString(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

function RidesByDay({ rides }: { rides: Rides }) {
  const total = rides.by_day.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return <Empty>There are no rides yet: nothing has passed the check of an ingestion.</Empty>;
  const objects = Object.values(rides.paths).reduce((sum, each) => sum + each.objects, 0);
  const days = rides.by_day;
  return (
    <>
      <p>
        {total.toLocaleString()} rows of {days.length.toLocaleString()} days, from {days[0]![0]} to {days[days.length - 1]![0]}. A ride that
        came twice has two rows; a training set counts it once.
      </p>
      <Lines
        title="Rows by the day of the ride"
        series={[{ label: "rides", points: days.map(([day, count]) => [noon(day), count]) }]}
        start={noon(days[0]![0]) - DAY / 2}
        end={noon(days[days.length - 1]![0]) + DAY / 2}
        period={DAY}
        isOfDays
      />
      <Table
        label="Objects by path"
        head={["Path", "Objects", "Bytes"]}
        rows={Object.entries(rides.paths).map(([name, each]) => [
          name === "files" ? "from ride files" : "one at a time, by the queues",
          each.objects.toLocaleString(),
          each.bytes.toLocaleString(),
        ])}
      />
      {rides.is_cut && <p class="quiet">There are more objects: these are the first {objects.toLocaleString()} by key.</p>}
    </>
  );
}
