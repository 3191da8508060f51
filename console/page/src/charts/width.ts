// The width that a part of the page has: charts are drawn in pixels, so that their letters are as large in each of them.

import { type RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

const USUAL = 360;

/** The width of an element in pixels, as it is and as it becomes. */
export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const element = useRef<T>(null);
  const [width, setWidth] = useState(USUAL);
  useLayoutEffect(() => {
    const measure = () => setWidth(element.current?.clientWidth || USUAL);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

/** Pixels of the labels of axes, as the style sheet has them. */
const LABEL = "11.5px";

let pen: CanvasRenderingContext2D | null = null;

/** What measures labels, made with the first one: the style sheet is there by then. */
function makePen(): CanvasRenderingContext2D {
  const made = document.createElement("canvas").getContext("2d")!;
  made.font = `${LABEL} ${getComputedStyle(document.body).fontFamily}`;
  return made;
}

/** The width of a label in pixels. */
export function widthOf(words: string): number {
  pen ??= makePen();
  return pen.measureText(words).width;
}
