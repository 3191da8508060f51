// Where two inputs differ: field by field, and of what is long the place where it begins to differ.

export interface Difference {
  /** The field, with those that it is in: `hyperparameters.epochs`. */
  path: string;
  /** Both values as JSON, or as much of them as there is room for. */
  values: [string, string];
}

/** Characters of a value that is shown whole, and of a longer one before and after the place where it begins to differ. */
const SHORT = 200;
const BEFORE = 40;
const AFTER = 120;

const ABSENT = "its default";

/** The differences of two inputs, whatever the order of their fields. */
export function differences(one: string, other: string): Difference[] {
  return within("", fieldsOf(one), fieldsOf(other));
}

type Fields = Record<string, unknown>;

/** An input's fields; of a text that is no object the text itself. */
function fieldsOf(input: string): Fields {
  try {
    const value: unknown = JSON.parse(input);
    if (isOfFields(value) && !Array.isArray(value)) return value;
  } catch {
    // Compared as it is, below.
  }
  return { input };
}

const isOfFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

function within(path: string, one: Fields, other: Fields): Difference[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.flatMap((name) => {
    const values = [one, other].map((fields) => (Object.hasOwn(fields, name) ? fields[name] : undefined)) as [unknown, unknown];
    return ofValues(path ? `${path}.${name}` : name, ...values);
  });
}

function ofValues(path: string, one: unknown, other: unknown): Difference[] {
  const [first, second] = [one, other].map((value) => (value === undefined ? ABSENT : JSON.stringify(value))) as [string, string];
  if (first === second) return [];
  const isLong = Math.max(first.length, second.length) > SHORT;
  if (isLong && isOfFields(one) && isOfFields(other) && lengthOf(one) === lengthOf(other)) return within(path, one, other);
  return [{ path, values: isLong ? [around(first, second), around(second, first)] : [first, second] }];
}

/** The length of a list, whose values have no names to compare them by. */
const lengthOf = (value: Fields) => (Array.isArray(value) ? value.length : null);

/** As much of a text as there is room for, around the place where it begins to differ from another one. */
function around(text: string, other: string): string {
  let place = 0;
  while (place < text.length && text[place] === other[place]) place += 1;
  const [start, end] = [Math.max(0, place - BEFORE), place + AFTER];
  return `${start > 0 ? "… " : ""}${text.slice(start, end)}${end < text.length ? " …" : ""}`;
}
