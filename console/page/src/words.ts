// Values as people read them.

/** A length of time, to what matters of it: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function between(start: string, end: string | null): number {
  return ((end ? Date.parse(end) : Date.now()) - Date.parse(start)) / 1000;
}

/** How long an execution took, as lists have it: with the pauses before its redrives, which no list tells apart. */
export function took({ started, ended, redrives }: { started: string; ended: string | null; redrives: number }): string {
  return `${duration(between(started, ended))}${redrives > 0 ? " in all, redriven" : ""}`;
}

/** A moment in the reader's own time. */
export function moment(text: string): string {
  return new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** A number as the page writes it: thousands with their separators, and a minus sign that is as wide as a plus. */
export function number(value: number, form: Intl.NumberFormatOptions = {}): string {
  // No minus before a nought that a small one is rounded to.
  return value.toLocaleString(undefined, form).replace(/^-(?=[0.,]*$)/, "").replace("-", "\u2212");
}

/** A change, with its sign; none where it rounds to nought. */
export function change(value: number, form: Intl.NumberFormatOptions): string {
  return value.toLocaleString(undefined, { ...form, signDisplay: "exceptZero" }).replace("-", "\u2212");
}

/** A share as a percentage; near 0 and 1 it has the decimals that tell it from them. */
export function percent(share: number): string {
  const edge = Math.min(share, 1 - share);
  const decimals = edge > 0 ? Math.min(6, Math.max(1, Math.ceil(-Math.log10(edge)) - 1)) : 0;
  return `${number(share * 100, { minimumFractionDigits: decimals, maximumFractionDigits: decimals })}\u00a0%`;
}

/** A share as a percentage to a tenth, for whoever compares several. */
export function tenths(share: number): string {
  if (share > 0 && share < 0.0005) return `under ${number(0.1)}\u00a0%`;
  if (share >= 0.9995) return `over ${number(99.9)}\u00a0%`;
  return `${number(share * 100, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}\u00a0%`;
}

/** How many, with its noun: "1 child", "12 children". */
export function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** Bytes, in the unit that fits: "812 bytes", "3.4 MB". */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString()} ${UNITS[power]}`;
}

/** An amount to its first two figures, where it is small. */
export function dollars(usd: number): string {
  if (usd === 0 || usd >= 1) return `$${usd.toFixed(2)}`;
  return `$${usd.toFixed(Math.max(2, 1 - Math.floor(Math.log10(usd))))}`;
}

const STATUS: Record<string, string> = {
  RUNNING: "running",
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  CAUGHT: "failed, caught",
  TIMED_OUT: "timed out",
  ABORTED: "stopped",
  PENDING_REDRIVE: "waits for its redrive",
};

export function status(code: string): string {
  return Object.hasOwn(STATUS, code) ? STATUS[code]! : code.toLowerCase();
}

const REASON: Record<string, string> = {
  person: "a person",
  schedule: "the schedule",
  new_rides: "new rides",
  drift: "a drift alarm",
  quality: "a quality alarm",
};

const ROLLBACK = "rollback from ";

/** What started an execution. Whatever else an input calls its reason is said as it is. */
export function reason(code: string): string {
  if (code.startsWith(ROLLBACK)) return `a ${code}`;
  return Object.hasOwn(REASON, code) ? REASON[code]! : code;
}

const OUTCOME: Record<string, string> = {
  promoted: "went live",
  kept: "did not go live",
  yielded: "yielded",
};

/** What became of a retraining that has succeeded. */
export function outcome(code: string): string {
  return Object.hasOwn(OUTCOME, code) ? OUTCOME[code]! : code;
}

/** What a gate said of a model that has been looked at, in words of now: there may be a champion meanwhile, this model say. */
export function saidThen(reason: string): string {
  return reason.replace(/^There is no champion\b/, "There was no champion then");
}
