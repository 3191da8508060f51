// The form that starts a retraining: the fields that people use, and all others as JSON.

import { useState } from "preact/hooks";
import { post } from "../api";
import { Ask } from "../parts";
import { Refusal } from "../api";


export function Start({ tasks, started, close }: { tasks: string[]; started: (arn: string) => void; close: () => void }) {
  const [task, setTask] = useState("");
  const [promote, setPromote] = useState(true);
  const [force, setForce] = useState(false);
  const [others, setOthers] = useState("{}");
  const act = async () => {
    let more: unknown;
    try {
      more = JSON.parse(others);
    } catch {
      throw new Refusal(0, "The other fields are no JSON object.");
    }
    if (more === null || typeof more !== "object" || Array.isArray(more)) throw new Refusal(0, "The other fields are no JSON object.");
    const input = { ...(task && { task }), ...(!promote && { promote }), ...(force && { force }), ...more };
    const answer = await post<{ arn: string }>("workflow/start", { input });
    started(answer.arn);
  };
  return (
    <Ask title="Start a retraining" confirm="Start it" act={act} close={close}>
      <p>
        It ingests the rides in the bucket, joins them with the weather, trains, and judges the model against the champion.
      </p>
      <label class="field">
        What to predict
        <select value={task} onChange={(event) => setTask(event.currentTarget.value)}>
          <option value="">the default</option>
          {tasks.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label>
        <input type="checkbox" checked={promote} onChange={(event) => setPromote(event.currentTarget.checked)} /> Make a better
        model the champion
      </label>
      <label>
        <input type="checkbox" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} /> Even over one of
        other features, or a damaged one
      </label>
      <label class="field">
        Other fields of the input, as JSON
        <textarea rows={4} spellcheck={false} value={others} onInput={(event) => setOthers(event.currentTarget.value)} />
        <span class="quiet">Such as {'{"years": {"first": 2018, "last": 2019}, "algorithms": ["xgboost"]}'}</span>
      </label>
    </Ask>
  );
}
