// What a model was made from, as a graph, with each digest held against what is there now.

import { useState } from "preact/hooks";
import { get } from "../api";
import { message, Trouble } from "../parts";
import { moment } from "../words";
import type { Finding, ModelLine } from "./types";

// From left to right: what each step read, and what came of it.
const STEPS: [string, string[]][] = [
  ["Read", ["rides", "weather"]],
  ["Joined to a training set", ["rows"]],
  ["Trained by", ["image", "workflow", "code"]],
  ["Gave the model", ["artefact"]],
];
const WORDS: Record<string, [string, string]> = {
  match: ["as it was", "succeeded"],
  differs: ["differs", "failed"],
  gone: ["gone", "failed"],
  unknown: ["unknown", "caught"],
};
const MOST_DETAILS = 20;

interface Props {
  task: string;
  execution: string;
  lives: ModelLine[];
  /** Where in the bucket the model's card is. */
  card: string;
}

/** The graph of a model's inputs, up to when it answered; nothing is read before a person asks for it. */
export function Lineage({ task, execution, lives, card }: Props) {
  const [findings, setFindings] = useState<Finding[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const check = async () => {
    setBusy(true);
    setTrouble("");
    try {
      setFindings(await get<Finding[]>("models/lineage", { task, execution }));
    } catch (fault) {
      setTrouble(message(fault));
    }
    setBusy(false);
  };
  const same = findings?.filter((each) => each.status === "match").length;
  return (
    <section aria-label="What it was made from">
      <h3>What it was made from</h3>
      <p class="quiet">
        A model's card is a file that its evaluation wrote: {card}. It has a digest of each input. The check reads weather, rows and
        model again, and compares each digest with the card's.
      </p>
      <button type="button" disabled={busy} onClick={check}>
        {busy ? "Reading the inputs …" : "Check each digest"}
      </button>
      <Trouble message={trouble} />
      {findings && (
        <>
          <p role="status">
            {same} of {findings.length} are as they were.
          </p>
          <ol class="lineage">
            {STEPS.map(([words, names]) => (
              <li key={words}>
                <h4>{words}</h4>
                {findings
                  .filter((each) => names.includes(each.name))
                  .map((each) => (
                    <Input key={each.name} finding={each} />
                  ))}
              </li>
            ))}
            <li>
              <h4>Answered requests</h4>
              {lives.length === 0 && <p class="quiet">It was never live: no caller had an answer of it.</p>}
              {lives.map((each) => (
                <div key={each.since} class="input">
                  <strong>version {each.version}</strong>
                  <p class="quiet">
                    {each.live ? `since ${moment(each.since)}` : `${moment(each.since)} to ${moment(each.until)}`}
                  </p>
                </div>
              ))}
            </li>
          </ol>
        </>
      )}
    </section>
  );
}

function Input({ finding }: { finding: Finding }) {
  const [words, colour] = WORDS[finding.status] ?? [finding.status, "idle"];
  return (
    <div class="input">
      <strong>{finding.name}</strong> <span class={`status ${colour}`}>{words}</span>
      {finding.objects !== null && (
        <p class="quiet">
          {finding.objects.toLocaleString()} {finding.objects === 1 ? "object" : "objects"} under {finding.prefix}
        </p>
      )}
      <p class="digest">{finding.digest}</p>
      {finding.details.slice(0, MOST_DETAILS).map((detail) => (
        <p key={detail} class="quiet">
          {detail}
        </p>
      ))}
      {finding.details.length > MOST_DETAILS && <p class="quiet">and {finding.details.length - MOST_DETAILS} more</p>}
    </div>
  );
}
