// What a page asks first, answered by one request: of its own questions each would wait for the answer before.

interface EarlyAnswer {
  path: string;
  query: Record<string, string>;
  answer: unknown;
}

/** The paths that may be answered early: to others a question goes at once. */
const EARLY = ["about", "workflow/machines", "workflow/graph", "workflow/executions", "workflow/execution"];

/** Milliseconds. Where AWS takes longer, each part of the page asks by itself, and says by itself what it waits for. */
const PATIENCE = 2000;

/** Answers that have not been used, by their question. */
let unused = new Map<string, unknown>();

export const question = (path: string, query: Record<string, string>) => `${path}?${new URLSearchParams(query)}`;

/** Settled when the early answers are there, or will not come. Asked for when the page is loaded, once. */
export let opening: Promise<void> = Promise.resolve();

export function open(ask: () => Promise<unknown>): void {
  const late = new Promise<EarlyAnswer[]>((resume) => setTimeout(resume, PATIENCE, []));
  // What is refused here is refused to the questions as well, which say it.
  const early = ask().catch(() => []) as Promise<EarlyAnswer[]>;
  opening = Promise.race([early, late]).then((all) => {
    unused = new Map(all.map(({ path, query, answer }) => [question(path, query), answer]));
  });
}

/** The early answer to a question, once; undefined where there is none. Whoever asks for something else has gone on: then the rest is old. */
export async function early(path: string, query: Record<string, string>): Promise<unknown> {
  if (!EARLY.includes(path)) return undefined;
  await opening;
  const key = question(path, query);
  const answer = unused.get(key);
  if (answer === undefined) unused.clear();
  unused.delete(key);
  return answer;
}
