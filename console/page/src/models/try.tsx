// Asks the champion about a ride of the reader's own: the answer follows the sliders.

import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api";
import { Empty, message, Trouble } from "../parts";
import type { Champion, Field } from "./types";

const PAUSE = 250;

export function TryRide({ task }: { task: string }) {
  const [champion, setChampion] = useState<Champion | null>(null);
  const [values, setValues] = useState<Record<string, number>>({});
  const [answer, setAnswer] = useState<Record<string, unknown> | null>(null);
  // What the answer is of: the sliders may be elsewhere by now.
  const [answerValues, setAnswerValues] = useState(values);
  const [trouble, setTrouble] = useState("");
  const [absent, setAbsent] = useState("");
  useEffect(() => {
    setChampion(null);
    setAnswer(null);
    get<Champion>("models/fields", { task })
      .then((fresh) => {
        setChampion(fresh);
        setValues(Object.fromEntries(fresh.features.map((each) => [each.name, rounded(each.usual, each)])));
        setAbsent("");
      })
      .catch((fault: unknown) => setAbsent(message(fault)));
  }, [task]);
  useEffect(() => {
    if (!champion) return;
    let wanted = true;
    // The answer to where a slider stops: not each step of it is a request.
    const timer = setTimeout(() => {
      post<Record<string, unknown>>("models/ask", { task, values })
        .then((got) => wanted && (setAnswer(got), setAnswerValues(values), setTrouble("")))
        .catch((fault: unknown) => wanted && setTrouble(message(fault)));
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [champion, values]);
  if (absent) return <Empty>{absent}</Empty>;
  if (!champion) return <p class="quiet">Asking what the champion looks at …</p>;
  const isLinear = champion.features.every((each) => each.weight !== null);
  const parts = champion.features.map((each) => (each.weight ?? 0) * ((values[each.name] ?? 0) - each.mean));
  const scale = champion.kind.startsWith("binary") ? "log odds" : champion.unit || "answer";
  const largest = Math.max(...parts.map(Math.abs), 1e-12);
  return (
    <section class="sheet" aria-label="Try the champion">
      <h2>Try the champion</h2>
      <p>
        It predicts: <strong>{champion.meaning[0]!.toLowerCase() + champion.meaning.slice(1)}</strong>.
      </p>
      <p class="quiet">
        The model of {champion.execution} answers, through the API, wherever a slider stops. Each answer is one of the requests
        that the usage plan of the stack's key allows a day, and may be among those that are captured for monitoring.
      </p>
      <p class="answer" role="status" aria-live="polite">
        {answer ? sentence(answer, champion) : "Asking …"}
      </p>
      <p class="quiet">{answer && answerValues !== values && !trouble ? "That is of the values before: asking again …" : "\u00a0"}</p>
      <Trouble message={trouble} />
      <div class="sliders">
        {champion.features.map((each, place) => (
          <label key={each.name}>
            <span>
              {each.name} <span class="quiet">{each.unit}</span>
            </span>
            <input
              type="range"
              name={each.name}
              min={rounded(each.low, each)}
              max={rounded(each.high, each)}
              step={step(each)}
              value={values[each.name]}
              title={each.meaning}
              onInput={(event) => setValues({ ...values, [each.name]: event.currentTarget.valueAsNumber })}
            />
            <output>
              {values[each.name]?.toLocaleString()}{" "}
              <span class="quiet">
                of {rounded(each.low, each).toLocaleString()} to {rounded(each.high, each).toLocaleString()}
              </span>
            </output>
            {isLinear && (
              <span class="part" title="What this value adds, compared with a ride that has the mean of it">
                <svg viewBox="-50 0 100 12" aria-hidden="true">
                  <line x1={0} x2={0} y1={0} y2={12} />
                  <rect
                    class={parts[place]! < 0 ? "less" : "more"}
                    x={Math.min(0, (parts[place]! / largest) * 48)}
                    y={2}
                    width={Math.abs((parts[place]! / largest) * 48)}
                    height={8}
                  />
                </svg>
                {parts[place]! < 0 ? "−" : "+"}
                {Math.abs(parts[place]!).toFixed(2)}
              </span>
            )}
          </label>
        ))}
      </div>
      <p class="quiet">
        {isLinear && champion.base !== null
          ? `Each bar is what a value adds to the ${scale}, compared with its mean in the training set: ${champion.base.toFixed(2)} where each has its mean, and ${(champion.base + parts.reduce((sum, each) => sum + each, 0)).toFixed(2)} with these values.${champion.kind.startsWith("binary") ? " Log odds of 0 are a probability of one half." : ""}`
          : "The parts of the values are not shown: of this algorithm they do not add up to the answer."}
      </p>
    </section>
  );
}

/** A step of a slider: a hundredth or so of the range, as a round number. */
function step(field: Field): number {
  const range = field.high - field.low;
  return range > 0 ? 10 ** Math.floor(Math.log10(range / 40)) : 1;
}

function rounded(value: number, field: Field): number {
  const size = step(field);
  return Number((Math.round(value / size) * size).toPrecision(12));
}

function sentence(answer: Record<string, unknown>, champion: Champion): string {
  if (typeof answer.probability === "number") {
    const share = answer.probability < 0.001 || answer.probability > 0.999 ? answer.probability.toPrecision(4) : answer.probability.toFixed(3);
    const [is, side] = answer.label === 1 ? ["yes", "not below"] : ["no", "below"];
    return `Probability ${share}: ${is}, since it is ${side} the model's threshold of ${Number(answer.threshold).toFixed(3)}.`;
  }
  const number = Object.entries(answer).find(([name, value]) => typeof value === "number" && name !== "threshold");
  return number ? `${Number(number[1]).toPrecision(5)} ${champion.unit}` : JSON.stringify(answer);
}
