// What the gate said of a model, and what it asked of it.

import { Table } from "../table";
import { number } from "../words";
import type { Card, Criterion } from "./types";

const FOUR = { maximumFractionDigits: 4 };

/** What each criterion asks, and how its value stands to its bound; others are shown by their names. */
const WORDS: Record<string, [string, string]> = {
  below_constant: ["{measure}", "below a constant prediction's"],
  below_champion: ["difference to the champion's {measure}, upper end of the interval", "below"],
  not_worse_than_champion: ["difference to the champion's {measure}, lower end of the interval", "at most"],
  comparable: ["can be compared with the champion, or force", ""],
  rows_of_label_0: ["test rows of the label 0", "at least"],
  rows_of_label_1: ["test rows of the label 1", "at least"],
  rows: ["test rows", "at least"],
  label_deviation: ["deviation of the test labels", "above"],
  finite_predictions: ["predictions that are not finite", "at most"],
  calibration_chance: ["probability that chance makes the calibration gap", "above"],
  auc: ["AUC", "at least"],
  bias_chance: ["probability that chance makes the bias gap", "above"],
  score_change: ["largest mean change of answers to captured requests", "at most"],
  promote: ["the input lets it go live (promote)", ""],
};

interface Props {
  verdict: NonNullable<Card["verdict"]>;
  /** What decides, as log loss. */
  measure: string;
}

export function Verdict({ verdict, measure }: Props) {
  const { promote, reason, criteria = [] } = verdict;
  return (
    <>
      <div class={`verdict ${promote ? "yes" : "no"}`}>
        <p>
          <strong>The gate {promote ? "let it go live" : "did not let it go live"}.</strong> The gate compares a new model
          with the champion of that time, on the same test rows.
        </p>
        <p>It said then: {reason}</p>
      </div>
      {criteria.length > 0 && (
        <details>
          <summary>What the gate asked ({passed(criteria)})</summary>
          <Table
            label="What the gate asked"
            head={["Criterion", "Passes", "Value", "Bound"]}
            numbers={[2]}
            rows={criteria.map((each) => [WORDS[each.name]?.[0].replace("{measure}", measure) ?? each.name, each.passes ? "yes" : "no", valueOf(each.value), boundOf(each)])}
          />
        </details>
      )}
    </>
  );
}

function passed(criteria: Criterion[]): string {
  return `${criteria.filter((each) => each.passes).length} of ${criteria.length} pass`;
}

function valueOf(value: number | null): string {
  return value === null ? "" : number(value, FOUR);
}

function boundOf({ name, bound }: Criterion): string {
  return bound === null ? "" : `${WORDS[name]?.[1] ?? ""} ${valueOf(bound)}`.trim();
}
