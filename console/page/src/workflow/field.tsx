// One field of a form, by its schema: with its meaning, its range, its default, and what is wrong with it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Refusal } from "../api";
import { isNumeral, repeated, rounded } from "./numbers";
import type { FieldSchema } from "./types";

/** What a reader has put into a field: a text, a tick, the names that are ticked, or the texts of the parts. */
export type Value = string | boolean | string[] | Record<string, string> | undefined;

interface Props {
  name: string;
  schema: FieldSchema;
  value: Value;
  set: (value: Value) => void;
  wrong: string;
}

export function Field({ name, schema, value, set, wrong }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (wrong) place.current?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  }, [wrong]);
  const help = `field-${name}-help`;
  const about = { "aria-describedby": wrong ? `${help} field-${name}-wrong` : help, "aria-invalid": wrong !== "" };
  return (
    <div class={`field${wrong ? " wrong" : ""}`} ref={place}>
      {control(name, schema, value, set, about)}
      <p class="quiet" id={help}>
        {schema.description} {rangeOf(schema)}
      </p>
      {wrong && (
        <p class="trouble" role="alert" id={`field-${name}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}

type About = Record<string, string | boolean>;

function control(name: string, schema: FieldSchema, value: Value, set: (value: Value) => void, about: About): ComponentChildren {
  if (isOf(schema, "boolean"))
    return (
      <label>
        <input {...about} type="checkbox" checked={(value ?? schema.default) === true} onChange={(event) => set(event.currentTarget.checked)} />{" "}
        <code>{name}</code>
      </label>
    );
  if (schema.items) return <Several name={name} all={schema.items.enum} value={value} set={set} about={about} />;
  if (schema.properties) return <Parts name={name} schema={schema.properties} value={value} set={set} about={about} />;
  const text = typeof value === "string" ? value : "";
  const props = { ...about, id: `field-${name}`, value: text };
  const type = (event: { currentTarget: { value: string } }) => set(event.currentTarget.value);
  return (
    <>
      <label for={`field-${name}`}>
        <code>{name}</code>
      </label>
      {schema.enum ? (
        <select {...props} onChange={type}>
          <option value="">{String(schema.default)}, the default</option>
          {schema.enum.filter((each) => each !== schema.default).map((each) => <option key={each}>{each}</option>)}
        </select>
      ) : isOf(schema, "object") ? (
        <textarea {...props} rows={2} spellcheck={false} placeholder={schema.examples?.join("  or  ")} onInput={type} />
      ) : (
        <input {...props} inputMode={isNumber(schema) ? "decimal" : "text"} maxLength={schema.maxLength} placeholder={shown(schema.default)} onInput={type} />
      )}
    </>
  );
}

interface PartProps {
  name: string;
  value: Value;
  set: (value: Value) => void;
  about: About;
}

function Several({ name, all, value, set, about }: PartProps & { all: string[] }) {
  const ticked = Array.isArray(value) ? value : [];
  return (
    <fieldset aria-describedby={String(about["aria-describedby"])}>
      <legend>
        <code>{name}</code>
      </legend>
      {all.map((each) => (
        <label key={each}>
          <input
            type="checkbox"
            checked={ticked.includes(each)}
            onChange={(event) => set(event.currentTarget.checked ? [...ticked, each] : ticked.filter((other) => other !== each))}
          />{" "}
          {each}
        </label>
      ))}
    </fieldset>
  );
}

function Parts({ name, schema, value, set, about }: PartProps & { schema: Record<string, FieldSchema> }) {
  const parts = typeof value === "object" && !Array.isArray(value) ? value : {};
  return (
    <fieldset>
      <legend>
        <code>{name}</code>
      </legend>
      {Object.entries(schema).map(([part, each]) => (
        <label key={part}>
          {part}{" "}
          <input
            {...about}
            inputMode="numeric"
            placeholder={String(each.default ?? "")}
            value={parts[part] ?? ""}
            onInput={(event) => set({ ...parts, [part]: event.currentTarget.value })}
          />
        </label>
      ))}
    </fieldset>
  );
}

/** What a reader's value is in the input; undefined where it is left out. Raises Refusal for a text that is no JSON, or that JavaScript would change. */
export function valueOf(name: string, schema: FieldSchema, value: Value): unknown {
  if (value === undefined || value === "" || value === schema.default) return undefined;
  if (Array.isArray(value)) {
    const names = value.filter((each) => !schema.items || schema.items.enum.includes(each));
    return names.length ? names : undefined;
  }
  if (typeof value === "object") {
    const parts = Object.entries(value).filter(([, text]) => text !== "");
    return parts.length ? Object.fromEntries(parts.map(([part, text]) => [part, number(name, text)])) : undefined;
  }
  if (typeof value === "string" && isOf(schema, "object")) {
    return json(name, schema, value);
  }
  return typeof value === "string" && isNumber(schema) ? number(name, value) : value;
}

/** What a reader would have put into a field whose value in an input is `value`: the way back of `valueOf`. */
export function written(schema: FieldSchema, value: unknown): Value {
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== "object" || value === null) return value === null ? undefined : String(value);
  if (!schema.properties) return JSON.stringify(value);
  return Object.fromEntries(Object.entries(value).map(([part, each]) => [part, String(each)]));
}

/** Whether the form can show a value of an input: it has to be of the field's type, and of a choice one. */
export function isTaken(schema: FieldSchema, value: unknown): boolean {
  if (schema.enum) return schema.enum.some((each) => each === value);
  // An empty field is the default.
  if (value === null) return schema.default === null;
  if (Array.isArray(value)) return schema.items !== undefined && value.length > 0 && value.every((each) => schema.items!.enum.includes(each));
  if (typeof value !== "object") return typeof value === "number" ? isNumber(schema) : isOf(schema, typeof value);
  const parts = schema.properties;
  return isOf(schema, "object") && (!parts || Object.entries(value).every(([part, each]) => Object.hasOwn(parts, part) && isTaken(parts[part]!, each)));
}

function json(name: string, schema: FieldSchema, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(0, `${name} is no JSON, such as ${schema.examples?.[0] ?? "{}"}.`, name);
  }
  refuseRounded(name, text);
  const twice = repeated(text);
  if (twice !== undefined) throw new Refusal(0, `${name} has the name ${JSON.stringify(twice)} twice: one of the two values would be lost.`, name);
  return value;
}

/** A number, or the text as it is: what is wrong with it the server says. */
function number(name: string, text: string): number | string {
  const numeral = text.trim();
  if (!isNumeral(numeral)) return text;
  refuseRounded(name, numeral);
  return Number(numeral);
}

function refuseRounded(name: string, text: string): void {
  const changed = rounded(text);
  if (changed) throw new Refusal(0, `${name} has the number ${changed.slice(0, 40)}, which the page would change to ${Number(changed)}. Write it with fewer digits.`, name);
}

function isOf(schema: FieldSchema, type: string): boolean {
  return [schema.type].flat().includes(type);
}

function isNumber(schema: FieldSchema): boolean {
  return isOf(schema, "number") || isOf(schema, "integer");
}

function shown(value: unknown): string {
  return value === undefined || value === null ? "" : typeof value === "number" ? value.toLocaleString() : String(value);
}

/** The range of a field and its default, in words. */
function rangeOf(schema: FieldSchema): string {
  const [part] = Object.values(schema.properties ?? {});
  const { minimum, maximum } = part ?? schema;
  const range =
    minimum === undefined ? "" : maximum === undefined ? `From ${minimum.toLocaleString()} on.` : `From ${bound(minimum, part)} to ${bound(maximum, part)}.`;
  const hasDefault = schema.default !== undefined && schema.default !== null && !schema.properties && !schema.enum && schema.default !== "";
  const standard = hasDefault && !isOf(schema, "boolean") && !isOf(schema, "object") ? `Default: ${shown(schema.default)}.` : "";
  return [range, standard].filter(Boolean).join(" ");
}

/** Years have no separators of thousands. */
function bound(value: number, part: FieldSchema | undefined): string {
  return part ? String(value) : value.toLocaleString();
}
