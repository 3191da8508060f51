// Small pictures of a model's numbers, with the numbers as a table beside each.

import { Table } from "../table";
import { number } from "../words";

interface Point {
  x: number;
  y: number;
}

interface Props {
  title: string;
  across: string;
  up: string;
  points: Point[];
  joined: boolean;
  conclusion: string;
  /** What the dashed diagonal is. */
  diagonal: string;
}

const SIDE = 220;
const LEFT = 50;

/** A curve or points in the unit square, with the diagonal. */
export function UnitPlot({ title, across, up, points, joined, conclusion, diagonal }: Props) {
  const x = (value: number) => LEFT + value * SIDE;
  const y = (value: number) => 8 + (1 - value) * SIDE;
  return (
    <figure>
      <figcaption>
        <strong>{title}</strong>: {up[0]!.toLowerCase() + up.slice(1)} by {across[0]!.toLowerCase() + across.slice(1)}
      </figcaption>
      <svg viewBox={`0 0 ${SIDE + LEFT + 12} ${SIDE + 44}`} role="img" aria-label={`${title}. ${conclusion}`}>
        <rect class="plot" x={x(0)} y={y(1)} width={SIDE} height={SIDE} />
        <line class="even" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
        {[0, 0.5, 1].map((tick) => (
          <g key={tick}>
            <text class="tick" x={x(tick)} y={y(0) + 16} text-anchor="middle">
              {tick}
            </text>
            <text class="tick" x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
              {tick}
            </text>
          </g>
        ))}
        <text class="tick" x={x(0.5)} y={y(0) + 32} text-anchor="middle">
          {across}
        </text>
        <text class="tick" text-anchor="middle" transform={`translate(12 ${y(0.5)}) rotate(-90)`}>
          {up}
        </text>
        {joined ? (
          <polyline class="curve" points={points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(" ")} />
        ) : (
          points.map((point, number) => <circle key={number} class="point" cx={x(point.x)} cy={y(point.y)} r={4} />)
        )}
      </svg>
      <p class="quiet">
        {conclusion} The dashed line is {diagonal}.
      </p>
      <details>
        <summary>The numbers</summary>
        <Table
          tall
          label={`Numbers of ${title}`}
          head={[across, up]}
          rows={points.map((point) => [point.x.toFixed(3), point.y.toFixed(3)])}
        />
      </details>
    </figure>
  );
}

export interface Histogram {
  low: number;
  high: number;
  counts: number[];
}

/** Rows by residual: bars around nought, in the label's unit. The outer bars hold all that is beyond. */
export function ResidualPlot({ unit, residuals }: { unit: string; residuals: Histogram }) {
  const { low, high, counts } = residuals;
  const width = SIDE / counts.length;
  const most = Math.max(1, ...counts);
  const edge = (place: number) => number(low + ((high - low) * place) / counts.length, { maximumSignificantDigits: 4 });
  const conclusion = "The narrower around 0, the better; what leans to one side is a bias.";
  return (
    <figure>
      <figcaption>
        <strong>Residuals</strong>: test rows by label less prediction
      </figcaption>
      <svg viewBox={`0 0 ${SIDE + LEFT + 12} ${SIDE + 44}`} role="img" aria-label={`Residuals. ${conclusion}`}>
        <rect class="plot" x={LEFT} y={8} width={SIDE} height={SIDE} />
        {counts.map((count, place) => {
          const height = (count / most) * SIDE;
          // Of no rows there is no bar.
          return count > 0 && <rect key={place} class="bar" x={LEFT + place * width} y={8 + SIDE - height} width={width} height={height} />;
        })}
        <line class="even" x1={LEFT + SIDE / 2} y1={8} x2={LEFT + SIDE / 2} y2={8 + SIDE} />
        {[0, 0.5, 1].map((place) => (
          <text key={place} class="tick" x={LEFT + place * SIDE} y={SIDE + 24} text-anchor={place === 1 ? "end" : "middle"}>
            {edge(place * counts.length)}
          </text>
        ))}
        <text class="tick" x={LEFT - 6} y={16} text-anchor="end">
          {number(most)}
        </text>
        <text class="tick" text-anchor="middle" transform={`translate(12 ${8 + SIDE / 2}) rotate(-90)`}>
          Test rows
        </text>
        <text class="tick" x={LEFT + SIDE / 2} y={SIDE + 40} text-anchor="middle">
          Label less prediction, {unit}
        </text>
      </svg>
      <p class="quiet">{conclusion}</p>
      <details>
        <summary>The numbers</summary>
        <Table
          tall
          label="Residuals, as numbers"
          head={[`From, ${unit}`, "Rows"]}
          rows={counts.map((count, place) => [edge(place), number(count)])}
        />
      </details>
    </figure>
  );
}
