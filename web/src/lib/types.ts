// Shapes of the JSON that `quell` writes; the same bytes come from the command line and the API.

export interface Interval {
  lower: number | null;
  upper: number | null;
  level: number;
  kind: 'monte_carlo' | 'parameter' | 'trial';
}
export interface Published {
  value: number | null;
  lower: number | null;
  upper: number | null;
  source: string;
  trial: string;
  arm: string;
  population: string;
  verified: boolean;
}
export interface Endpoint {
  id: string;
  title: string;
  unit: string;
  estimate: number | null;
  interval: Interval;
  published: Published | null;
  published_more: Published[];
}
export interface Curve {
  id: string;
  month: number[];
  surv: (number | null)[];
  lower: (number | null)[];
  upper: (number | null)[];
  at_risk: number[];
  events: number[];
  censored: number[];
}
export interface Course {
  output: string;
  title: string;
  unit: string;
  day: number[];
  q05: (number | null)[];
  q25: (number | null)[];
  q50: (number | null)[];
  q75: (number | null)[];
  q95: (number | null)[];
}
export interface Regimen {
  id: string;
  title: string;
  evidence_grade: 'A' | 'B' | 'C' | 'D';
  warning: string | null;
  prior?: { text: string } | null;
  patients_done: number;
  patients_failed: number;
  kernel: string;
  n_state: number;
  endpoints: Endpoint[];
  curves: Curve[];
  courses: Course[];
}
export interface Contrast {
  a: string;
  b: string;
  endpoint: string;
  difference: number | null;
  interval: Interval;
  p_ahead: number | null;
  hazard_ratio: Ratio | null;
  trials?: { network: Ratio | null; agreement: string | null; certainty: string | null } | null;
}
export interface Ratio {
  estimate: number;
  lower: number | null;
  upper: number | null;
}
export interface Comparison {
  schema: string;
  version?: string;
  model: string;
  model_hash: string;
  seed: number;
  population: string;
  population_title: string;
  patients_total: number;
  years: number;
  tolerances: { rtol: number };
  interrupted: boolean;
  regimens: Regimen[];
  contrasts: Contrast[];
}

export interface Choice {
  id: string;
  title: string;
  line?: string | string[];
  evidence_grade?: string;
  warning?: string | null;
  role?: string;
  treatment?: string | string[];
}
export interface About {
  version: string;
  regimens: Choice[];
  populations: Choice[];
  paths: string[];
  library_hash: string;
}
export interface CompareSettings {
  population: string;
  regimens: string[];
  patients: number;
  years: number;
  seed: number;
  set: Record<string, number>;
}

/* --- evidence --- */

export interface Effect {
  treat: string;
  comp: string;
  te: number;
  se: number;
  lower: number;
  upper: number;
  predict_lower: number | null;
  predict_upper: number | null;
}
export interface Network {
  reference: string;
  studies: number;
  treatments: number;
  level: number;
  tau2: number;
  I2: number | null;
  effects: Effect[];
  league: Effect[];
  pscores: Record<string, number>;
  notes: string[];
}
export interface EvidenceRow {
  row: number;
  trial: string;
  line: string;
  population: string;
  treatment: string;
  comparator: string;
  n_arm: number | null;
  n_comp: number | null;
  endpoint: string;
  value: number | null;
  lower: number | null;
  upper: number | null;
  followup_mo: number | null;
  verified: boolean;
  role: string;
  year: number;
  reference: string;
  publication: string;
  subgroup?: string;
  unit: string;
  fate?: string;
  used?: boolean;
}
export interface Certainty {
  treat: string;
  comp: string;
  confidence: string;
  [domain: string]: unknown;
}
export interface EvidenceNma {
  endpoint: string;
  line: string;
  networks: Network[];
  rows: EvidenceRow[];
  certainty?: Certainty[];
}

/* --- model --- */

export interface Quantity {
  name: string;
  kind: string;
  unit: string;
  value: number | null;
  spread: string | null;
  meaning: string | null;
  grade: string | null;
  sources: string[];
  file: string;
  line: number;
}
export interface Model {
  model: string;
  model_hash: string;
  quantities: Quantity[];
  kernels: { name: string; states: number }[];
}

/* --- therapies --- */

export interface TherapyLine {
  id: string;
  title: string;
  summary: string;
  evidence_grade: string;
  warning: string | null;
  population: string;
  simulate: string[];
}
export interface Aspect {
  text: string;
  references: string[];
  model: { parameters: string[]; equations: string[] };
  published?: { trial: string; treatment: string; endpoint: string; value: number | null; unit: string; patients: number | null; source: string; verified: boolean }[];
  simulated?: { regimen: string; warning: string | null; endpoint: string; title: string; unit: string; estimate: number | null; interval: Interval }[];
  what_if?: string[];
}
export interface Explained {
  id: string;
  simulation: { population: string; patients: number; years: number };
  aspects: Record<string, Aspect>;
}

/* --- trials --- */

export interface Trial {
  schema: string;
  version: string;
  model_hash: string;
  seed: number;
  tolerances: { rtol: number };
  trial: string;
  title: string;
  population: string;
  patients_total: number;
  follow_day: number;
  interrupted: boolean;
  replicates?: number;
  alpha?: number;
  arms: (Omit<Regimen, 'id' | 'courses' | 'kernel' | 'n_state'> & { arm: string })[];
  contrasts: { endpoint: string; a: string; b: string; events: number; hazard_ratio: number | null; interval: Interval; z: number | null; p: number | null; power?: number; power_interval?: Interval; assurance?: number }[];
}

export interface TrialFigure {
  trial: string;
  arm: string;
  id: string;
  unit: string;
  role: string;
  published: { value: number; lower: number | null; upper: number | null; source: string };
  simulated: { estimate: number | null; lower: number | null; upper: number | null };
  hit: boolean;
}
export interface Validation {
  model_hash: string;
  version: string;
  seed: number;
  patients_per_arm: number;
  trials: number;
  patients_simulated: number;
  patients_failed: number;
  score: { role: string; endpoints: number; hits: number; hit_share: number | null; trials: number; one_vote_per_trial: number | null; coverage: Record<string, number | null> }[];
  endpoints: TrialFigure[];
  recalled: TrialFigure[];
  not_simulated: { trial: string; arm: string | null; endpoint: string; reason: string }[];
  trials_left_out: { trial: string; arm: string | null; role: string; reason: string }[];
}

/* --- one profile --- */

export interface ProfileField {
  name: string;
  title: string;
  unit: string | null;
  low: number | null;
  high: number | null;
  choices: string[] | null;
}
export interface LineMember extends ProfileField {
  kind: 'regimen' | 'drugs' | 'month' | 'choice' | 'number' | 'text';
}
export interface Named {
  id: string;
  title: string;
}
export interface Quantity {
  name: string;
  title: string;
  unit: string;
  low: number;
  high: number;
}
/** A value of JSON, as a profile may hold it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export interface ProfileSample {
  id: string;
  title: string;
  known: Record<string, string>;
  prior_lines: Json;
  courses: Json;
  preferences: Json;
}
export interface ProfileList {
  fields: ProfileField[];
  line_members: LineMember[];
  max_drugs: number;
  regimens: Named[];
  drugs: Named[];
  courses: { regimen: string; last_day: number; quantities: Quantity[] };
  criteria: (Named & { usual: number })[];
  max_weight: number;
  utilities: Named[];
  samples: ProfileSample[];
}
export interface Rule {
  id: string;
  effect: 'exclude' | 'last' | 'prefer' | 'caution';
  sure: boolean;
  text: string;
  grade: string;
  sources: string[];
}
export interface Criterion {
  id: string;
  title: string;
  unit: string;
  estimate: number | null;
  lower: number | null;
  upper: number | null;
  part_of_score: number | null;
}
export interface Ranked {
  id: string;
  title: string;
  rank: number | null;
  eligible: boolean;
  excluded: string | null;
  evidence_grade: string;
  warning: string | null;
  rules: Rule[];
  score?: number | null;
  first?: number | null;
  criteria?: Criterion[];
  pfs_rate_60mo?: number | null;
  patients_failed?: number;
  for_it?: string | null;
  against_it?: string | null;
  trials_against_first?: { statement: string | null; certainty: string | null } | null;
  direct_evidence_outranks?: boolean;
  consensus_outranks?: boolean;
  used_in_calibration?: boolean;
}
export interface Recommendation {
  version: string;
  research_use: string;
  model: string;
  model_hash: string;
  seed: number;
  tolerances: { rtol: number };
  population: string;
  patients: number;
  effective_patients: number;
  outside_of_population: boolean;
  years: number;
  profile: {
    title: string;
    cll_ipi: { points_low: number; points_high: number; group: string };
    tls_risk: string;
    treatment_indication: string;
    indication_why: string | null;
  };
  preferences: { stated: boolean };
  verdict: string;
  statement: string;
  regimens: Ranked[];
  information: { field: string; title: string; value: number | null; share_that_would_change: number | null }[];
}
