// What the page asks the console's server, each request with the token of the address.

import { early, open, opening, question } from "./opening";

const STORE = "console-token";
/** A token that the server has not taken yet: a reload may come before its first answer. */
const UNTRIED = "console-token-untried";

const hasToken = () => /^#[\w-]{16,}$/.test(location.hash);

const earlierToken = () => sessionStorage.getItem(STORE) ?? "";

/** The token: of the address's fragment, which is then taken out of sight, or of this tab's earlier visit. */
function readToken(): string {
  if (hasToken()) {
    sessionStorage.setItem(UNTRIED, location.hash.slice(1));
    history.replaceState(history.state, "", location.pathname);
  }
  return sessionStorage.getItem(UNTRIED) ?? earlierToken();
}

let token = readToken();

// The address of the next console on this port differs from the page's by the fragment alone: browsers load nothing for it.
addEventListener("hashchange", () => hasToken() && location.reload());

/** What the server refused, in words for people. `status` is HTTP's, 0 where there was no answer. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Of a form's, the field at fault. */
    readonly field = "",
  ) {
    super(message);
  }
}

/** The answer to a request. A token counts once the server has taken it: whoever makes up an address takes no earlier one away. */
async function send(path: string, options: RequestInit): Promise<Response> {
  const sent = token;
  const headers = { ...options.headers, "x-console-token": sent };
  const answer = await fetch(path, { ...options, headers, credentials: "omit", cache: "no-store" });
  if (answer.ok) sessionStorage.setItem(STORE, sent);
  if (answer.ok || answer.status === 401) sessionStorage.removeItem(UNTRIED);
  const earlier = earlierToken();
  if (answer.status !== 401 || !earlier || earlier === sent) return answer;
  token = earlier;
  return send(path, options);
}

async function ask(path: string, options: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await send(path, options);
  } catch {
    throw new Refusal(0, "The console's server does not answer. Has `make down` ended it? `wildrydes console` starts one.");
  }
  if (answer.ok) return answer;
  const body: unknown = await answer.json().catch(() => null);
  const message = body && typeof body === "object" && "message" in body ? String(body.message) : unexplained(answer.status);
  const field = body && typeof body === "object" && "field" in body ? String(body.field) : "";
  throw new Refusal(answer.status, message, field);
}

/** HTTP/1.1's own words for a status are optional, and this server sends none. */
const unexplained = (status: number) => `The console's server answered with the status ${status}, and did not say why.`;

/** The answer of a path to a query. */
export async function get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
  const answer = (await early(path, query)) ?? (await read(path, query));
  return answer as T;
}

async function read(path: string, query: Record<string, string>): Promise<unknown> {
  const answer = await ask(`/api/${question(path, query)}`, {});
  return answer.json();
}

open(() => read("opening", {}));

/** The answer to a change. */
export async function post<T>(path: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json" };
  const answer = await ask(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  return (await answer.json()) as T;
}

/** Browsers read no file that has changed since it was chosen, and say only that there was no answer. */
function isReadable(file: File): Promise<boolean> {
  return file.slice(0, 1).arrayBuffer().then(
    () => true,
    () => false,
  );
}

/** The answer to a file that is uploaded. */
export async function upload<T>(path: string, query: Record<string, string>, file: File): Promise<T> {
  // Browsers ask whoever leaves the page then.
  const hold = (event: Event) => event.preventDefault();
  addEventListener("beforeunload", hold);
  try {
    const answer = await ask(`/api/${path}?${new URLSearchParams(query)}`, { method: "POST", body: file });
    return (await answer.json()) as T;
  } catch (fault) {
    if (await isReadable(file)) throw fault;
    throw new Refusal(0, `${file.name} was changed or removed after you chose it: cancel, and choose it anew. Nothing was uploaded.`);
  } finally {
    removeEventListener("beforeunload", hold);
  }
}

const PAUSE = 2000;

/** Aborted where the page goes out of sight; another one once it is in sight again. */
let sight = new AbortController();

function look() {
  if (document.hidden) sight.abort();
  else if (sight.signal.aborted) sight = new AbortController();
}

document.addEventListener("visibilitychange", look);
look();

async function inSight(): Promise<AbortSignal> {
  while (document.hidden) await new Promise((resume) => document.addEventListener("visibilitychange", resume, { once: true }));
  return sight.signal;
}

/**
 * Hand on each event that the server sends, and `open` as often as the stream begins, until the returned function is called. The browser's own EventSource sends
 * no header, so that the token would stand in a log. Where the stream breaks, it is opened again after a pause. A page
 * that nobody sees has none: browsers open six connections to a server, and six such pages would leave none for requests.
 */
export function listen(heed: (event: string, data: unknown) => void, trouble: (message: string) => void): () => void {
  const end = new AbortController();
  const follow = async (hidden: AbortSignal) => {
    const answer = await ask("/api/changes", { signal: AbortSignal.any([end.signal, hidden]) });
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    trouble("");
    heed("open", null);
    for (let rest = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (event && data) heed(event, JSON.parse(data));
      }
    }
  };
  const go = async () => {
    // The server looks at all of the stack then: the first view comes first.
    await opening;
    while (!end.signal.aborted) {
      const hidden = await inSight();
      await follow(hidden).catch((fault: unknown) => {
        if (!end.signal.aborted && !hidden.aborted) trouble(fault instanceof Error ? fault.message : String(fault));
      });
      if (!hidden.aborted) await new Promise((resume) => setTimeout(resume, PAUSE));
    }
  };
  void go();
  return () => end.abort();
}
