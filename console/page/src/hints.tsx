// What commands say of a fault or of an empty list, in words for whoever has a page before them.

import type { ComponentChildren } from "preact";

/** By a command what does the same here, as the page's own words name it. */
const CONTROLS: Record<string, string> = {
  retrain: "Start a retraining, under Workflows",
  redrive: "Redrive",
  watch: "this page",
  models: "Models",
  rollback: "Roll back, under Models",
  replay: "Replay dead letters, under Operations",
  cost: "Cost of a month, under Operations",
  try: "Run this state again, at the state",
};

/** What a command says of where its stack is, and for which task: no more than the page shows already. */
const PLACE = /--aws|--(?:profile|region|stack|task|from) \S+/g;

const OF_THE_PLACE = /^--(?:aws|profile|region|stack)$/;

/** Options that the form of a retraining has as fields. */
const FIELDS =
  "task|promote|force|algorithms|hyperparameters?|tuning|features|serving|years|min-training-rows|max-rejected-fraction|" +
  "max-without-weather-fraction|max-station-miles|chunk-bytes|min-improvement|max-score-change|reason|reason-detail";

/** Commands and options as sentences of the project have them: words by themselves. Names may hold anything else. */
const PARTS = new RegExp(`(?<=^|[\\s(])(\`(?:wildrydes|make) [a-z][^\`]*\`|--(?:aws|profile|region|stack|${FIELDS}))(?=[).,:;?!]*(?:\\s|$))`);

/**
 * A sentence with its commands: one that a control of the page does is named by that control, an option is the form's field,
 * and any other command is code, to be typed into a shell. All else is shown as it is, names with dashes and backticks too.
 */
export function Hint({ text }: { text: string }) {
  return <>{text.split(PARTS).map(part)}</>;
}

function part(text: string, place: number): ComponentChildren {
  // Between two parts that match stands one that does not.
  if (place % 2 === 0) return text;
  // Of the place of the stack no form has a field: whoever starts the console says it.
  if (OF_THE_PLACE.test(text)) return <code key={place}>wildrydes console {text}</code>;
  if (text.startsWith("--")) return <code key={place}>{text.slice(2).replaceAll("-", "_")}</code>;
  const command = text.slice(1, -1);
  const control = controlOf(command);
  return control ? (
    <em key={place} title={command}>
      {control}
    </em>
  ) : (
    <code key={place}>{command}</code>
  );
}

/** The control that does what a command does; empty where there is none, or the command is told more than the page is. */
function controlOf(command: string): string {
  const [, name = "", rest = ""] = /^wildrydes ([a-z]+)(.*)/.exec(command) ?? [];
  return Object.hasOwn(CONTROLS, name) && !/--|=/.test(rest.replace(PLACE, "")) ? CONTROLS[name]! : "";
}
