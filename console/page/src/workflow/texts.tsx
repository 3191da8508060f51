// An input, an output or a cause: folded where it is long, and all of it on demand.

import { useEffect, useMemo, useState } from "preact/hooks";
import { get } from "../api";
import { Pre } from "../edges";
import { message, pretty, Trouble } from "../parts";
import type { Excerpt, Execution } from "./types";

interface Props {
  title: string;
  excerpt: Excerpt | null;
  open?: boolean;
  whole: Record<string, string>;
}

/** Characters that are laid out before somebody asks for all: a browser takes its time for 250,000 of them. */
const MOST_SHOWN = 20_000;

export function Text({ title, excerpt, open = false, whole }: Props) {
  if (!excerpt) return null;
  // After a redrive an output may be another one of the same length.
  return <ExcerptText key={`${excerpt.length} ${excerpt.text}`} title={title} excerpt={excerpt} open={open} whole={whole} />;
}

function ExcerptText({ title, excerpt, open, whole }: { title: string; excerpt: Excerpt; open: boolean; whole: Record<string, string> }) {
  const [isOpen, setOpen] = useState(open);
  const [read, setRead] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const [trouble, setTrouble] = useState("");
  const isCut = read === null && excerpt.is_cut;
  useEffect(() => {
    if (!isOpen || !isCut) return;
    get<{ text: string | null }>("workflow/text", whole)
      .then((answer) => setRead(answer.text ?? ""))
      .catch((fault: unknown) => setTrouble(message(fault)));
  }, [isOpen, isCut]);
  const text = read ?? excerpt.text;
  const laid = useMemo(() => (isCut ? text : pretty(text)), [text, isCut]);
  const shown = all ? laid : laid.slice(0, MOST_SHOWN);
  return (
    <details class="text" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {title} <span class="quiet">{excerpt.length.toLocaleString()} characters</span>
      </summary>
      {isOpen && <Pre label={title} text={shown} />}
      {isOpen && isCut && !trouble && <p class="quiet">Reading {excerpt.length.toLocaleString()} characters …</p>}
      {isOpen && shown.length < laid.length && (
        <p>
          The first {shown.length.toLocaleString()} of {laid.length.toLocaleString()} characters.{" "}
          <button type="button" onClick={() => setAll(true)}>
            Show all of it
          </button>
        </p>
      )}
      <Trouble message={trouble} />
    </details>
  );
}

/** All of an execution's input; null where it has none that may be read. */
export async function wholeInput({ arn, input }: Execution): Promise<string | null> {
  if (!input?.is_cut) return input?.text ?? null;
  return (await get<{ text: string }>("workflow/text", { arn, field: "input" })).text;
}
