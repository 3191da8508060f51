// The numbers of one model: scores, the gate's sentence, weights, ROC and calibration.

import { useAnswer } from "../answer";
import { Trouble } from "../parts";
import type { Go } from "../places";
import { Table } from "../table";
import { moment } from "../words";
import { type Histogram, ResidualPlot, UnitPlot } from "./curves";
import { Lineage } from "./lineage";
import type { Card, ModelLine } from "./types";

const NUMBERS: [string, string][] = [
  ["log_loss", "log loss"],
  ["auc", "AUC"],
  ["accuracy", "accuracy"],
  ["precision", "precision"],
  ["recall", "recall"],
  ["calibration_error", "calibration error"],
  ["rmse", "RMSE"],
  ["mae", "MAE"],
  ["r2", "R²"],
  ["bias", "bias"],
];

/** What the scores are, for whoever has not met their names. */
const OF_CLASSES =
  "On test rows, which training never saw. Log loss: lower is better, 0.69 is a coin's. AUC: 1 tells all pairs apart, 0.5 none. Precision: how many of those called 1 are 1. " +
  "Recall: how many of those that are 1 were called so. Calibration error: how far probabilities are from shares, decile by decile; the calibration gap of the gate's " +
  "sentence adds those up from the lowest on, and it alone decides. A gap that is larger than tolerated, but that chance explains, refuses no model.";
const OF_NUMBERS =
  "On test rows, which training never saw. RMSE: the usual error, large ones counting more; MAE: the mean error. Both in the label's unit, lower is better. " +
  "R²: 1 is exact, 0 no better than the mean. Bias: the mean of label less prediction.";

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
        {card.algorithm}, judged {moment(card.created)} on {card.rows.toLocaleString()} test rows{" "}
        <button type="button" class="link" onClick={() => go("Workflows", { execution: card.execution })}>
          its retraining
        </button>
      </p>
      {card.verdict?.reason && (
        <p class={`verdict ${card.verdict.promote ? "yes" : "no"}`}>
          <strong>The gate {card.verdict.promote ? "let it go live" : "did not let it go live"}</strong>, and said then: {card.verdict.reason}
        </p>
      )}
      <dl class="scores">
        {scores.map(([name, words]) => (
          <div key={name}>
            <dt>{words}</dt>
            <dd>{(card.metrics[name] as number).toFixed(4)}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">{binary ? OF_CLASSES : OF_NUMBERS}</p>
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
      <Lineage key={`${task} ${execution}`} task={task} execution={execution} lives={lives} />
    </article>
  );
}

const HOW_FAR: Record<string, string> = {
  "log odds": "Log odds of 0 are a probability of 0.5, of 1 one of 0.73, of 3 one of 0.95; of -1 and -3 they are 0.27 and 0.05.",
};

/** What a model looks at, what moves its answer most first. */
function Weights({ card }: { card: Card }) {
  const what = card.kind.startsWith("binary") ? "log odds" : `answer${card.unit && `, ${card.unit}`}`;
  const rows = card.features.map((name, place) => {
    const spread = card.training[name];
    return { name, spread, change: (card.weights?.[place] ?? 0) * (spread?.deviation ?? 0) };
  });
  rows.sort((one, other) => Math.abs(other.change) - Math.abs(one.change));
  return (
    <section aria-label="What moves its answer">
      <h3>What moves its answer</h3>
      <p class="quiet">
        The last column says by how much the {what.split(",")[0]} {what === "log odds" ? "change" : "changes"} where a value is one standard
        deviation above its mean in training. {HOW_FAR[what] ?? ""}
      </p>
      <Table
        label="Weights"
        head={["Feature", "Mean", "Standard deviation", `Change of the ${what}`]}
        rows={rows.map(({ name, spread, change }) => [
          <>
            {name} <span class="quiet">{card.units?.[name] ?? ""}</span>
          </>,
          spread?.mean.toPrecision(4) ?? "",
          spread?.deviation.toPrecision(4) ?? "",
          `${change > 0 ? "+" : ""}${change.toPrecision(3)}`,
        ])}
      />
    </section>
  );
}
