// The focus of whoever reads by the keyboard: a control that leads on is gone with what it was in.

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A place that takes the focus where what had it is gone once something else is `shown`: browsers give it to nobody. */
export function useFocusOn<T extends HTMLElement>(shown: string): RefObject<T | null> {
  const place = useRef<T>(null);
  const last = useRef<EventTarget | null>(null);
  useEffect(() => {
    const note = (event: FocusEvent) => void (last.current = event.target);
    document.addEventListener("focusin", note);
    return () => document.removeEventListener("focusin", note);
  }, []);
  useEffect(() => {
    const isGone = last.current instanceof Element && !last.current.isConnected;
    if (isGone && document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  }, [shown]);
  return place;
}
