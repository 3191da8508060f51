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

export interface Named {
  name: string;
  arn: string;
}

/** A state machine as a graph. */
export interface Machine extends Named {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Two with the same are drawn alike. */
  digest: string;
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

/** What a list does not say of an execution. */
export interface Facts {
  reason: string | null;
  /** A retraining's, or a promotion's. */
  task: string | null;
  /** Whether its cost is accounted once it has ended. */
  is_accounted: boolean;
  cost: number | null;
  /** What a Map's child was given. */
  item: string | null;
  /** Of a retraining that has succeeded: `promoted`, `kept` or `yielded`. */
  outcome: string | null;
  /** The gate's. */
  verdict: { promote: boolean; reason: string } | null;
  /** In a few words why a model was kept; empty of another outcome. */
  why_not: string;
  /** The ARN of the execution that had the turn. */
  yielded_to: string | null;
}

/** An execution as the event stream tells of it: `events` is the number of its last event while it runs. */
export interface Change extends Summary {
  machine: string;
  events: number | null;
}

export interface Excerpt {
  text: string;
  /** Characters of all of it, as the server counts them. */
  length: number;
  is_cut: boolean;
}

export interface State {
  place: number;
  name: string;
  kind: string;
  iteration: string;
  status: string;
  entered: string;
  left: string | null;
  /** Seconds since it was entered in which the execution waited for a redrive. */
  paused: number;
  attempts: number;
  children: [number, number] | null;
  /** Of a Map: whether its iterations are executions of their own. */
  is_distributed: boolean;
  has_log: boolean;
  failures: { error: string; cause: Excerpt | null }[];
  input: Excerpt | null;
  output: Excerpt | null;
}

export interface MapRun {
  arn: string;
  status: string;
  counts: Record<string, number>;
}

export interface Execution extends Summary, Facts {
  machine: string;
  /** The name of that workflow; empty of one that is none of the stack's. */
  workflow: string;
  /** Seconds in which it waited for a redrive; null where its history may not be read. */
  paused: number | null;
  /** The digest of the graph that it is drawn on; where it is empty `definition_trouble` says why. */
  definition: string;
  definition_trouble: string;
  /** The number of the event since which `states` are told, 0 for all of them, and that of the last event. */
  since: number;
  events: number;
  input: Excerpt | null;
  output: Excerpt | null;
  error: string | null;
  cause: Excerpt | null;
  /** Empty of one that a redrive helps, and of one that has not failed. */
  why_not_redrivable: string;
  states: State[];
  map_runs: MapRun[];
  /** Why the Map Runs may not be looked at; else empty. */
  children_trouble: string;
  /** Why the history may not be read, and no state is told; else empty. */
  history_trouble: string;
  parent: string | null;
}

export interface Failure {
  /** Where it began; `Ingest rides → Ingest chunk` of a state within what another one started. */
  state: string;
  /** The names of these states, this execution's first. */
  states: string[];
  /** The ARN of the execution that this state is of: a promotion's or a child's, where another state started it. */
  began_in: string;
  child?: { execution: string; item: string; failed: number; total: number };
  error: string;
  cause: string;
  next_step: string;
  log: string[];
  log_group: string;
  log_lines: number;
  /** Whether the lines that were read were all. */
  log_is_whole: boolean;
  /** Why the log may not be read; else empty. */
  log_trouble: string;
}

export interface Location {
  address: string;
  status: "there" | "absent" | "denied";
  objects: number;
  bytes: number;
  modified: string | null;
  is_cut: boolean;
}

/** What a state named in S3, and what its execution wrote while it ran. */
export interface Objects {
  /** The data bucket. */
  bucket: string;
  named: Location[];
  more_named: number;
  written: Location[];
  written_objects: number;
  written_bytes: number;
  is_cut: boolean;
  /** Whether the credentials may not list what was written. */
  is_denied: boolean;
}

export interface Tail {
  group: string;
  lines: string[];
  read: number;
  is_whole: boolean;
}

/** A field of an input, as JSON Schema has it. */
export interface FieldSchema {
  type: string | string[];
  description: string;
  default?: unknown;
  enum?: string[];
  items?: { enum: string[] };
  properties?: Record<string, FieldSchema>;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  examples?: string[];
}

export interface InputSchema {
  properties: Record<string, FieldSchema>;
  "x-features": Record<string, string[]>;
}
