// The alarms of a stack: those that are on with what to do, the others below a summary.

import { useState } from "preact/hooks";
import { get } from "../api";
import { Empty, message, Trouble } from "../parts";
import type { Go } from "../places";
import { Table } from "../table";
import { count, moment } from "../words";
import type { Named, Summary } from "../workflow/types";

export interface Alarm {
  name: string;
  state: string;
  since: string;
  reason: string;
  description: string;
}

const WORDS: Record<string, [string, string]> = {
  ALARM: ["failed", "alarm"],
  OK: ["succeeded", "in order"],
  INSUFFICIENT_DATA: ["idle", "without data yet"],
};

/** An alarm on how executions of a workflow end: the workflow, and the status by which they are listed. */
const OF_EXECUTIONS = /^(retrain|promote|restore|monitor)-(failed|timed-out|aborted)$/;
const RUNBOOK = /\s*Runbook: (\S+?)#(\S+)$/;
const MOST_LISTED = 5;

export function Alarms({ alarms, go }: { alarms: Alarm[]; go: Go }) {
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
          <Description text={each.description} />
          <Executions alarm={each.name} go={go} />
          <details>
            <summary>What CloudWatch says</summary>
            <p class="quiet">{each.reason}</p>
          </details>
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
            rows={quiet.map((each) => [each.name, <Mark code={each.state} />, moment(each.since), each.description.replace(RUNBOOK, "")])}
          />
        </details>
      )}
    </>
  );
}

/** What an alarm means, and where its entry of the runbook is: the console does not serve the project's pages. */
function Description({ text }: { text: string }) {
  const [runbook, file, anchor] = RUNBOOK.exec(text) ?? [];
  if (!runbook) return <p>{text}</p>;
  const words = anchor!.replaceAll("-", " ");
  return (
    <>
      <p>{text.slice(0, -runbook.length)}</p>
      <p>
        What to do is in the project's docs: <code>{file}</code>, under <em>{words[0]!.toUpperCase() + words.slice(1)}</em>.
      </p>
    </>
  );
}

/** The executions that an alarm on their ends is about: they are listed when somebody opens them. */
function Executions({ alarm, go }: { alarm: string; go: Go }) {
  const [, workflow, end] = OF_EXECUTIONS.exec(alarm) ?? [];
  const [listed, setListed] = useState<Summary[] | null>(null);
  const [isAsking, setIsAsking] = useState(false);
  const [trouble, setTrouble] = useState("");
  if (!workflow || !end) return null;
  const list = async () => {
    setTrouble("");
    setIsAsking(true);
    try {
      const machines = await get<Named[]>("workflow/machines", {});
      const stateMachineArn = machines.find((each) => each.name === workflow)?.arn ?? "";
      const query = { stateMachineArn, statusFilter: end.replace("-", "_").toUpperCase() };
      setListed((await get<{ executions: Summary[] }>("workflow/executions", query)).executions);
    } catch (fault) {
      setTrouble(message(fault));
    }
    setIsAsking(false);
  };
  const words = end === "aborted" ? "stopped" : end.replace("-", " ");
  return (
    <details onToggle={(event) => event.currentTarget.open && void list()}>
      <summary>
        Executions of {workflow} that {end === "failed" ? words : `${end === "aborted" ? "were" : "have"} ${words}`}
      </summary>
      <Trouble message={trouble} />
      {isAsking && <p class="quiet">Asking Step Functions …</p>}
      {listed?.length === 0 && <Empty>Step Functions lists none.</Empty>}
      {listed && listed.length > 0 && (
        <ul>
          {listed.slice(0, MOST_LISTED).map((each) => (
            <li key={each.arn}>
              <button type="button" class="link" onClick={() => go("Workflows", { arn: each.arn })}>
                {each.name}
              </button>{" "}
              <span class="quiet">{moment(each.started)}</span>
            </li>
          ))}
        </ul>
      )}
      {listed && listed.length > MOST_LISTED && <p class="quiet">The newest {MOST_LISTED}. Workflows lists all.</p>}
    </details>
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

function Mark({ code }: { code: string }) {
  const [kind, word] = wordOf(code);
  return <span class={`status ${kind}`}>{word}</span>;
}
