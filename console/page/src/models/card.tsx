// The numbers of one model: scores, the gate's sentence, weights, ROC and calibration.

import { Fragment } from "preact";
import { useAnswer } from "../answer";
import { list } from "../charts/series";
import { Trouble } from "../parts";
import type { Go } from "../places";
import { Table } from "../table";
import { change, moment, number } from "../words";
import { type Histogram, ResidualPlot, UnitPlot } from "./curves";
import { Lineage } from "./lineage";
import type { Card, ModelLine } from "./types";
import { Verdict } from "./verdict";

const NUMBERS: [string, string][] = [
  ["log_loss", "log loss"],
  ["auc", "AUC"],
  ["accuracy", "accuracy"],
  ["precision", "precision"],
  ["recall", "recall"],
  ["calibration_error", "calibration error"],
  ["calibration_gap", "calibration gap"],
  ["rmse", "RMSE"],
  ["mae", "MAE"],
  ["r2", "R²"],
  ["bias", "bias"],
  ["bias_gap", "bias gap"],
];

/** Those that are in the label's unit. */
const OF_UNIT = ["rmse", "mae", "bias", "bias_gap"];

/** What the scores are, for whoever has not met their names. */
const OF_CLASSES: [string, string][] = [
  ["Log loss", "How far the probabilities are from the labels. Lower is better; guessing gives 0.69."],
  ["AUC", "How well the model tells the two labels apart: 1 always, 0.5 not at all."],
  ["Precision", "The share of rows with the label 1 among those that it called 1."],
  ["Recall", "The share of rows that it called 1 among those with the label 1."],
  ["Calibration error", "How far the probabilities are from the observed shares, on average over ten groups of rows."],
  ["Calibration gap", "The same, added up from the lowest probability on. The gate looks at this one."],
];
const OF_NUMBERS: [string, string][] = [
  ["RMSE", "The usual error in the label's unit; large errors count more. Lower is better."],
  ["MAE", "The mean error, in the label's unit. Lower is better."],
  ["R²", "1 is exact, 0 is no better than the mean."],
  ["Bias", "The mean of prediction less label, in the label's unit: above 0 the model says too much."],
  ["Bias gap", "The same, added up from the lowest prediction on: the largest sum, over all rows, without its sign. The gate looks at this one."],
];

const FOUR = { minimumFractionDigits: 4, maximumFractionDigits: 4 };

type Points = Record<string, number>[];

interface Shown {
  task: string;
  execution: string;
  /** The times that it was live. */
  lives: ModelLine[];
  go: Go;
  /** What the model is beside another one: the champion. */
  role?: string;
}

export function CardView({ task, execution, lives, go, role = "" }: Shown) {
  const { value: card, trouble } = useAnswer<Card>("models/card", { task, execution });
  if (trouble) return <Trouble message={trouble} />;
  if (!card) return <p class="quiet">Reading the model's card …</p>;
  const scores = NUMBERS.filter(([name]) => typeof card.metrics[name] === "number");
  const roc = (card.metrics.roc ?? []) as Points;
  const calibration = (card.metrics.calibration ?? []) as Points;
  const binary = card.kind.startsWith("binary");
  const residuals = card.metrics.residuals as Histogram | undefined;
  return (
    <article class="sheet" aria-label={`The model of ${card.execution}`}>
      <h2>
        {card.execution}
        {role && `, ${role}`}
      </h2>
      <p class="quiet">
        {card.algorithm}, tested {moment(card.created)} on {number(card.rows)} rows that training never saw{" "}
        <button type="button" class="link" onClick={() => go("Workflows", { execution: card.execution })}>
          its retraining
        </button>
      </p>
      {card.verdict?.reason && <Verdict verdict={card.verdict} measure={binary ? "log loss" : "RMSE"} />}
      <dl class="scores">
        {scores.map(([name, words]) => (
          <div key={name}>
            <dt>{words}</dt>
            <dd>
              {number(card.metrics[name] as number, FOUR)}
              {OF_UNIT.includes(name) && card.unit && <span class="quiet"> {card.unit}</span>}
            </dd>
          </div>
        ))}
      </dl>
      {card.answers[1] && (
        <p class="quiet">
          The label 1 means <em>{card.answers[1]}</em>, 0 <em>{card.answers[0]}</em>.
        </p>
      )}
      <details>
        <summary>What these numbers are</summary>
        <dl class="facts">
          {(binary ? OF_CLASSES : OF_NUMBERS).map(([name, words]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{words}</dd>
            </Fragment>
          ))}
        </dl>
      </details>
      <div class="figures">
        {roc.length > 0 && (
          <UnitPlot
            title="ROC"
            across="False positives"
            up="True positives"
            joined
            points={roc.map((point) => ({ x: point.false_positives ?? 0, y: point.true_positives ?? 0 }))}
            conclusion="The closer to the upper left corner, the better it tells the two labels apart."
            diagonal="what guessing gives"
          />
        )}
        {calibration.length > 0 && (
          <UnitPlot
            title="Calibration"
            across="Predicted probability"
            up="Observed share"
            joined={false}
            points={calibration.map((point) => ({ x: point.predicted ?? 0, y: point.observed ?? 0 }))}
            conclusion="On the diagonal a probability is as often right as it says."
            diagonal="where points should be: each is a tenth of the rows"
          />
        )}
        {residuals && <ResidualPlot unit={card.unit} residuals={residuals} />}
      </div>
      {card.weights && card.weights.length > 0 && <Weights card={card} />}
      <Lineage key={`${task} ${execution}`} task={task} execution={execution} lives={lives} card={card.key} />
    </article>
  );
}

const HOW_FAR: Record<string, string> = {
  "log odds": "Log odds of 0 are a probability of 0.5, of 1 one of 0.73, of 3 one of 0.95; of −1 and −3 they are 0.27 and 0.05.",
};

/** Null where one of them is no number. */
function product(one: number | null | undefined, other: number | null | undefined): number | null {
  return typeof one === "number" && typeof other === "number" ? one * other : null;
}

/** The share of the largest change from which on a feature moves the answer to speak of. */
const LEAST = 0.1;

interface Weight {
  name: string;
  /** Null where one of its factors is no number. */
  change: number | null;
}

/** What a linear model looks at, in the order of its features, which Serving has too. */
function Weights({ card }: { card: Card }) {
  const binary = card.kind.startsWith("binary");
  const what = binary ? "log odds" : "answer";
  const column = `Change of the ${what}${!binary && card.unit ? `, ${card.unit}` : ""}`;
  const rows = card.features.map((name, place) => {
    const spread = card.training[name];
    return { name, spread, change: product(card.weights?.[place], spread?.deviation) };
  });
  const four = (value: number | null | undefined) => (value === undefined || value === null ? "" : number(value, { maximumSignificantDigits: 4 }));
  return (
    <section aria-label="What moves its answer">
      <h3>What moves its answer</h3>
      <p>{reading(rows, binary ? `“${card.answers[1] ?? "1"}”` : "")}</p>
      <p class="quiet">
        <em>{column}</em> says by how much the {what} {binary ? "change" : "changes"} where a value is one standard deviation above its
        mean in training. {HOW_FAR[what] ?? ""}
      </p>
      <Table
        label="Weights"
        head={["Feature", "What it is", "Mean", "Standard deviation", column]}
        rows={rows.map(({ name, spread, change: by }) => [
          <>
            {name} <span class="quiet">{card.units?.[name] ?? ""}</span>
          </>,
          card.meanings[name] ?? "",
          four(spread?.mean),
          four(spread?.deviation),
          by === null ? "" : change(by, { maximumSignificantDigits: 3 }),
        ])}
      />
    </section>
  );
}

/** The weights in words, what moves the answer most first; `yes` is what becomes likelier, empty where the answer is a number. */
function reading(weights: Weight[], yes: string): string {
  const numbers = weights.flatMap(({ name, change: by }) => (by === null ? [] : [{ name, change: by }]));
  const all = numbers.sort((one, other) => Math.abs(other.change) - Math.abs(one.change));
  const most = Math.abs(all[0]?.change ?? 0);
  const some = all.filter((each) => most > 0 && Math.abs(each.change) >= LEAST * most);
  const rest = all.filter((each) => !some.includes(each));
  const way = (by: number) => (yes ? (by > 0 ? `${yes} likelier` : `${yes} less likely`) : by > 0 ? "the answer higher" : "the answer lower");
  const words = some.map(({ name, change: by }) => `More ${name} makes ${way(by)}`);
  return [...words, ...(rest.length > 0 ? [`${list(rest.map((each) => each.name))} ${rest.length === 1 ? "moves" : "move"} it little`] : [])]
    .map((each) => `${each}.`)
    .join(" ");
}
