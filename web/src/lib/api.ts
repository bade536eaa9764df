import type { About, CompareSettings, Comparison } from './types';
import { t } from './messages';

/** What the server says when something is wrong (RFC 9457), with quell's own diagnostics. */
export interface Diagnostic {
  code: string;
  severity?: string;
  message: string;
  help?: string;
  file?: string;
  line?: number;
  column?: number;
}
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  diagnostics?: Diagnostic[];
}
export class ApiError extends Error {
  constructor(public problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}
export const problemOf = (e: unknown): Problem =>
  e instanceof ApiError ? e.problem : { title: t.noServer, status: 0, detail: t.noServerHelp };
export const isAbort = (e: unknown): boolean => e instanceof DOMException && e.name === 'AbortError';

// On a wider address the token comes in the fragment, which no server sees; it stays in this tab.
const fromFragment = /^#token=(\w+)/.exec(location.hash);
if (fromFragment?.[1]) {
  sessionStorage.setItem('quell-token', fromFragment[1]);
  history.replaceState(null, '', '#/compare');
}
const token = (() => {
  try {
    return sessionStorage.getItem('quell-token');
  } catch {
    return null; // a report opened from disk may have no storage
  }
})();
// A newer question of the same view stops the older one on the server, too.
const tab = Math.random().toString(36).slice(2);

interface Options {
  body?: unknown;
  signal?: AbortSignal;
  view?: string;
  method?: string;
}
async function request(path: string, o: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (token) headers['Authorization'] = `Bearer ${token}`;
  if (o.view) headers['Quell-View'] = `${tab}-${o.view}`;
  const init: RequestInit = { headers, method: o.method ?? 'GET' };
  if (o.signal) init.signal = o.signal;
  if (o.body !== undefined) {
    init.method = 'POST';
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(o.body);
  }
  return fetch(`/api/v1/${path}`, init);
}
export async function call<T>(path: string, o: Options = {}): Promise<T> {
  const r = await request(path, o);
  const text = await r.text();
  let data: unknown = null;
  try {
    data = JSON.parse(text);
  } catch {
    throw new ApiError({ title: t.notJson, status: r.status, detail: text.slice(0, 200) });
  }
  if (!r.ok) throw new ApiError(data as Problem);
  return data as T;
}

const kept = new Map<string, Promise<unknown>>();
/** For what does not change while the program runs. */
export function once<T>(path: string): Promise<T> {
  const old = kept.get(path) as Promise<T> | undefined;
  if (old) return old;
  const made = call<T>(path);
  kept.set(path, made);
  made.catch(() => kept.delete(path));
  return made;
}
export const about = () => once<About>('about');

export interface Job {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  done: number;
  total: number;
  problem?: Problem;
}

/** Follows a job's events until it ends. */
async function follow(id: string, progress: (done: number, total: number) => void, signal: AbortSignal): Promise<void> {
  const r = await request(`jobs/${id}/events`, { signal });
  const reader = r.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) throw new ApiError({ title: t.broken, status: 0, detail: t.noServerHelp });
    text += part.value;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const e of events) {
      const job = JSON.parse(e.replace(/^data: /, '')) as Job;
      progress(job.done, job.total);
      if (job.state === 'done') return;
      if (job.state === 'failed' || job.state === 'cancelled') throw new ApiError(job.problem ?? { title: t.runEnded(job.state), status: 500 });
    }
  }
}

type Progress = (done: number, total: number) => void;

/** Asks for something that may be large: small ones answer at once, larger ones become a job whose progress is reported. */
export async function ask<T extends object>(path: string, body: unknown, progress: Progress, signal: AbortSignal): Promise<T> {
  const answer = await call<T | { job: Job }>(path, { body, signal, view: path });
  if (!('job' in answer)) return answer;
  const { id } = answer.job;
  const stop = () => void request(`jobs/${id}`, { method: 'DELETE' });
  signal.addEventListener('abort', stop, { once: true });
  try {
    await follow(id, progress, signal);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return call<T>(`jobs/${id}/result`, { signal });
}
/** While a slider moves, what a view does not show is not computed, and the integrator may err ten times as much, which
 * is far below the play of chance of so few patients. The line beneath the view names the tolerance. */
const MOVING_RTOL = 1e-3;
export function lessFor(view: string): object {
  const firstLine = ['curves', 'dots', 'courses'].includes(view);
  return {
    rtol: MOVING_RTOL,
    ...(view === 'courses' ? {} : { 'no-courses': true }),
    ...(view === 'words' ? {} : { 'no-contrasts': true }),
    ...(firstLine ? { 'next-line': 'none' } : {})
  };
}
export function compare(s: CompareSettings, less: object, progress: Progress, signal: AbortSignal): Promise<Comparison> {
  const body = Object.fromEntries(Object.entries(s).filter(([k, v]) => k !== 'set' || Object.keys(v as object).length > 0));
  return ask<Comparison>('compare', { ...body, ...less }, progress, signal);
}

/** A report carries its result inside the page. */
const inside = <T>(id: string): T | null => {
  const e = document.getElementById(id);
  return e?.textContent ? (JSON.parse(e.textContent) as T) : null;
};
const data = inside<{ schema: string }>('quell-data');
export const embedded = <T = Comparison>(): T | null => data as T | null;
/** 'compare', 'trial', 'validate', 'recommend'; '' on the served page. */
export const reportKind = /^quell\.(\w+)\//.exec(data?.schema ?? '')?.[1] ?? '';
const meta = inside<{ command: string | null; solver: string | null }>('quell-report');
/** The command line that made a report, and its solver. */
export const reportMeta = () => ({ command: meta?.command ?? '', solver: meta?.solver ?? '' });
/** Asked for by whoever prints a report: every view, one after another. */
export const printAll = () => location.hash === '#print';

export const commandOf = (s: CompareSettings): string =>
  [
    `quell compare --population ${s.population} --regimens ${s.regimens.join(',')} --patients ${s.patients} --years ${s.years} --seed ${s.seed}`,
    ...Object.entries(s.set).map(([k, v]) => `--set ${k}=${v}`)
  ].join(' ');
