// What the server answers under /api/workflow/.

export interface GraphNode {
  name: string;
  kind: string;
  parent: string;
  service: string;
  comment: string;
  is_start: boolean;
}

export interface GraphEdge {
  source: string;
  target: string;
  kind: "next" | "choice" | "catch";
  label: string;
}

export interface Machine {
  name: string;
  arn: string;
  comment: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface Summary {
  arn: string;
  name: string;
  status: string;
  started: string;
  ended: string | null;
  redrives: number;
  children: number | null;
}

/** An execution as the event stream tells of it: `events` is the number of its last event while it runs. */
export interface Change extends Summary {
  machine: string;
  events: number | null;
}

export interface Excerpt {
  text: string;
  length: number;
}

export interface State {
  place: number;
  name: string;
  kind: string;
  iteration: string;
  status: string;
  entered: string;
  left: string | null;
  attempts: number;
  children: [number, number] | null;
  failures: { error: string; cause: Excerpt | null }[];
  input: Excerpt | null;
  output: Excerpt | null;
}

export interface MapRun {
  arn: string;
  status: string;
  counts: Record<string, number>;
}

export interface Execution extends Summary {
  machine: string;
  input: Excerpt | null;
  output: Excerpt | null;
  error: string | null;
  cause: Excerpt | null;
  redrivable: boolean;
  why_not_redrivable: string;
  reason: string | null;
  cost: number | null;
  states: State[];
  map_runs: MapRun[];
  parent: string | null;
}

export interface Failure {
  state: string;
  error: string;
  cause: string;
  next_step: string;
  log: string[];
  log_group: string;
  log_lines: number;
}
