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
      <div class="figures">
        {roc.length > 0 && (
          <UnitPlot
            title="ROC"
            across="False positives"
            up="True positives"
            joined
            points={roc.map((point) => ({ x: point.false_positives ?? 0, y: point.true_positives ?? 0 }))}
            conclusion="The closer to the upper left corner, the better it tells the two labels apart."
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
          />
        )}
        {residuals && <ResidualPlot unit={card.unit} residuals={residuals} />}
      </div>
      {card.weights && card.weights.length > 0 && <Weights card={card} />}
      <Lineage key={`${task} ${execution}`} task={task} execution={execution} lives={lives} />
    </article>
  );
}

function Weights({ card }: { card: Card }) {
  const what = card.kind.startsWith("binary") ? "log odds" : card.unit;
  return (
    <Table
      label="Weights"
      caption={`What a deviation of each feature changes of the ${what}`}
      head={["Feature", "Mean", "Deviation", "Weight of a deviation"]}
      rows={card.features.map((name, place) => {
        const spread = card.training[name];
        const weight = (card.weights?.[place] ?? 0) * (spread?.deviation ?? 0);
        return [name, spread?.mean.toPrecision(4) ?? "", spread?.deviation.toPrecision(4) ?? "", weight.toPrecision(4)];
      })}
    />
  );
}
