// The probabilities that a classifier has answered: for each of its two answers a range on one scale.

import { tenths } from "../words";
import { type Charted, Lines, Numbers } from "./lines";
import { moment, paceOf, soleOf } from "./scale";
import type { Chart } from "./series";

interface Props extends Charted {
  now: number;
  /** The median of each answer over time. */
  medians: Chart;
  /** What the answers no and yes mean. */
  answers: string[];
}

/** The names of the answers and of their shares, as the dashboard has them in its labels. */
const WORDS = ["no", "yes"];
const LOWEST = "a tenth lie below";
const MIDDLE = "half lie below";
const HIGHEST = "nine tenths lie below";

/** The newest period as ranges; where there are others, the middle of each over time. */
export function Ranges({ title, series, start, end, period, now, medians, answers }: Props) {
  const at = Math.max(...series.flatMap((each) => each.points.map(([seconds]) => seconds)));
  const isOne = series.every((each) => each.points.every(([seconds]) => seconds === at));
  const value = (word: string, below: string) =>
    series.find((each) => each.label === `${word}: ${below}`)?.points.find(([seconds]) => seconds === at)?.[1];
  return (
    <div>
      <figure class="lines ranges">
        <figcaption>
          <strong>{title}</strong>{" "}
          <span class="quiet">
            {isOne ? soleOf(at, period, at + period > now) : `the ${paceOf(period)} from ${moment(at)}${at + period > now ? ", still running" : ""}`}
          </span>
        </figcaption>
        <p class="quiet">A bar holds the middle eight tenths of the probabilities; its mark is the median.</p>
        <ul class="bars">
          {WORDS.map((word, place) => {
            const [low, middle, high] = [value(word, LOWEST), value(word, MIDDLE), value(word, HIGHEST)];
            if (low === undefined || middle === undefined || high === undefined)
              return (
                <li key={word}>
                  <span>{nameOf(word, answers[place])}</span> <span class="quiet">not answered in this {paceOf(period)}</span>
                </li>
              );
            return (
              <li key={word}>
                <span>{nameOf(word, answers[place])}</span>{" "}
                <span>
                  {tenths(low)} to {tenths(high)}, median <strong>{tenths(middle)}</strong>
                </span>
                <span class="range" aria-hidden="true">
                  <span style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }} />
                  <i style={{ left: `min(${middle * 100}%, 100% - 3px)` }} />
                </span>
              </li>
            );
          })}
        </ul>
        <p class="scale quiet" aria-hidden="true">
          {["0 %", "50 %", "100 %"].map((each) => (
            <span key={each}>{each}</span>
          ))}
        </p>
        {isOne && <Numbers title={title} series={series.filter((each) => each.points.length > 0)} name={moment} />}
      </figure>
      {!isOne && <Lines title="Median probability of each answer" {...medians} start={start} end={end} period={period} now={now} />}
    </div>
  );
}

function nameOf(word: string, meaning: string | undefined): string {
  return meaning ? `${word}, ${meaning}` : word;
}
