// The operations view: alarms, queues with their dead letters, schedules, the dashboard, costs and grants.

import { useEffect, useState } from "preact/hooks";
import { Charts } from "../charts/dashboard";
import { idOf, Jumps, Up } from "../jumps";
import { Panel } from "../panel";
import { Empty } from "../parts";
import { Table } from "../table";
import { moment } from "../words";
import type { Go } from "../places";
import { type Alarm, Alarms } from "./alarms";
import { Costs } from "./costs";
import { Grants, TITLE as GRANTS } from "./grants";
import { type Queue, Queues } from "./queues";

interface Schedule {
  name: string;
  description: string;
  expression: string;
  zone: string;
  state: string;
  next: string[];
}

const PAUSE = 10_000;
const PARTS = ["Alarms", "Queues and dead letters", "Schedules", "The dashboard", "Cost of a month", GRANTS];
/** What the number of the month says is in its own part. */
const isWanted = (title: string) => !title.startsWith("Executions of this month");

export function OperationsView({ version, go }: { version: number; go: Go }) {
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
        {(alarms) => <Alarms alarms={alarms} go={go} />}
      </Panel>
      <Panel<Queue[]> title="Queues and dead letters" path="operations/queues" asking="Asking SQS for each queue …" version={now}>
        {(queues) => <Queues queues={queues} look={look} />}
      </Panel>
      <Panel<Schedule[]> title="Schedules" path="operations/schedules" asking="Asking the scheduler …" version={now}>
        {(schedules) => <Schedules schedules={schedules} />}
      </Panel>
      <Charts title="The dashboard" sections={["Executions", "Rides", "Queues", "Functions", "Cost"]} version={version} hours="24" keep={(each) => isWanted(each.title)} />
      <Costs />
      <Grants />
      <Up />
    </div>
  );
}

function Schedules({ schedules }: { schedules: Schedule[] }) {
  if (schedules.length === 0)
    return <Empty>There is no schedule. `wildrydes deploy` makes one that retrains where its parameter ScheduleExpression says when.</Empty>;
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
