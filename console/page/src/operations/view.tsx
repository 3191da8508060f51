// The operations view: alarms, queues with their dead letters, schedules, the dashboard, costs and grants.

import { useEffect, useState } from "preact/hooks";
import { Charts } from "../charts/dashboard";
import { idOf, Jumps } from "../jumps";
import { Panel } from "../panel";
import { Empty } from "../parts";
import { Table } from "../table";
import { count, moment } from "../words";
import { Costs } from "./costs";
import { Grants } from "./grants";
import { type Queue, Queues } from "./queues";

interface Alarm {
  name: string;
  state: string;
  since: string;
  reason: string;
  description: string;
}

interface Schedule {
  name: string;
  description: string;
  expression: string;
  zone: string;
  state: string;
  next: string[];
}

const PAUSE = 10_000;
const PARTS = ["Alarms", "Queues", "Schedules", "The dashboard", "Cost of a month", "Grants that nothing used"];
const WORDS: Record<string, [string, string]> = {
  ALARM: ["failed", "alarm"],
  OK: ["succeeded", "in order"],
  INSUFFICIENT_DATA: ["idle", "without data yet"],
};

export function OperationsView({ version }: { version: number }) {
  const [looks, setLooks] = useState(0);
  const look = () => setLooks((number) => number + 1);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && look(), PAUSE);
    return () => clearInterval(timer);
  }, []);
  const now = `${version} ${looks}`;
  return (
    <div class="operations">
      <Jumps label="Parts of this view" to={PARTS.map((each) => [each, idOf("panel", each)])} />
      <Panel<Alarm[]> title="Alarms" path="operations/alarms" asking="Asking CloudWatch for the alarms …" version={now}>
        {(alarms) => <Alarms alarms={alarms} />}
      </Panel>
      <Panel<Queue[]> title="Queues" path="operations/queues" asking="Asking SQS for each queue …" version={now}>
        {(queues) => <Queues queues={queues} look={look} />}
      </Panel>
      <Panel<Schedule[]> title="Schedules" path="operations/schedules" asking="Asking the scheduler …" version={now}>
        {(schedules) => <Schedules schedules={schedules} />}
      </Panel>
      <Charts title="The dashboard" sections={["Executions", "Rides", "Queues", "Functions", "Cost"]} hours="24" />
      <Costs />
      <Grants />
    </div>
  );
}

function Alarms({ alarms }: { alarms: Alarm[] }) {
  if (alarms.length === 0) return <Empty>The stack has no alarms.</Empty>;
  const alarming = alarms.filter((each) => each.state === "ALARM");
  const quiet = alarms.filter((each) => each.state !== "ALARM");
  return (
    <>
      <p>
        {alarming.length === 0
          ? `None of the ${count(alarms.length, "alarm", "alarms")} is on.`
          : `Of ${count(alarms.length, "alarm", "alarms")} ${alarming.length === 1 ? "one is" : `${alarming.length.toLocaleString()} are`} on:`}
      </p>
      {alarming.map((each) => (
        <div class="why" key={each.name}>
          <p>
            <strong>{each.name}</strong> since {moment(each.since)}
          </p>
          <p>{each.description}</p>
          <p class="quiet">{each.reason}</p>
        </div>
      ))}
      {quiet.length > 0 && (
        <details>
          <summary>
            The {alarming.length > 0 ? `${quiet.length.toLocaleString()} that are off` : quiet.length.toLocaleString()}: {states(quiet)}
          </summary>
          <Table
            label="Alarms that are off"
            head={["Alarm", "State", "Since", "What it means"]}
            rows={quiet.map((each) => [each.name, <Mark code={each.state} />, moment(each.since), each.description])}
          />
        </details>
      )}
    </>
  );
}

/** How many alarms are in which state. */
function states(alarms: Alarm[]): string {
  const counts = new Map<string, number>();
  for (const { state } of alarms) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, number]) => `${number.toLocaleString()} ${wordOf(state)[1]}`).join(", ");
}

function wordOf(code: string): [string, string] {
  return Object.hasOwn(WORDS, code) ? WORDS[code]! : ["idle", code.toLowerCase()];
}

function Schedules({ schedules }: { schedules: Schedule[] }) {
  if (schedules.length === 0)
    return <Empty>There is no schedule: the parameter ScheduleExpression of `wildrydes deploy` gives one that retrains.</Empty>;
  return (
    <Table
      label="Schedules with their next times"
      head={["Schedule", "When", "Time zone", "State", "What it does", "Next times, in your own time"]}
      rows={schedules.map((each) => [
        each.name,
        each.expression,
        each.zone,
        each.state.toLowerCase(),
        each.description,
        <Times moments={each.next} />,
      ])}
    />
  );
}

function Times({ moments }: { moments: string[] }) {
  if (moments.length === 0) return <span class="quiet">none</span>;
  return (
    <ol class="times">
      {moments.map((each) => (
        <li key={each}>{moment(each)}</li>
      ))}
    </ol>
  );
}

function Mark({ code }: { code: string }) {
  const [kind, word] = wordOf(code);
  return <span class={`status ${kind}`}>{word}</span>;
}
