// JSON that JavaScript would read as something else than what it says.

/** A number of JSON, or a text, in which there may be digits too. */
const NUMBERS = /"(?:[^"\\]|\\.)*"|(-?\d[\d.eE+-]*)/g;
/** What a number of JavaScript's holds of any decimal one. */
const DIGITS = 15;

/** The first number that JavaScript would change; empty where there is none. */
export function rounded(text: string): string {
  const numbers = [...text.matchAll(NUMBERS)].flatMap(([, number]) => (number ? [number] : []));
  return numbers.find(isRounded) ?? "";
}

function isRounded(text: string): boolean {
  const value = Number(text);
  const digits = text.replace(/[eE].*/, "").replace(/(\.\d*?)0+$/, "$1").replace(/\D/g, "").replace(/^0+/, "");
  if (!Number.isFinite(value) || Object.is(value, -0)) return true;
  return (value === 0 && digits !== "") || (digits.length > DIGITS && String(value) !== text);
}

/** Whether a text is a number of JSON. */
export const isNumeral = (text: string) => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text);

/** The first name that an object of a JSON text has twice; undefined where none has. */
export function repeated(text: string): string | undefined {
  const around: Set<string>[] = [];
  for (const token of text.match(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g) ?? []) {
    if (token === "{" || token === "[") around.push(new Set());
    else if (token === "}" || token === "]") around.pop();
    else if (token.endsWith(":")) {
      const name = JSON.parse(token.slice(0, -1)) as string;
      if (around.at(-1)!.has(name)) return name;
      around.at(-1)!.add(name);
    }
  }
  return undefined;
}
