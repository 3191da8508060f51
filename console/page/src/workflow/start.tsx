// The form that starts a retraining, made from the schema of its input. Whatever is left empty is left out.

import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../answer";
import { post, Refusal } from "../api";
import { Pre } from "../edges";
import { Ask, message, Trouble } from "../parts";
import { Field, isTaken, type Value, valueOf, written } from "./field";
import { rounded } from "./numbers";
import type { FieldSchema, InputSchema } from "./types";

/** What people set most often; the others are folded. */
const FIRST = ["task", "promote", "force"];

/** Letters that are shown of what was not taken over, and names. */
const MOST_SHOWN = 40;
const MOST_NAMES = 5;

const list = (names: string[]) => names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : "");

/** What started the one before is no reason of the next. */
const OWN = ["reason", "reason_detail"];

interface Props {
  /** The input that the form begins with, as JSON. */
  input: string;
  started: (arn: string) => void;
  close: () => void;
}

export function Start({ input, started, close }: Props) {
  const { value: schema, trouble } = useAnswer<InputSchema>("workflow/schema", {});
  const [values, setValues] = useState<Record<string, Value>>({});
  const [wrong, setWrong] = useState({ field: "", message: "" });
  const [unfolded, setUnfolded] = useState(false);
  const [left, setLeft] = useState("");
  useEffect(() => {
    if (!schema) return;
    const { values: before, left } = valuesOf(schema, input);
    setValues(before);
    setLeft(left);
    setUnfolded(Object.keys(before).some((name) => !FIRST.includes(name)));
  }, [schema === null, input]);
  const act = async () => {
    setWrong({ field: "", message: "" });
    const answer = await post<{ arn: string }>("workflow/start", { input: inputOf(schema, values) });
    started(answer.arn);
  };
  const refused = (fault: unknown): boolean => {
    if (!(fault instanceof Refusal) || !schema || !Object.hasOwn(schema.properties, fault.field)) return false;
    setWrong({ field: fault.field, message: fault.message });
    if (!FIRST.includes(fault.field)) setUnfolded(true);
    return true;
  };
  const field = (name: string) => (
    <Field
      key={name}
      name={name}
      schema={ofTask(schema!, name, values.task)}
      value={values[name]}
      set={(value) => setValues((before) => ({ ...before, [name]: value }))}
      wrong={wrong.field === name ? wrong.message : ""}
    />
  );
  return (
    <Ask title="Start a retraining" confirm="Start it" act={act} close={close} refused={refused}>
      <p>
        It ingests the rides in the bucket, joins them with the weather, trains, and judges the model against the champion.
      </p>
      {left && (
        <p class="trouble" role="alert">
          {left}
        </p>
      )}
      <Trouble message={trouble} />
      {!schema && !trouble && <p class="quiet">Reading what its input may be …</p>}
      {schema && FIRST.map(field)}
      {schema && (
        <details class="more" open={unfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
          <summary>All other fields</summary>
          <p class="quiet">What you leave empty is as its default says.</p>
          {Object.keys(schema.properties)
            .filter((name) => !FIRST.includes(name))
            .map(field)}
        </details>
      )}
      {schema && <Preview schema={schema} values={values} />}
    </Ask>
  );
}

function Preview({ schema, values }: { schema: InputSchema; values: Record<string, Value> }) {
  let text: string;
  try {
    text = JSON.stringify(inputOf(schema, values), null, 2);
  } catch (fault) {
    text = message(fault);
  }
  return (
    <details class="more">
      <summary>The input as JSON</summary>
      <Pre label="The input, as JSON" text={text} />
    </details>
  );
}

/** A field's schema; of features those that the task has, which is the default's where none was chosen. */
function ofTask(schema: InputSchema, name: string, task: unknown): FieldSchema {
  const whole = schema.properties[name]!;
  const features = () => schema["x-features"][String(task || schema.properties.task?.default)] ?? [];
  return name === "features" ? { ...whole, items: { enum: features() } } : whole;
}

function inputOf(schema: InputSchema | null, values: Record<string, Value>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  if (!schema) return input;
  for (const name of Object.keys(schema.properties)) {
    // What was ticked for another task is out of sight: it is no part of the input.
    const value = valueOf(name, ofTask(schema, name, values.task), values[name]);
    if (value !== undefined) input[name] = value;
  }
  return input;
}

/** The form's values for an input, and what of it is `left` out, in words: empty where it is all there. */
function valuesOf(schema: InputSchema, input: string): { values: Record<string, Value>; left: string } {
  const nothing = (why: string) => ({ values: {}, left: `The input was not taken over: ${why}. The form begins empty.` });
  const number = rounded(input);
  if (number) return nothing(`the page would round its number ${number.slice(0, MOST_SHOWN)}`);
  try {
    const value: unknown = JSON.parse(input);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return nothing("it is no JSON object");
    const fields = Object.entries(value).filter(([name]) => !OWN.includes(name));
    const task = "task" in value ? value.task : "";
    const taken = fields.filter(([name, each]) => Object.hasOwn(schema.properties, name) && isTaken(ofTask(schema, name, task), each));
    const others = fields.filter((each) => !taken.includes(each)).map(([name]) => name.slice(0, MOST_SHOWN));
    return {
      values: Object.fromEntries(taken.map(([name, each]) => [name, written(schema.properties[name]!, each)])),
      left: others.length > 0 ? `Not taken over from the input, since a retraining takes no such field or value: ${list(others)}.` : "",
    };
  } catch (fault) {
    return nothing(message(fault));
  }
}
