// Asks the champion about a ride of the reader's own: the answer follows the sliders.

import { useEffect, useState } from "preact/hooks";
import { post } from "../api";
import { Empty, message, Trouble } from "../parts";
import { change, moment, number, percent } from "../words";
import type { Champion, Field } from "./types";

const PAUSE = 250;

interface Props {
  task: string;
  /** Null until there is one. */
  champion: Champion | null;
  /** Why there is none. */
  trouble: string;
}

export function TryRide({ task, champion, trouble }: Props) {
  if (trouble) return <Empty>{trouble}</Empty>;
  if (!champion) return <p class="quiet">Asking what the champion looks at …</p>;
  return <Sliders task={task} champion={champion} />;
}

function Sliders({ task, champion }: { task: string; champion: Champion }) {
  const [values, setValues] = useState<Record<string, number>>(() =>
    Object.fromEntries(champion.features.map((each) => [each.name, rounded(each.usual, each)])),
  );
  const { answer, isOld, isAsking, trouble, ask } = useReply(task, values);
  const isLinear = champion.features.every((each) => each.weight !== null);
  const parts = champion.features.map((each) => (each.weight ?? 0) * ((values[each.name] ?? 0) - each.mean));
  const largest = Math.max(...parts.map(Math.abs), 1e-12);
  return (
    <section class="sheet" aria-label="Try the champion">
      <h2>Try the champion</h2>
      <p>
        It predicts: <strong>{champion.meaning[0]!.toLowerCase() + champion.meaning.slice(1)}</strong>.
      </p>
      <p class="quiet">
        The model of {champion.execution}, tested {moment(champion.created)}. Nothing is asked until you move a slider or choose Ask.
        From then on the API answers wherever a slider stops. Such a request is like any caller's: it counts against the limits of the
        stack's key, it may be captured for monitoring, and it is among the figures below.
      </p>
      <p class="quiet">{explanation(champion, isLinear, parts)}</p>
      <div class="sliders">
        {isLinear && (
          <p class="heads" aria-hidden="true">
            <span class="pushes">
              pushes towards
              <span>
                <span>{sidesOf(champion)[0]}</span>
                <span>{sidesOf(champion)[1]}</span>
              </span>
            </span>
          </p>
        )}
        {champion.features.map((each, place) => (
          <label key={each.name}>
            <span>
              {each.name} <span class="quiet">{each.unit}</span>
              <span class="quiet meaning">{each.meaning}</span>
            </span>
            <input
              type="range"
              name={each.name}
              min={rounded(each.low, each)}
              max={rounded(each.high, each)}
              step={step(each)}
              value={values[each.name]}
              onInput={(event) => {
                setValues({ ...values, [each.name]: event.currentTarget.valueAsNumber });
                ask();
              }}
            />
            <span class="set">
              {number(values[each.name] ?? 0)}{" "}
              <span class="quiet">
                of {number(rounded(each.low, each))} to {number(rounded(each.high, each))}
              </span>
            </span>
            {isLinear && <Push part={parts[place]!} largest={largest} sides={sidesOf(champion)} />}
          </label>
        ))}
      </div>
      <p class="buttons">
        <button type="button" disabled={isAsking} onClick={ask}>
          Ask
        </button>
      </p>
      <p class="answer" role="status" aria-live="polite">
        {answer ? sentence(answer, champion) : isAsking ? "Asking …" : "Not asked yet."}
      </p>
      <p class="quiet">{isOld && !trouble ? "That is of the values before: asking again …" : "\u00a0"}</p>
      <Trouble message={trouble} />
    </section>
  );
}

/** What the API answers to values, wherever they rest; it is asked nothing before `ask` was called once. */
function useReply(task: string, values: Record<string, number>) {
  const [answer, setAnswer] = useState<Record<string, unknown> | null>(null);
  // What the answer is of: the sliders may be elsewhere by now.
  const [sent, setSent] = useState(values);
  const [trouble, setTrouble] = useState("");
  const [asks, setAsks] = useState(0);
  const [isAsking, setIsAsking] = useState(false);
  useEffect(() => {
    if (asks === 0) return;
    let wanted = true;
    setIsAsking(true);
    // The answer to where a slider stops: not each step of it is a request.
    const timer = setTimeout(() => {
      post<Record<string, unknown>>("models/ask", { task, values })
        .then((reply) => wanted && (setAnswer(reply), setSent(values), setTrouble("")))
        .catch((fault: unknown) => wanted && setTrouble(message(fault)))
        .finally(() => wanted && setIsAsking(false));
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [asks, task, values]);
  return { answer, isOld: answer !== null && sent !== values, isAsking, trouble, ask: () => setAsks((times) => times + 1) };
}

/** The two directions in which a value moves the answer. */
function sidesOf(champion: Champion): [string, string] {
  return champion.kind.startsWith("binary") ? ["no", "yes"] : ["lower", "higher"];
}

/** What a value adds, as a bar from the middle to its side. */
function Push({ part, largest, sides }: { part: number; largest: number; sides: [string, string] }) {
  const words = change(part, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const length = (part / largest) * 48;
  return (
    <span class="part" title="What this value adds, compared with its mean in training">
      <span class="side">{/[1-9]/.test(words) ? `pushes towards ${part < 0 ? sides[0] : sides[1]}` : "pushes neither way"}: </span>
      <svg viewBox="-50 0 100 12" aria-hidden="true">
        <line x1={0} x2={0} y1={0} y2={12} />
        <rect x={Math.min(0, length)} y={2} width={Math.abs(length)} height={8} />
      </svg>
      {words}
    </span>
  );
}

/** What the bars beside the sliders are, and what they add up to. */
function explanation(champion: Champion, isLinear: boolean, parts: number[]): string {
  if (!isLinear || champion.base === null) return "What each value does is not shown: of this algorithm such parts do not add up to the answer.";
  const isBinary = champion.kind.startsWith("binary");
  const scale = isBinary ? "log odds" : champion.unit || "answer";
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const [base, sum] = [champion.base, champion.base + parts.reduce((all, each) => all + each, 0)].map((each) => number(each, digits));
  return (
    `The number with a sign at each value is what it adds to the ${scale}, compared with its mean in training. With each value at its mean they are ${base}, with ` +
    `these values ${sum}.${isBinary ? " Log odds above 0 are a probability above 50 %, below 0 one below." : ""}`
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
    const place = answer.label === 1 ? 1 : 0;
    const [word, side] = [["No", "below"], ["Yes", "not below"]][place]!;
    const meaning = champion.answers[place];
    return (
      `${word}${meaning ? `, ${meaning}` : ""}: the probability of a yes is ${percent(answer.probability)}, which is ${side} ` +
      `the model's threshold of ${percent(Number(answer.threshold))}.`
    );
  }
  const value = Object.entries(answer).find(([name, each]) => typeof each === "number" && name !== "threshold");
  return value ? `${number(Number(value[1]), { maximumSignificantDigits: 5 })} ${champion.unit}` : JSON.stringify(answer);
}
