// The models of a task: the one that is live, those that were, and those that never were.

import { moment, number as words } from "../words";
import type { ModelLine } from "./types";

interface Props {
  lines: ModelLine[];
  /** Of the label; empty of one that is 0 or 1. */
  unit: string;
  chosen: ModelLine | undefined;
  choose: (line: ModelLine) => void;
  rollBack: (line: ModelLine) => void;
}

const FOUR = { minimumFractionDigits: 4, maximumFractionDigits: 4 };

const GROUPS: [string, (line: ModelLine) => boolean][] = [
  ["Live: it answers the API", (line) => line.live],
  ["Were live, the newest first", (line) => !line.live && line.until !== ""],
  ["Never live, the newest first", (line) => line.until === ""],
];

export function ModelList({ lines, unit, chosen, choose, rollBack }: Props) {
  const live = lines.find((each) => each.live)?.execution;
  const numbers = (line: ModelLine) => numbersOf(line, unit);
  const groups = GROUPS.map(([title, isOf]) => ({ title, of: lines.filter(isOf) })).filter((each) => each.of.length > 0);
  return (
    <>
      {groups.map(({ title, of }) => (
        <div key={title} class="group">
          <h3>{title}</h3>
          <ol class="models" aria-label={title}>
            {of.map((each) => (
              <li key={key(each)} class={each === chosen ? "chosen" : ""}>
                <button type="button" class="row" aria-pressed={each === chosen} onClick={() => choose(each)}>
                  <span class={`status ${each.live ? "succeeded" : "idle"}`}>{each.live ? "live" : each.until ? "was live" : "never live"}</span>
                  <span class="name">{each.execution}</span>
                  <span class="quiet">{numbers(each)}</span>
                  {!each.until && <span class="quiet">Why not: {whyNot(each)}</span>}
                  {each.until && <span class="quiet">{each.live ? `since ${moment(each.since)}` : `${moment(each.since)} to ${moment(each.until)}`}</span>}
                </button>
                {each.until && !each.live && each.execution !== live && (
                  <button type="button" class="small" title={`Make the model of ${each.execution} the champion again`} onClick={() => rollBack(each)}>
                    Roll back …
                  </button>
                )}
              </li>
            ))}
          </ol>
        </div>
      ))}
    </>
  );
}

/** What tells a line from the others: a model may have been live more than once. */
export function key(line: ModelLine): string {
  return `${line.execution} ${line.since}`;
}

/** What the gate held against it; all of its sentence where the card is of an earlier version, which has no more. */
function whyNot({ faults, why }: ModelLine): string {
  return `${faults.length > 0 ? faults.join("; ") : why.replace(/\.$/, "")}.`;
}

function numbersOf(line: ModelLine, unit: string): string {
  const named: [string, number | null][] = [
    ["log loss", line.log_loss],
    ["AUC", line.auc],
    ["RMSE", line.rmse],
    ["R²", line.r2],
  ];
  return named.flatMap(([name, number]) => (number === null ? [] : [`${name} ${words(number, FOUR)}${name === "RMSE" && unit ? ` ${unit}` : ""}`])).join(", ");
}
