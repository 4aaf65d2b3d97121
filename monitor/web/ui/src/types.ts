// Written by .ci/types from monitor/web/schemas: edit that instead.

export type Shown = "up" | "degraded" | "down" | "unknown";
export type LayerName = "reach" | "service" | "login" | "registration" | "catalogue";
export type By = "county" | "town" | "class" | "contractor" | "network" | "node";
export type Form = "xlsx" | "pdf" | "csv" | "json";
export type RoleName = "viewer" | "operator" | "approver" | "auditor" | "admin" | "security";
export type Reason = "planned_work" | "mains_power" | "road_works" | "relocation" | "force_majeure";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  errors?: Record<string, unknown>[] | null;
}

export interface Done {
  done: true;
}

export interface Page {
  limit?: number;
  offset?: number;
}

export interface ShortPage {
  limit?: number;
  offset?: number;
}

export interface Counts {
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  upstream: number;
}

export interface Board {
  event: string;
  time: string;
  inventory: string;
  networks: string[];
  regions: string[];
  contractors: string[];
  causes: string[];
  kinds: string[];
  id: string[];
  name: string[];
  network: number[];
  region: number[];
  kind: number[];
  point_class: number[];
  contractor: number[];
  state: number[];
  cause: number[];
  since: number[];
  lon: (number | null)[];
  lat: (number | null)[];
  upstream: number[];
  excluded: number[];
}

export interface Region {
  code: string;
  name: string;
  parent: string;
  level: "city" | "county" | "town" | "village" | null;
}

export interface Regions {
  regions: Region[];
}

export interface Budget {
  total: number;
  used: number;
  left: number | null;
  gone_at: string | null;
}

export interface Group {
  network: string | null;
  region: string | null;
  point_class: number | null;
  watches: number;
  counts: Counts;
  target: number | null;
  online: number | null;
  intact: number | null;
  month: number | null;
  month_low: number | null;
  month_high: number | null;
  budget: Budget | null;
}

export interface Collector {
  name: string;
  network: string;
  footing: "sees" | "blind" | "silent" | "awaited";
  sight_age: number | null;
  lost_since: string | null;
  watches: number;
}

export interface Network {
  id: string;
  name: string;
  counts: Counts;
  watches: number;
  levels: Record<string, LevelNow>;
}

export interface LevelNow {
  watches: number;
  counts: Counts;
}

export interface Changed {
  time: string;
  node: string;
  name: string;
  network: string;
  old: "up" | "degraded" | "down" | "unknown";
  new: "up" | "degraded" | "down" | "unknown";
  cause: string;
}

export interface OutageNow {
  id: string;
  phase: "opened" | "changed" | "closed";
  kind: "node" | "suspected" | "observer";
  network: string;
  root: string;
  name: string;
  region: string;
  region_name: string;
  contractor: string;
  since: string;
  not_before: string | null;
  detected_at: string;
  cause: string;
  affected: number;
  behind: number;
  classes: Record<string, number>;
  nodes: string[];
  excluded: string;
  ended_at: string | null;
  ending: "recovered" | "merged" | "retired" | null;
  merged_into: string;
  alert: string | null;
  acked_by: string | null;
  assigned_to: string | null;
}

export interface Overview {
  site: string;
  title: string;
  language: "zh" | "en";
  timezone: string;
  time: string;
  invented: boolean;
  event: string;
  inventory: string;
  reload_error: string | null;
  headline: Group;
  networks: Network[];
  groups: Group[];
  collectors: Collector[];
  outages: OutageNow[];
  changes: Changed[];
}

export interface TrendPoint {
  time: string;
  intact: number | null;
  seen: number;
}

export interface Trend {
  step: number;
  target: number | null;
  points: TrendPoint[];
}

export interface TrendQuery {
  hours?: number;
  network?: string | null;
  region?: string | null;
  point_class?: number | null;
}

export interface NodesQuery {
  limit?: number;
  offset?: number;
  state?: "up" | "degraded" | "down" | "unknown" | null;
  network?: string | null;
  region?: string | null;
  kind?: string | null;
  point_class?: number | null;
  contractor?: string | null;
  parent?: string | null;
  q?: string | null;
  sort?: "node" | "-node" | "name" | "-name" | "state" | "-state" | "since" | "-since";
}

export interface WatchNow {
  node: string;
  name: string;
  network: string;
  kind: string;
  point_class: number | null;
  region: string;
  region_name: string;
  level: string | null;
  contractor: string;
  parents: string[];
  address: string | null;
  state: "up" | "degraded" | "down" | "unknown";
  cause: string;
  upstream: boolean;
  excluded: boolean;
  since: string | null;
  detected_at: string | null;
  probe: string;
  outage: string | null;
}

export interface WatchList {
  nodes: WatchNow[];
  total: number;
}

export interface Neighbour {
  node: string;
  name: string;
  network: string;
  state: "up" | "degraded" | "down" | "unknown";
  upstream: boolean;
}

export interface NodeDetail {
  node: string;
  name: string;
  kind: string;
  point_class: number | null;
  region: string;
  region_path: Region[];
  level: string | null;
  contractor: string;
  contractor_phone: string | null;
  commissioned: string | null;
  retired: string | null;
  lon: number | null;
  lat: number | null;
  probes: string[];
  gb_code: Record<string, unknown> | null;
  watches: WatchNow[];
  parents: Neighbour[];
  neighbours: Neighbour[];
}

export interface Layer {
  network: string;
  probe: string;
  kind: "probe" | "source";
  layer: "reach" | "service" | "login" | "registration" | "catalogue";
  ok: boolean | null;
  state: "up" | "degraded" | "down" | "unknown";
  cause: string;
  at: string | null;
  age: number | null;
  duration: number | null;
  every: number | null;
}

export interface Layers {
  layers: Layer[];
}

export interface ProbeDurations {
  network: string;
  probe: string;
  seconds: (number | null)[];
}

export interface Durations {
  step: number;
  times: string[];
  probes: ProbeDurations[];
}

export interface ProbeWish {
  network: string;
}

export interface Wished {
  wish: string;
}

export interface Answer {
  probe: string;
  ok: boolean;
  state: "up" | "degraded" | "down" | "unknown";
  cause: string;
  at: string;
  duration: number | null;
}

export interface Answers {
  done: boolean;
  answers: Answer[];
}

export interface DaysQuery {
  days?: number;
  network?: string | null;
}

export interface Day {
  day: string;
  up: number;
  degraded: number;
  down_own: number;
  down_upstream: number;
  excluded: number;
  unknown: number;
  intact: number | null;
}

export interface Days {
  network: string;
  days: Day[];
}

export interface SpanQuery {
  since: string;
  until: string;
  network?: string | null;
}

export interface TimelineSpan {
  start: string;
  end: string;
  state: "up" | "degraded" | "down" | "unknown";
  attribution: string;
  excluded: boolean;
}

export interface TimelineChange {
  at: string;
  not_before: string | null;
  detected_at: string;
  old: "up" | "degraded" | "down" | "unknown";
  new: "up" | "degraded" | "down" | "unknown";
  cause: string;
  probe: string;
  attribution: string;
  origin: "event" | "snapshot";
  evidence: Record<string, unknown>[];
}

export interface Timeline {
  network: string;
  spans: TimelineSpan[];
  changes: TimelineChange[];
}

export interface ReportQuestion {
  period?: string | null;
  since?: string | null;
  until?: string | null;
  by?: "county" | "town" | "class" | "contractor" | "network" | "node";
  scope?: string[];
  language?: "zh" | "en" | null;
}

export interface ReportWish {
  period?: string | null;
  since?: string | null;
  until?: string | null;
  by?: "county" | "town" | "class" | "contractor" | "network" | "node";
  scope?: string[];
  language?: "zh" | "en" | null;
  forms: ("xlsx" | "pdf" | "csv" | "json")[];
}

export interface PreviewRow {
  key: string;
  name: string;
  watches: number;
  intact: number | null;
  low: number;
  high: number;
  online: number | null;
  observed: number;
  target: number | null;
  verdict: "met" | "missed" | "not_provable" | null;
  outages: number;
  down_hours: number;
}

export interface Preview {
  title: string;
  sentence: string;
  total: PreviewRow;
  rows: PreviewRow[];
  until: string;
}

export interface ReportFile {
  form: "xlsx" | "pdf" | "csv" | "json";
  name: string;
  bytes: number;
  url: string;
}

export interface ReportJob {
  id: string;
  state: "waiting" | "making" | "made" | "failed";
  share: number;
  error: string;
  files: ReportFile[];
  digest: string | null;
  revision: number | null;
}

export interface ReportMade {
  key: string;
  revision: number;
  digest: string;
  made_at: string;
  title: string;
  question: Record<string, unknown>;
  files: ReportFile[];
}

export interface ReportList {
  reports: ReportMade[];
  total: number;
}

export interface Verified {
  right: boolean;
  findings: string[];
  digest: string;
  revision: number;
  newest_revision: number | null;
  made_at: string | null;
  cells_checked: boolean;
}

export interface InventoryNow {
  digest: string;
  file: string;
  loaded_at: string | null;
  nodes: number;
  watches: number;
  by_kind: Record<string, number>;
  by_class: Record<string, number>;
  planned: Record<string, number>;
  error: string | null;
}

export interface Mistake {
  file: string;
  row: number | null;
  column: string | null;
  value: string | null;
  text: string;
  hint: string;
}

export interface NodeDifference {
  node: string;
  name: string;
  kind: "new" | "changed" | "gone";
  fields: Record<string, [string, string]>;
}

export interface InventoryPreview {
  upload: string | null;
  digest: string | null;
  nodes: number;
  new: number;
  changed: number;
  gone: number;
  differences: NodeDifference[];
  mistakes: Mistake[];
  more_mistakes: number;
}

export interface InventoryApply {
  upload: string;
}

export interface PartHealth {
  name: string;
  state: "well" | "slow" | "wrong" | "absent";
  text: string;
  value: number | null;
  unit: string;
}

export interface About {
  version: string;
  software: Record<string, string>;
  site: string;
  language: string;
  timezone: string;
  started_at: string;
  uptime: number;
  ready: boolean;
  reasons: string[];
  parts: PartHealth[];
  targets: Record<string, number>;
  ledger: Record<string, unknown>;
}

export interface Session {
  account: string | null;
  name: string;
  roles: ("viewer" | "operator" | "approver" | "auditor" | "admin" | "security")[];
  permissions: string[];
  via: "session" | "token" | "local" | "anonymous";
  csrf: string | null;
  must: "" | "password";
  totp: boolean;
  password_days_left: number | null;
  site: string;
  title: string;
  password_length: number;
  language: "zh" | "en";
  oidc: boolean;
  first: boolean;
}

export interface Login {
  account: string;
  password: string;
  code?: string | null;
}

export interface Redeem {
  secret: string;
  password: string;
  account?: string | null;
  name?: string | null;
}

export interface NewPassword {
  old: string;
  new: string;
}

export interface TotpOffer {
  secret: string;
  uri: string;
}

export interface TotpCode {
  code: string;
}

export interface TotpWish {
  password: string;
  code?: string | null;
}

export interface OwnSession {
  id: string;
  made_at: string;
  used_at: string;
  address: string;
  browser: string;
  here: boolean;
}

export interface OwnSessions {
  sessions: OwnSession[];
}

export interface Ended {
  ended: number;
}

export interface TokenWish {
  name: string;
  permissions: string[];
  days?: number;
}

export interface Token {
  id: string;
  account: string;
  name: string;
  permissions: string[];
  made_at: string;
  expires_at: string;
  used_at: string | null;
}

export interface TokenMade {
  id: string;
  account: string;
  name: string;
  permissions: string[];
  made_at: string;
  expires_at: string;
  used_at: string | null;
  token: string;
}

export interface TokenList {
  tokens: Token[];
  total: number;
}

export interface Account {
  account: string;
  name: string;
  roles: ("viewer" | "operator" | "approver" | "auditor" | "admin" | "security")[];
  disabled: boolean;
  locked_until: string | null;
  totp: boolean;
  waiting: boolean;
  last_login: string | null;
  password_changed: string | null;
}

export interface AccountList {
  accounts: Account[];
  total: number;
}

export interface AccountWish {
  account: string;
  name: string;
  roles: ("viewer" | "operator" | "approver" | "auditor" | "admin" | "security")[];
}

export interface AccountChange {
  name?: string | null;
  roles?: ("viewer" | "operator" | "approver" | "auditor" | "admin" | "security")[] | null;
  disabled?: boolean | null;
}

export interface AccountLink {
  account: Account;
  link: string;
  expires_at: string;
}

export interface ActionsQuery {
  limit?: number;
  offset?: number;
  account?: string | null;
  action?: string | null;
  since?: string | null;
  until?: string | null;
}

export interface ActionDone {
  link: number;
  at: string;
  account: string;
  action: string;
  target: string;
  outcome: "ok" | "refused" | "failed" | "unclear";
  address: string;
  facts: Record<string, unknown>;
}

export interface ActionList {
  actions: ActionDone[];
  total: number;
}

export interface Checkpoint {
  link: number;
  hash: string;
  at: string;
  fingerprint: string;
}

export interface LedgerNow {
  links: number;
  head: string;
  key: string;
  fingerprint: string;
  checkpoints: Checkpoint[];
  segments: Record<string, unknown>[];
  gaps: number;
  refusals: number;
}

export interface OutagesQuery {
  limit?: number;
  offset?: number;
  open?: boolean | null;
  since?: string | null;
  network?: string | null;
  region?: string | null;
}

export interface OutageList {
  outages: OutageNow[];
  total: number;
}

export interface OutageTold {
  id: string;
  phase: "opened" | "changed" | "closed";
  kind: "node" | "suspected" | "observer";
  network: string;
  root: string;
  name: string;
  region: string;
  region_name: string;
  contractor: string;
  since: string;
  not_before: string | null;
  detected_at: string;
  cause: string;
  affected: number;
  behind: number;
  classes: Record<string, number>;
  nodes: string[];
  excluded: string;
  ended_at: string | null;
  ending: "recovered" | "merged" | "retired" | null;
  merged_into: string;
  alert: string | null;
  acked_by: string | null;
  assigned_to: string | null;
  told_at: string;
}

export interface OutageStory {
  outage: OutageNow;
  history: OutageTold[];
  notes: Noted[];
}

export interface OutageMember {
  node: string;
  name: string;
  still: boolean;
}

export interface OutageMembers {
  members: OutageMember[];
  total: number;
}

export interface AlertsQuery {
  limit?: number;
  offset?: number;
  open?: boolean;
  severity?: string | null;
  rule?: string | null;
  network?: string | null;
}

export interface Delivery {
  channel: string;
  outcome: "delivered" | "failed";
  at: string;
  error: string;
}

export interface Noted {
  person: string;
  at: string;
  kind: "ack" | "assign" | "note";
  text: string;
  to: string;
}

export interface AlertNow {
  id: string;
  rule: string;
  severity: string;
  title: string;
  subject: string;
  network: string | null;
  node: string | null;
  region: string | null;
  outage: string | null;
  fired_at: string;
  since: string;
  resolved_at: string | null;
  acked_by: string | null;
  assigned_to: string | null;
  silent: boolean;
  delivered: string[];
  failed: Record<string, string>;
}

export interface AlertList {
  alerts: AlertNow[];
  total: number;
  rules: string[];
}

export interface AlertStory {
  alert: AlertNow;
  deliveries: Delivery[];
  notes: Noted[];
}

export interface Note {
  note?: string;
}

export interface NoteGiven {
  note: string;
}

export interface Assign {
  to: string;
  note?: string;
}

export interface Scope {
  nodes: string[];
  regions: string[];
  contractors: string[];
  parents: string[];
  networks: string[];
}

export interface SilenceWish {
  scope: Scope;
  rules?: string[];
  until: string;
  note: string;
  everything?: boolean;
}

export interface Silence {
  id: string;
  scope: Scope;
  rules: string[];
  until: string;
  person: string;
  at: string;
  note: string;
}

export interface SilenceList {
  silences: Silence[];
  total: number;
}

export interface MaintenanceWish {
  scope: Scope;
  everything?: boolean;
  start: string;
  end: string;
  reason: "planned_work" | "mains_power" | "road_works" | "relocation" | "force_majeure";
  note: string;
}

export interface CorrectionWish {
  node: string;
  network: string;
  start: string;
  end: string;
  state: "up" | "degraded" | "down" | "unknown";
  note: string;
}

export interface Decided {
  id: string;
  kind: "exclusion" | "correction";
  scope: Scope | null;
  node: string | null;
  network: string | null;
  state: "up" | "degraded" | "down" | "unknown" | null;
  reason: "planned_work" | "mains_power" | "road_works" | "relocation" | "force_majeure" | null;
  start: string;
  end: string;
  note: string;
  requested_by: string;
  requested_at: string;
  approved_by: string | null;
  approved_at: string | null;
  retroactive: boolean;
  standing: "waiting" | "coming" | "now" | "over";
  watches: number;
}

export interface DecidedList {
  decisions: Decided[];
  total: number;
}
