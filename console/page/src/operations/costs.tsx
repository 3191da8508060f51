// What a month has cost, at list prices: asked for by a click, since AWS bills the metrics that say it.

import { useState } from "preact/hooks";
import { Panel } from "../panel";
import { Empty } from "../parts";
import { Table } from "../table";
import { count, dollars } from "../words";

interface Line {
  service: string;
  unit: string;
  quantity: number;
  usd: number;
}

interface ExecutionCost {
  workflow: string;
  name: string;
  status: string;
  usd: number | null;
}

interface Month {
  month: string;
  total_usd: number;
  executions_usd: number;
  executions: ExecutionCost[];
  rest: { region: string; prices: string; lines: Line[]; unpriced: string[] };
}

const MOST_LISTED = 100;

export function Costs() {
  const [month, setMonth] = useState(new Date().toISOString().slice(0, 7));
  return (
    <Panel<Month>
      title="Cost of a month"
      path="operations/cost"
      query={{ month }}
      asking="Adding up executions, and asking CloudWatch for the rest …"
      button={`Add up ${new Date(`${month}-01T12:00:00`).toLocaleDateString(undefined, { month: "long", year: "numeric" })}`}
      about="What executions and all other services of a month cost at list prices, item by item; the dashboard has the executions alone. It takes some seconds; on AWS each metric that it asks for is billed."
      controls={
        <label>
          Month{" "}
          <input type="month" value={month} onChange={(event) => event.currentTarget.value && setMonth(event.currentTarget.value)} />
        </label>
      }
    >
      {(answer) => (
        <>
          <p class="answer">{dollars(answer.total_usd)}</p>
          <p>
            In {answer.month}, at list prices of {answer.rest.region}: {count(answer.executions.length, "execution", "executions")}{" "}
            {dollars(answer.executions_usd)}, all else {dollars(answer.total_usd - answer.executions_usd)}. The embedded AWS costs nothing: the
            same would cost this on AWS.
          </p>
          {answer.rest.unpriced.length > 0 && <p>Without {answer.rest.unpriced.join(", ")}, whose price is not known.</p>}
          {answer.executions.length === 0 ? (
            <Empty>Nothing was executed in this month.</Empty>
          ) : (
            <>
              <Table
                label="Executions with their cost"
                head={["Execution", "Workflow", "Status", "Cost"]}
                rows={answer.executions
                  .slice(0, MOST_LISTED)
                  .map((each) => [each.name, each.workflow, each.status.toLowerCase(), each.usd === null ? "unknown" : dollars(each.usd)])}
              />
              {answer.executions.length > MOST_LISTED && (
                <p class="quiet">
                  The newest {MOST_LISTED} of {answer.executions.length.toLocaleString()}. <code>wildrydes cost --month {answer.month}</code> has all.
                </p>
              )}
            </>
          )}
          <details>
            <summary>All else, item by item</summary>
            <Table
              label="All else"
              head={["Service", "Unit", "Quantity", "Cost"]}
              rows={answer.rest.lines.map((each) => [each.service, each.unit, Number(each.quantity).toLocaleString(), dollars(Number(each.usd))])}
            />
          </details>
        </>
      )}
    </Panel>
  );
}
