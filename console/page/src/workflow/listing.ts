// Executions as AWS lists them, page by page: those of a state machine, or the children of a Map Run.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useInTurn } from "../answer";
import { get, post } from "../api";
import { message } from "../parts";
import type { Facts, Summary } from "./types";

interface Page {
  executions: Summary[];
  nextToken: string | null;
}

export interface Listing {
  executions: Summary[];
  done: boolean;
  /** Asks for the next page; null where all are listed. */
  more: (() => void) | null;
  trouble: string;
  /** Asks once more for what was refused. */
  again: () => void;
}

/**
 * The executions of `source`, the newest first: what was listed, with what the event stream has told since. At each new
 * `version` the newest page is asked for again, and with `whole` every page that there is: once, however many versions
 * have come by the time that the one before has been answered.
 */
export function useListing(source: Record<string, string>, news: Summary[], version = "", whole = false): Listing {
  const [listed, setListed] = useState<Map<string, Summary>>(new Map());
  const [next, setNext] = useState<string | null>(null);
  const [done, setDone] = useState(false);
  const [trouble, setTrouble] = useState("");
  const name = JSON.stringify(source);
  const wanted = useRef("");
  const busy = useRef(false);
  const pages = useRef(0);
  const [tries, setTries] = useState(0);
  const isOfMore = useRef(false);
  const ask = async (token: string): Promise<Page | null> => {
    try {
      const page = await get<Page>("workflow/executions", { ...source, nextToken: token });
      // An answer about what was chosen before comes too late.
      if (wanted.current !== name) return null;
      setListed((before) => new Map([...before, ...page.executions.map((each) => [each.arn, each] as const)]));
      setTrouble("");
      return page;
    } catch (fault) {
      if (wanted.current === name) setTrouble(message(fault));
      return null;
    }
  };
  const more = async () => {
    if (busy.current || next === null) return;
    busy.current = true;
    const page = await ask(next);
    busy.current = false;
    // What was chosen meanwhile is another list.
    isOfMore.current = page === null && wanted.current === name;
    if (!page) return;
    pages.current += 1;
    setNext(page.nextToken);
  };
  const refresh = async () => {
    const isFirst = pages.current === 0;
    const length = pages.current;
    const read: Summary[] = [];
    isOfMore.current = false;
    let page = await ask("");
    if (page && isFirst) {
      pages.current = 1;
      setNext(page.nextToken);
      setDone(true);
    }
    if (!whole) return;
    for (let number = 1; page; number += 1) {
      read.push(...page.executions);
      if (number >= length || !page.nextToken) break;
      page = await ask(page.nextToken);
    }
    // What is listed no more is gone, with the stack of before a deployment, say.
    if (!page || isFirst || pages.current !== length) return;
    setListed(new Map(read.map((each) => [each.arn, each])));
    setNext(page.nextToken);
  };
  useLayoutEffect(() => {
    wanted.current = name;
    busy.current = false;
    pages.current = 0;
    setListed(new Map());
    setNext(null);
    setDone(false);
    setTrouble("");
  }, [name]);
  useInTurn(Object.values(source).every(Boolean) ? name : null, `${version} ${tries}`, refresh);
  const again = () => (isOfMore.current ? void more() : setTries(tries + 1));
  const executions = useMemo(() => {
    const all = new Map(listed);
    for (const each of news) all.set(each.arn, each);
    const timed = [...all.values()].map((each) => [Date.parse(each.started), each] as const);
    return timed.sort(([one], [other]) => other - one).map(([, each]) => each);
  }, [listed, news]);
  return { executions, done, more: next !== null ? () => void more() : null, trouble, again };
}

interface FactsInSight {
  facts: Map<string, Facts>;
  /** To be called with the rows in sight. */
  seen: (rows: Summary[]) => void;
  /** Why they could not be had, and a way to ask for them once more. */
  trouble: string;
  again: () => void;
}

/** What lists do not say of executions, asked of those in sight: once of each that has ended, and of a redrive anew. */
export function useFacts(): FactsInSight {
  const [facts, setFacts] = useState<Map<string, Facts>>(new Map());
  const [trouble, setTrouble] = useState("");
  const requests = useRef(new Set<string>());
  const sight = useRef<Summary[]>([]);
  const seen = (rows: Summary[]) => {
    sight.current = rows;
    const fresh = rows.filter((each) => !requests.current.has(key(each))).slice(0, MOST_FACTS);
    if (fresh.length === 0) return;
    for (const each of fresh) requests.current.add(key(each));
    post<Record<string, Facts>>("workflow/facts", { arns: fresh.map((each) => each.arn) })
      .then((answer) => {
        setFacts((before) => new Map([...before, ...Object.entries(answer)]));
        setTrouble("");
        const early = fresh.filter((each) => isToBeAccounted({ ...each, ...answer[each.arn] }));
        for (const each of early) requests.current.delete(key(each));
        if (early.length > 0) setTimeout(() => seen(sight.current), PAUSE);
      })
      // They are not asked for again by themselves: the list changes with every execution that goes on.
      .catch((fault: unknown) => setTrouble(message(fault)));
  };
  const again = () => {
    requests.current.clear();
    setTrouble("");
    seen(sight.current);
  };
  return { facts, seen, trouble, again };
}

const MOST_FACTS = 40;
const PAUSE = 3000;
const ACCOUNTED = 60_000;

/** Whether an execution is a retraining that has just ended without success: its cost is told some moments later. */
export function isToBeAccounted({ ended, is_accounted, cost }: Partial<Facts> & { ended: string | null }): boolean {
  return ended !== null && is_accounted === true && cost === null && Math.abs(Date.now() - Date.parse(ended)) < ACCOUNTED;
}

const key = (each: Summary) => `${each.arn} ${each.status} ${each.redrives}`;
