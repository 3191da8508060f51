// Boxes that scroll: where more is beyond an edge, that edge says so.

import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Pixels that are hidden before anything is said of them. */
const LEAST = 4;

/** Says at the edges of a box what is beyond them, for as long as it is there: the style sheet draws it. */
export function useEdges<T extends HTMLElement>(box: RefObject<T | null>): void {
  useLayoutEffect(() => mark(box.current!));
  useLayoutEffect(() => {
    const element = box.current!;
    const look = () => mark(element);
    const observer = new ResizeObserver(look);
    for (const each of [element, ...element.children]) observer.observe(each);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
}

function mark(element: HTMLElement): void {
  const { scrollTop: top, scrollLeft: left, scrollHeight, clientHeight, scrollWidth, clientWidth } = element;
  const beyond: [boolean, string][] = [
    [scrollHeight - clientHeight - top > LEAST, "↓ more below"],
    [left > LEAST, "← more left"],
    [scrollWidth - clientWidth - left > LEAST, "→ more right"],
  ];
  // A picture's hints stand outside of it, where they hide nothing.
  for (const each of [element, element.parentElement?.classList.contains("edged") ? element.parentElement : null]) {
    if (!each) continue;
    say(each, "above", top > LEAST ? "↑ more above" : "");
    say(each, "more", beyond.flatMap(([is, words]) => (is ? [words] : [])).join("   "));
  }
}

function say(element: HTMLElement, name: "above" | "more", words: string): void {
  if (words === (element.dataset[name] ?? "")) return;
  if (words) element.dataset[name] = words;
  else delete element.dataset[name];
}

interface Props {
  text: string;
  /** What it is, for whoever hears the page. */
  label: string;
  class?: string;
  /** What a line begins with that is marked. */
  mark?: string;
}

/** A text as it is, in a box that scrolls where it is long, also by the keyboard. */
export function Pre({ text, label, class: name, mark: beginning = "" }: Props) {
  const box = useRef<HTMLPreElement>(null);
  useEdges(box);
  return (
    <pre class={name} tabIndex={0} role="group" aria-label={label} ref={box}>
      {beginning
        ? text.split(/(?<=\n)/).map((line, place) => (line.trimStart().startsWith(beginning) ? <mark key={place}>{line}</mark> : line))
        : text}
    </pre>
  );
}
