// What became of ride files and their rides: counts that add up, reasons with an example each, and the rows of the splits.

import { Pre } from "../edges";
import { Empty } from "../parts";
import { Table } from "../table";
import { count } from "../words";
import { Removal } from "./removal";

interface Rejected {
  count: number;
  reason: string;
  key: string;
  detail: string | null;
  position: { byte?: number | null; line?: number | null; record?: number | null } | null;
  record: string | null;
}

interface FileLine {
  key: string;
  etag: string;
  outcome: string;
  read: number;
  accepted: number;
  rejected: number;
  repeated: number;
  rejected_by_reason: Record<string, number>;
  skipped: string | null;
  fault: { reason: string; detail: string } | null;
}

interface Rides {
  read: number;
  accepted: number;
  rejected: number;
  repeated: number;
  files_read: number;
  files_skipped: number;
  files_rejected: number;
}

interface Split {
  rows: number;
  positives: number;
}

export interface Account {
  task: string;
  /** What the task predicts, as "Whether the ride …"; empty of a task that there is no more. */
  meaning: string;
  /** What its plan says of files that are new, and of those that are not. */
  plan: string | null;
  /** The name of the execution that it yielded to. */
  yielded_to: string | null;
  source: string;
  is_binary: boolean;
  account: { rides: Rides; files: FileLine[]; files_omitted: number; files_unread: number; first_rejected: Rejected[] } | null;
  /** What it did not read, since it is of years that it did not ask for; null where its output does not say it. */
  other_years: { objects: number; rides: number } | null;
  training: {
    weather: { filled_days: number; filled_rides: number; far_rides: number; rides_without_weather: number };
    training_set: {
      train: Split;
      validation: Split;
      test: Split;
      processed_rows: number;
      rides: number;
      without_label: number;
      without_weather: number;
      further_copies: number;
    };
  } | null;
}

export function Ingestion({ answer }: { answer: Account }) {
  const { account, training } = answer;
  const isOfRides = answer.source === "rides";
  if (answer.yielded_to)
    return <Empty>It yielded to {answer.yielded_to}, which was under way: it has ingested nothing, and built no training set.</Empty>;
  return (
    <>
      {!isOfRides && <Empty>Its task learns from samples, which come one at a time: it has ingested no ride file.</Empty>}
      {isOfRides && !account && <Empty>Its ingestion did not get to its check: look at it under Workflows.</Empty>}
      {isOfRides && answer.plan && <p>{answer.plan}</p>}
      {account?.files.length === 0 && !answer.plan && <Empty>No ride file was new to it.</Empty>}
      {account && account.files.length > 0 && <Files account={account} />}
      {training ? <Training training={training} others={answer.other_years} isOfRides={isOfRides} isBinary={answer.is_binary} task={answer.task} meaning={answer.meaning} /> : <Empty>It has built no training set.</Empty>}
    </>
  );
}

function Files({ account }: { account: NonNullable<Account["account"]> }) {
  const { rides } = account;
  return (
    <>
      <dl class="scores">
        {(["read", "accepted", "rejected", "repeated"] as const).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{rides[name].toLocaleString()}</dd>
          </div>
        ))}
      </dl>
      <p>
        {count(rides.files_read, "file was", "files were")} read, {rides.files_skipped.toLocaleString()} skipped since they hold no data,{" "}
        {rides.files_rejected.toLocaleString()} left out whole.
      </p>
      <p class="quiet">
        Repeated rides came before in the same chunk of a file. A ride that comes again in another chunk or file is accepted again; the
        training set counts it once.
      </p>
      <h3>Why rides were rejected</h3>
      {account.first_rejected.length === 0 ? (
        <Empty>No ride was rejected.</Empty>
      ) : (
        <Table
          label="Reasons"
          head={["Reason", "Rides", "File of the first", "Where the first is", "What is wrong with the first", "Record of the first"]}
          numbers={[1]}
          rows={account.first_rejected.map((each) => [
            each.reason,
            each.count.toLocaleString(),
            <code>{each.key}</code>,
            place(each),
            each.detail ?? "",
            each.record ? <Pre class="record" label="The first such record" text={each.record} mark={fieldOf(each)} /> : "",
          ])}
        />
      )}
      <h3>Files</h3>
      <Table
        label="Files"
        head={["File", "What became of the file", "Rides read", "Accepted", "Rejected", "Repeated", "Why", "What you may do"]}
        numbers={[2, 3, 4, 5]}
        rows={account.files.map((each) => [
          <code>{each.key}</code>,
          each.outcome === "rejected" ? "left out whole" : `was ${each.outcome}`,
          each.read.toLocaleString(),
          each.accepted.toLocaleString(),
          each.rejected.toLocaleString(),
          each.repeated.toLocaleString(),
          why(each),
          each.outcome === "rejected" || each.rejected > 0 ? <Removal key={`${each.key} ${each.etag}`} file={each} /> : "",
        ])}
      />
      {account.files_omitted > 0 && (
        <p class="quiet">
          {count(account.files_omitted, "file is", "files are")} not listed: those with most to say come first.{" "}
          {account.files_unread > 0 && `The last ${account.files_unread.toLocaleString()} by key were not looked at. `}
          All are in ingestions/, in the data bucket.
        </p>
      )}
    </>
  );
}

/** How the record's line begins whose value is at fault: what is said of it begins with its field. */
function fieldOf({ detail }: Rejected): string {
  return detail ? `"${detail.split(" ")[0]}":` : "";
}

function place(each: Rejected): string {
  const parts: [string, number | null | undefined][] = [
    ["byte", each.position?.byte],
    ["line", each.position?.line],
    ["record", each.position?.record],
  ];
  return parts.flatMap(([name, value]) => (value === null || value === undefined ? [] : [`${name} ${value.toLocaleString()}`])).join(", ");
}

function why(line: FileLine): string {
  const reasons = Object.entries(line.rejected_by_reason).map(([reason, number]) => `${number.toLocaleString()} ${reason}`);
  const whole = line.fault ? `${line.fault.reason}: ${line.fault.detail}` : (line.skipped ?? "");
  return [whole, ...(line.fault ? [] : reasons)].filter(Boolean).join(", ");
}

interface TrainingProps {
  training: NonNullable<Account["training"]>;
  others: Account["other_years"];
  isOfRides: boolean;
  /** Labels of other tasks are numbers: there is no balance of them. */
  isBinary: boolean;
  task: string;
  meaning: string;
}

function Training({ training, others, isOfRides, isBinary, task, meaning }: TrainingProps) {
  const { training_set: set, weather } = training;
  const splits = (["train", "validation", "test"] as const).map((name) => ({ name, ...set[name] }));
  const total = splits.reduce((sum, each) => sum + each.rows, 0);
  return (
    <>
      <h3>The training set</h3>
      <p>
        Its label is <strong>{task}</strong>
        {meaning && `: ${meaning.charAt(0).toLowerCase()}${meaning.slice(1)}`}.{isBinary && " It is 1 for yes and 0 for no."}
      </p>
      <p>
        {set.processed_rows.toLocaleString()} rows were read, and {total.toLocaleString()} of them are used. Left out are{" "}
        {set.further_copies.toLocaleString()} that came {isOfRides ? "again in another chunk or file" : "more than once (a sample counts once)"}, {set.without_label.toLocaleString()}{" "}
        without a label{isOfRides && <>, {set.without_weather.toLocaleString()} without weather</>}.
      </p>
      {isOfRides && others && others.rides > 0 && (
        <p>
          {count(others.rides, "row", "rows")} of other years, in {count(others.objects, "object", "objects")}, {others.rides === 1 ? "was" : "were"} not
          read: this retraining did not ask for those <code>years</code>. With the {set.processed_rows.toLocaleString()} that were read, the stack held{" "}
          {(set.processed_rows + others.rides).toLocaleString()} rows then.
        </p>
      )}
      <p class="quiet">
        The rows are split in three parts. The model learns from train. Among models with other settings, validation chooses the best. Then
        test scores it, by rows that it never saw.
      </p>
      <Table
        label="Rows by split"
        numbers={[1, 2]}
        head={["Part of the rows (split)", "Rows", ...(isBinary ? [`${task}: 1 (yes)`, "Share of 1 (yes)"] : [])]}
        rows={splits.map((each) => [
          each.name,
          each.rows.toLocaleString(),
          ...(isBinary ? [each.positives.toLocaleString(), each.rows > 0 ? <Balance share={each.positives / each.rows} /> : ""] : []),
        ])}
      />
      {isOfRides && (
        <p>
          {weather.filled_rides.toLocaleString()} rides have weather of a neighbouring station, on {count(weather.filled_days, "day", "days")};{" "}
          {weather.far_rides.toLocaleString()} rides are far from any station.
        </p>
      )}
    </>
  );
}

function Balance({ share }: { share: number }) {
  return (
    <span class="balance">
      <svg viewBox="0 0 100 10" aria-hidden="true">
        <rect class="of-0" x={0} y={0} width={100} height={10} />
        <rect class="of-1" x={0} y={0} width={share * 100} height={10} />
      </svg>
      {(share * 100).toFixed(1)}%
    </span>
  );
}
