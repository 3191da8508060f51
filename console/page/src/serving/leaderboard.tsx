// How callers rank the models of a task, by rows whose truth they know.

import { Hint } from "../hints";
import { Empty } from "../parts";
import { Table } from "../table";
import { number } from "../words";

export interface Standing {
  task: string;
  model: string;
  requests: number;
  errors: number;
  p50: number | null;
  p99: number | null;
  log_loss?: number | null;
  rmse?: number | null;
  live: boolean;
}

/** What callers have measured, for whoever compares it with the numbers above. */
const ABOUT =
  "Measured by callers who know the truth of their rows: `wildrydes edge`, or the function EdgeCompute. They are the requests of these callers " +
  "alone, of the last 14 days. p50 and p99 are times that the callers waited.";

export function Leaderboard({ task, standings, unit }: { task: string; standings: Standing[]; unit: string }) {
  if (!standings.length)
    return <Empty>Callers have measured nothing of {task} yet: `wildrydes edge` asks rows whose truth it knows, and measures.</Empty>;
  const measure = standings.some((each) => each.log_loss !== undefined) ? "Log loss" : "RMSE";
  const inUnit = measure === "RMSE" && unit ? `${measure}, ${unit}` : measure;
  const figure = (value: number | null | undefined, digits: number) =>
    value === null || value === undefined ? "" : number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (
    <>
      <p class="quiet">
        <Hint text={ABOUT} /> {measure} is of their rows, not of the test rows of the model's card: the two differ. Lower is better.
      </p>
      <Table
      label={`Models of ${task}, the best first`}
      head={["Model", "Requests", "Errors", inUnit, "p50, ms", "p99, ms", "Now"]}
      rows={standings.map((each) => [
        each.model,
        number(each.requests),
        number(each.errors),
        figure(each.log_loss ?? each.rmse, 4),
        figure(each.p50, 1),
        figure(each.p99, 1),
        each.live ? <span class="status succeeded">live</span> : "",
      ])}
      />
    </>
  );
}
