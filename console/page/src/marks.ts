// Colours and shapes by which the series of a chart are told apart: the first 42 are all different.

const CIRCLE = "M-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z";
const SQUARE = "M-2.7,-2.7h5.4v5.4h-5.4z";
const UP = "M0,-3.6L3.4,2.6H-3.4z";
const DIAMOND = "M0,-3.9L3.9,0L0,3.9L-3.9,0z";
const DOWN = "M0,3.6L3.4,-2.6H-3.4z";
const CROSS = "M-3,-3L3,3M3,-3L-3,3";
const PLUS = "M-3.7,0H3.7M0,-3.7V3.7";

// Seven shapes for six colours: a colour that comes again has another shape.
const SHAPES = [CIRCLE, SQUARE, UP, DIAMOND, DOWN, CROSS, PLUS];
const COLORS = 6;

/** The class that gives a series its colour and its dashes. */
export function colorOf(place: number): string {
  return `s${place % COLORS}`;
}

/** The path of a point of a series, around nought. */
export function markOf(place: number): string {
  return SHAPES[place % SHAPES.length]!;
}
