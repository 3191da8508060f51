// An input, an output or a cause: folded where it is long, and all of it on demand.

import { useState } from "preact/hooks";
import { get } from "../api";
import { message, pretty, Trouble } from "../parts";
import type { Excerpt } from "./types";

interface Props {
  title: string;
  excerpt: Excerpt | null;
  open?: boolean;
  whole: Record<string, string>;
}

export function Text({ title, excerpt, open = false, whole }: Props) {
  const [all, setAll] = useState<string | null>(null);
  const [trouble, setTrouble] = useState("");
  if (!excerpt) return null;
  const cut = all === null && excerpt.text.length < excerpt.length;
  const text = all ?? excerpt.text;
  const show = () =>
    get<{ text: string | null }>("workflow/text", whole)
      .then((answer) => setAll(answer.text ?? ""))
      .catch((fault: unknown) => setTrouble(message(fault)));
  return (
    <details class="text" open={open}>
      <summary>
        {title} <span class="quiet">{excerpt.length.toLocaleString()} characters</span>
      </summary>
      <pre tabIndex={0}>{cut ? text : pretty(text)}</pre>
      {cut && (
        <p>
          The first {excerpt.text.length.toLocaleString()} characters.{" "}
          <button type="button" onClick={show}>
            Show all {excerpt.length.toLocaleString()}
          </button>
        </p>
      )}
      <Trouble message={trouble} />
    </details>
  );
}
