// Colours, dashes and shapes by which the lines of a picture are told apart: as many as a picture has at most.

const CIRCLE = "M-3,0a3,3 0 1,0 6,0a3,3 0 1,0 -6,0z";
const SQUARE = "M-2.7,-2.7h5.4v5.4h-5.4z";
const UP = "M0,-3.6L3.4,2.6H-3.4z";
const DIAMOND = "M0,-3.9L3.9,0L0,3.9L-3.9,0z";

const SHAPES = [CIRCLE, SQUARE, UP, DIAMOND];

/** The class that gives a line its colour and its dashes. */
export function colorOf(place: number): string {
  return `s${place}`;
}

/** The path of a point of a line, around nought. */
export function markOf(place: number): string {
  return SHAPES[place]!;
}
