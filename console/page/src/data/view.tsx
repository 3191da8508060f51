// The data view: what a retraining did with the rides, where the weather came from, and a place to drop files on.

import { useState } from "preact/hooks";
import { useAnswer, useReading } from "../answer";
import { post } from "../api";
import "../charts/charts.css";
import { Lines } from "../charts/lines";
import type { Outline } from "../charts/series";
import { noon } from "../charts/scale";
import { Panel } from "../panel";
import { type Go, type Target, useIsEmbedded } from "../places";
import { Empty, Refused } from "../parts";
import { Table } from "../table";
import { moment, status } from "../words";
import type { Facts } from "../workflow/types";
import { Ingestion, type Account } from "./ingestion";
import { StationMap, type Weather } from "./map";
import { Upload } from "./upload";
import "./data.css";

interface Retraining {
  arn: string;
  name: string;
  status: string;
  started: string;
  is_yielded: boolean;
  /** The newest that ingested rides: there is something to show. */
  is_opened: boolean;
  /** What it learns to predict; null where that may not be asked. */
  task: string | null;
}

interface Path {
  objects: number;
  bytes: number;
}

interface Rides {
  by_day: [string, number][];
  outline: Outline;
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
  const { value: retrainings, trouble, again } = useAnswer<Retraining[]>("data/retrainings", {}, version);
  const [chosen, setChosen] = useState(target.execution ?? "");
  const first = retrainings?.find((each) => each.is_opened) ?? retrainings?.[0];
  const execution = chosen || first?.name || "";
  const account = useAnswer<Account>("data/account", execution ? { execution } : null, version);
  // Samples have no weather.
  const hasWeather = account.value?.source !== "samples";
  const price = useIsEmbedded() ? "which is free on the embedded AWS" : "which bills what it reads, 10 MB at least";
  return (
    <div class="data">
      <Upload go={go} />
      {trouble && <Refused message={trouble} again={again} />}
      {!retrainings && !trouble && <p class="quiet">Asking Step Functions for the retrainings …</p>}
      {retrainings?.length === 0 && (
        <Empty>Nothing has been ingested yet: drop a ride file above, and start a retraining under Workflows.</Empty>
      )}
      {execution && (
        <>
          <p>
            <label>
              Show the data of the retraining{" "}
              <select value={execution} onChange={(event) => setChosen(event.currentTarget.value)}>
                {retrainings?.map((each) => (
                  <option key={each.name} value={each.name}>
                    {[each.name, each.task, brief(each.started)].filter(Boolean).join(", ")}
                  </option>
                ))}
              </select>
            </label>{" "}
            <Chosen retraining={retrainings?.find((each) => each.name === execution)} />
            {!chosen && first?.is_opened && <span class="quiet">. It is the newest that ingested rides.</span>}
          </p>
          <section class="sheet" aria-label={hasWeather ? "Rides" : "Samples"}>
            <h2>{hasWeather ? "Rides" : "Samples"}</h2>
            {account.trouble && <Refused message={account.trouble} again={account.again} />}
            {!account.value && !account.trouble && <p class="quiet">Reading the account of its files …</p>}
            {account.value && <Ingestion answer={account.value} />}
          </section>
          {hasWeather && (
            <Panel<Weather>
              key={`weather ${execution}`}
              title="Weather"
              path="data/weather"
              query={{ execution }}
              asking="Asking Athena which station each day's weather came from …"
              button="Ask Athena where it came from"
              about={`A map of the weather stations of this retraining, with those whose values filled the gaps of others. This asks Athena, AWS's SQL engine over files, ${price}. It takes some seconds.`}
            >
              {(answer) => <StationMap weather={answer} />}
            </Panel>
          )}
          <Panel<Rides>
            title="Rides by day and path"
            path="data/rides"
            asking="Counting rides by Athena, and listing their objects …"
            button="Count all rides by Athena"
            about={`All rides that the stack holds, of every retraining: how many each day, and how many came in files or one at a time. This asks Athena, ${price}. It takes some seconds.`}
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
  // What a list says has succeeded may have yielded.
  const arn = retraining?.status === "SUCCEEDED" ? retraining.arn : null;
  const facts = useReading<Record<string, Pick<Facts, "outcome">>>(arn, () => post("workflow/facts", { arns: [arn] }), "");
  if (!retraining) return null;
  const isYielded = retraining.is_yielded || (arn !== null && facts.value?.[arn]?.outcome === "yielded");
  const isUnknown = arn !== null && facts.value === null && !facts.trouble && !retraining.is_yielded;
  return (
    <span class="quiet">
      {!isUnknown && `${isYielded ? "yielded" : status(retraining.status)}, `}started {moment(retraining.started)}
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
        outline={rides.outline}
        start={noon(days[0]![0]) - DAY / 2}
        end={noon(days[days.length - 1]![0]) + DAY / 2}
        period={DAY}
        isOfDays
      />
      <Table
        label="Objects by path"
        head={["How they came", "Objects", "Bytes"]}
        numbers={[1, 2]}
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
