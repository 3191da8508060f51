// The operations view: alarms, queues with their dead letters, schedules, the dashboard, costs and grants.

import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api";
import { Charts } from "../dashboard";
import { Ask, Empty, message, Trouble } from "../parts";
import { Table } from "../table";
import { count, moment } from "../words";
import { Costs } from "./costs";
import { Grants } from "./grants";

interface Alarm {
  name: string;
  state: string;
  since: string;
  reason: string;
  description: string;
}

interface Queue {
  name: string;
  messages: number;
  dead: boolean;
}

interface Schedule {
  name: string;
  description: string;
  expression: string;
  zone: string;
  state: string;
  next: string[];
}

interface State {
  alarms: Alarm[];
  queues: Queue[];
  schedules: Schedule[];
}

const PAUSE = 10_000;
const WORDS: Record<string, [string, string]> = {
  ALARM: ["failed", "alarm"],
  OK: ["succeeded", "in order"],
  INSUFFICIENT_DATA: ["idle", "no data"],
};

export function OperationsView({ version }: { version: number }) {
  const [state, setState] = useState<State | null>(null);
  const [trouble, setTrouble] = useState("");
  const [replaying, setReplaying] = useState(false);
  const [said, setSaid] = useState<string[]>([]);
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    let wanted = true;
    get<State>("operations/state")
      .then((answer) => wanted && (setState(answer), setTrouble("")))
      .catch((fault: unknown) => wanted && setTrouble(message(fault)));
    const timer = setTimeout(() => setLooks((number) => number + 1), PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [version, looks]);
  const others = (
    <>
      <Charts title="The dashboard" sections={["Executions", "Rides", "Queues", "Functions", "Cost"]} hours="24" />
      <Costs />
      <Grants />
    </>
  );
  if (!state)
    return (
      <div class="operations">
        {trouble ? <Trouble message={trouble} /> : <p class="quiet">Asking for alarms, queues and schedules …</p>}
        {others}
      </div>
    );
  const dead = state.queues.filter((each) => each.dead).reduce((sum, each) => sum + each.messages, 0);
  const alarming = state.alarms.filter((each) => each.state === "ALARM");
  const quiet = state.alarms.filter((each) => each.state !== "ALARM");
  return (
    <div class="operations">
      <Trouble message={trouble} />
      <section class="sheet" aria-label="Alarms">
        <h2>Alarms</h2>
        {alarming.length === 0 && <Empty>No alarm is on.</Empty>}
        {alarming.map((each) => (
          <div class="why" key={each.name}>
            <p>
              <strong>{each.name}</strong> since {moment(each.since)}
            </p>
            <p>{each.description}</p>
            <p class="quiet">{each.reason}</p>
          </div>
        ))}
        <details>
          <summary>{count(quiet.length, "other alarm", "other alarms")}</summary>
          <Table
            head={["Alarm", "State", "Since", "What it means"]}
            rows={quiet.map((each) => [each.name, <Mark code={each.state} />, moment(each.since), each.description])}
          />
        </details>
      </section>
      <section class="sheet" aria-label="Queues">
        <h2>Queues</h2>
        <p>
          {dead === 0
            ? "There are no dead letters: what came in has been taken, or is on its way."
            : `${count(dead, "message has failed too often and waits as a dead letter", "messages have failed too often and wait as dead letters")}.`}
        </p>
        {dead > 0 && (
          <p class="buttons">
            <button type="button" class="main" onClick={() => setReplaying(true)}>
              Replay dead letters …
            </button>
          </p>
        )}
        {said.length > 0 && (
          <ul role="status" aria-label="What became of the dead letters">
            {said.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        )}
        <Table
          head={["Queue", "Messages", "Of what"]}
          rows={state.queues.map((each) => [each.name, each.messages.toLocaleString(), each.dead ? "dead letters" : "messages on their way"])}
        />
      </section>
      <section class="sheet" aria-label="Schedules">
        <h2>Schedules</h2>
        {state.schedules.length === 0 && (
          <Empty>There is no schedule: the parameter ScheduleExpression of `wildrydes deploy` gives one that retrains.</Empty>
        )}
        {state.schedules.length > 0 && (
          <Table
            head={["Schedule", "When", "Time zone", "State", "What it does", "Next times, in your own time"]}
            rows={state.schedules.map((each) => [
              each.name,
              each.expression,
              each.zone,
              each.state.toLowerCase(),
              each.description,
              <Times moments={each.next} />,
            ])}
          />
        )}
      </section>
      {others}
      {replaying && (
        <Ask
          title="Replay all dead letters?"
          confirm="Replay them"
          act={async () => {
            setSaid((await post<{ sentences: string[] }>("operations/replay", {})).sentences);
            setLooks(looks + 1);
          }}
          close={() => setReplaying(false)}
        >
          <p>
            Each is sent on its way again, to the function or queue that it failed in. Mend first what made it fail: what fails again is
            back in its queue after some minutes. Nothing is lost; an event may be sent twice, which gives the same rides with the
            same ids.
          </p>
        </Ask>
      )}
    </div>
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
  const [kind, word] = Object.hasOwn(WORDS, code) ? WORDS[code]! : ["idle", code.toLowerCase()];
  return <span class={`status ${kind}`}>{word}</span>;
}
