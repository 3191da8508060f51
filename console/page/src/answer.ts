// What a path answers, asked for by a part of the page for as long as it shows it.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { get, Refusal } from "./api";
import { message } from "./parts";

interface Reading<T> {
  key: string | null;
  /** Null until there is one. Where it could not be had anew, the one before stays, unless the stack is gone. */
  value: T | null;
  /** Why the last question was refused; empty where it was not. */
  trouble: string;
  /** Whether the stack that was asked about is there no more. */
  gone: boolean;
}

const NOTHING = { value: null, trouble: "", gone: false };

/** HTTP's status where there is nothing any more. */
const GONE = 410;

export interface Answer<T> extends Reading<T> {
  /** Whether an answer to this question is on its way. */
  isAsking: boolean;
  again: () => void;
}

/**
 * Calls `ask` as soon as `key` is not null, and anew at each other `version`, one call after the other: one that is under
 * way is not dropped for a newer version, for which `ask` is called next, once however many have come. A page that is told
 * of changes faster than AWS answers would show nothing else. `ask` is handed whether anybody still waits for its answer:
 * what belongs to another key comes too late.
 */
export function useInTurn(key: string | null, version: string, ask: (isWanted: () => boolean) => Promise<void>): void {
  const asking = useRef<string | null>(null);
  const wanted = useRef({ ask, version });
  wanted.current = { ask, version };
  // Not once the page is painted: what comes early, as the first view's answers do, is there in the first picture.
  useLayoutEffect(() => {
    // Nothing is wanted any more: the question under way is the last one.
    if (key === null) asking.current = null;
    if (key === null || asking.current === key) return;
    asking.current = key;
    const isWanted = () => asking.current === key;
    const go = async () => {
      for (let latest: string | null = null; latest !== wanted.current.version && isWanted(); ) {
        latest = wanted.current.version;
        await wanted.current.ask(isWanted);
      }
      if (isWanted()) asking.current = null;
    };
    void go();
  }, [key, version]);
  // Nothing is drawn of what is answered once the part has gone.
  useEffect(() => () => void (asking.current = ""), []);
}

/** What `ask` promises of `key`, asked for in turn, with the value so far. */
export function useReading<T>(key: string | null, ask: (before: T | null) => Promise<T>, version: string): Answer<T> {
  const [, redraw] = useState(0);
  const [tries, setTries] = useState(0);
  const reading = useRef<Reading<T>>({ key: null, ...NOTHING });
  const question = `${key} ${version} ${tries}`;
  const last = useRef("");
  useInTurn(key, `${version} ${tries}`, async (isWanted) => {
    const before = reading.current.key === key ? reading.current.value : null;
    const answer: Reading<T> = await ask(before).then(
      (value) => ({ key, value, trouble: "", gone: false }),
      (fault: unknown) => {
        const gone = fault instanceof Refusal && fault.status === GONE;
        return { key, value: gone ? null : before, trouble: message(fault), gone };
      },
    );
    if (!isWanted()) return;
    reading.current = answer;
    last.current = question;
    redraw((number) => number + 1);
  });
  const { value, trouble, gone } = reading.current.key === key ? reading.current : NOTHING;
  const isAsking = key !== null && last.current !== question;
  return { key, value, trouble, gone, isAsking, again: () => setTries(tries + 1) };
}

/** What a path answers to a query; nothing is asked while `query` is null. */
export function useAnswer<T>(path: string, query: Record<string, string> | null, version: string | number = ""): Answer<T> {
  const key = query && `${path}?${new URLSearchParams(query)}`;
  return useReading<T>(key, () => get<T>(path, query!), String(version));
}
